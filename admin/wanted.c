/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/wanted.h"
#include "admin/apply.h"
#include "admin/draft.h"
#include "admin/name_server.h"
#include "admin/speaking.h"
#include "base/timeword.h"
#include "dns/rdata.h"
#include "zonedb/principal.h"
#include <string.h>

#define TTL_MAX 0x7fffffffu /* RFC 2181 8 */

enum call_code wanted_parse_data(struct call *call, const struct wanted *want, const char *text,
				 struct bytes *rdata)
{
	char type[DNS_TYPE_TEXT_MAX];
	unsigned column = 0;
	uint8_t *buffer = arena_alloc(&call->row_arena, DNS_RDATA_MAX);
	struct bytes_out out = bytes_out_of(buffer, DNS_RDATA_MAX);
	const char *problem =
		dns_rdata_parse_text(want->type, text, &want->zone.apex, &out, &column);
	if (problem)
		return call_fail(call, CALL_USAGE, "data of %s, column %u of '%.200s': %s",
				 dns_type_print(want->type, type), column, text, problem);
	size_t len = bytes_out_len(&out);
	uint8_t *kept = arena_alloc(&call->arena, len + 1);
	memcpy(kept, buffer, len);
	arena_reset(&call->row_arena);
	*rdata = bytes_of(kept, len);
	return CALL_OK;
}

static enum call_code wanted_data(struct call *call, struct wanted *want)
{
	const char *text = command_text(call, "data");
	if (!text)
		return CALL_OK;
	want->has_data = true;
	return wanted_parse_data(call, want, text, &want->rdata);
}

static enum call_code wanted_state(struct call *call, struct wanted *want)
{
	const char *ttl = command_text(call, "ttl"), *class = command_text(call, "class");
	want->has_ttl = ttl != NULL;
	want->owner = command_text(call, "owner");
	if (ttl && (!duration_parse_ttl(ttl, &want->ttl) || want->ttl > TTL_MAX))
		return call_fail(call, CALL_USAGE,
				 "'%s' is not a TTL: seconds up to %u, or as in 1h30m", ttl,
				 TTL_MAX);
	if (class && (!record_class_parse(class, &want->class) || want->class == RECORD_DERIVED))
		return call_fail(call, CALL_USAGE,
				 "class: '%s' is not one of static, dynamic, pinned", class);
	if (!want->owner)
		return CALL_OK;
	enum call_code code = command_owner_of(call, "owner", &want->owner);
	return code ? code : command_heir(call, "owner", want->owner);
}

enum call_code wanted_of(struct call *call, struct wanted *want)
{
	char type[DNS_TYPE_TEXT_MAX];
	*want = (struct wanted){.class = RECORD_STATIC};
	enum call_code code = command_zone_of(call, &want->zone);
	if (!code)
		code = command_name_in(call, command_text(call, "name"), &want->zone, &want->name);
	if (!code)
		code = command_type_of(call, "type", &want->type);
	if (!code && command_text(call, "type") && dns_type_is_meta(want->type))
		code = call_fail(call, CALL_USAGE, "type %s cannot be stored",
				 dns_type_print(want->type, type));
	if (!code)
		code = wanted_state(call, want);
	return code ? code : wanted_data(call, want);
}

/* What would break the rule of RFC 1034 3.6.2 and its like: said, not done silently as an update
 * would (RFC 2136 3.4.2.2). */
enum call_code wanted_check_beside(struct call *call, struct edit_name *at,
				   const struct wanted *want)
{
	char shown[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	dns_name_show(&want->name, shown);
	if (want->type != DNS_TYPE_CNAME && edit_find(at, DNS_TYPE_CNAME))
		return call_fail(call, CALL_FAILED, "%s is a CNAME: nothing else can stand there",
				 shown);
	for (struct edit_rrset *set = at->rrsets; set; set = set->next)
		if (want->type == DNS_TYPE_CNAME && set->type != DNS_TYPE_CNAME &&
		    set->records->class != RECORD_DERIVED)
			return call_fail(call, CALL_FAILED,
					 "%s holds %s: a CNAME cannot stand beside it", shown,
					 dns_type_print(set->type, type));
	if (want->type == DNS_TYPE_SOA && !dns_name_equal(&want->name, &want->zone.apex))
		return call_fail(call, CALL_FAILED, "an SOA stands only at the zone's own name");
	struct edit_rrset *set = edit_find(at, want->type);
	if (set && dns_type_is_singleton(want->type) && want->type != DNS_TYPE_SOA &&
	    dns_rdata_compare(want->type, set->records->rdata, want->rdata) != 0)
		return call_fail(call, CALL_FAILED, "%s has a %s already: delete it first", shown,
				 dns_type_print(want->type, type));
	return CALL_OK;
}

void wanted_note_managed(struct wanted *want, const struct edit_change *changes, size_t count)
{
	want->is_managed = false;
	for (size_t i = 0; i < count; i++) {
		const struct change *change = &changes[i].change;
		want->is_managed |= dns_name_equal(&change->name, &want->name) &&
				    change->what != CHANGE_ADDED && !edit_makes_room(&changes[i]) &&
				    change->was.class == RECORD_STATIC &&
				    strcmp(change->was.owner, APPLY_OWNER) == 0;
	}
}

/* Who changes it by hand has to know that the file still says the other. */
void wanted_warn_managed(struct call *call, const struct wanted *want)
{
	char shown[DNS_NAME_TEXT_MAX];
	if (want->is_managed)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%s is managed by the site's file '%s': change it there, "
					 "too, or the next apply undoes this or finds a conflict",
					 dns_name_show(&want->name, shown), want->zone.applied_by));
}

enum call_code wanted_commit(struct call *call, struct store_txn *txn, struct edit *edit,
			     struct wanted *want)
{
	size_t count;
	enum call_code code;
	struct entry entry = command_entry(call, ENTRY_ADMIN, txn, &want->zone);
	entry.event = want->event;
	const struct edit_change *changes = edit_diff(edit, &count);
	wanted_note_managed(want, changes, count);
	want->changed = 0;
	for (size_t i = 0; i < count; i++)
		want->changed += dns_name_equal(&changes[i].change.name, &want->name) &&
				 !edit_makes_room(&changes[i]);
	draft_edit_commit(call, txn, edit, &entry, &code);
	want->serial = count && !call->draft ? edit_serial_after(edit) : entry.serial_before;
	return code;
}

/* A record that is there and does not age keeps its stamp: added again as it is, it is no change.
 */
uint64_t wanted_stamp(const struct edit_rrset *set, const struct wanted *want, uint64_t now)
{
	for (const struct edit_record *r = set ? set->records : NULL; r; r = r->next) {
		if (r->class == want->class && r->class != RECORD_DYNAMIC &&
		    dns_rdata_compare(want->type, r->rdata, want->rdata) == 0)
			return r->stamp;
	}
	return now;
}

static bool wanted_is(const struct wanted *want, uint16_t type, struct bytes rdata)
{
	return type == want->type && dns_rdata_compare(type, rdata, want->rdata) == 0;
}

/* Whose records a static one is put beside. */
const char *wanted_others(struct call *call, struct store_txn *txn, const struct edit_name *at,
			  const struct wanted *want)
{
	uint32_t owner = PRINCIPAL_ANONYMOUS;
	bool has_owner = want->owner && principal_find(txn, want->owner, &owner);
	for (const struct edit_rrset *set = at->rrsets; set; set = set->next) {
		for (const struct edit_record *r = set->records; r; r = r->next) {
			bool is_own = has_owner && r->owner == owner;
			if (r->class != RECORD_STATIC && r->class != RECORD_DERIVED && !is_own &&
			    !wanted_is(want, set->type, r->rdata))
				return principal_text(txn, r->owner, &call->arena);
		}
	}
	return NULL;
}

void wanted_warn_others(struct call *call, const struct wanted *want)
{
	char shown[DNS_NAME_TEXT_MAX];
	if (want->changed && want->others)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%s holds records of %s: this static record stands beside "
					 "them, and stays when they go",
					 dns_name_show(&want->name, shown), want->others));
}

void wanted_tell(struct call *call, const struct wanted *want, const char *what)
{
	char shown[DNS_NAME_TEXT_MAX];
	command_result(call, "zone", command_name(&want->zone.apex));
	command_result(call, "name", command_name(&want->name));
	command_result(call, "changed", json_integer((json_int_t)want->changed));
	command_result(call, "serial", json_integer(want->serial));
	dns_name_show(&want->name, shown);
	if (want->changed)
		command_say(call, "%s: %llu record%s %s, serial %u", shown,
			    (unsigned long long)want->changed, want->changed == 1 ? "" : "s", what,
			    want->serial);
	else
		command_say(call, "%s: nothing changed", shown);
}

enum call_code wanted_check_data(struct call *call, const struct wanted *want)
{
	char type[DNS_TYPE_TEXT_MAX];
	const char *fault = want->has_data ? dns_rdata_fault(want->type, want->rdata) : NULL;
	return fault ? call_fail(call, CALL_USAGE, "data of %s: %s",
				 dns_type_print(want->type, type), fault)
		     : CALL_OK;
}

/* Where a delegation goes is chosen by who owns the address of its name server, and a former owner
 * of the name may speak for it. */
void wanted_warn_servers(struct call *call, const struct wanted *want)
{
	snapshot_rest(&call->snapshot);
	if (call->draft || !snapshot_renew(&call->snapshot))
		return;
	command_warn_speaking(call, &want->zone, &want->name, NULL);
	if (want->type == DNS_TYPE_NS || want->type == DNS_TYPE_SOA)
		command_keep_servers(call, &want->zone, &want->name);
}

/* The zone needs its SOA and a name server, whatever is deleted. */
enum call_code wanted_check_apex(struct call *call, const struct edit_name *at,
				 const struct wanted *want)
{
	char shown[DNS_NAME_TEXT_MAX];
	bool has_soa = false, has_ns = false;
	if (!dns_name_equal(&at->name, &want->zone.apex))
		return CALL_OK;
	for (const struct edit_rrset *set = at->rrsets; set; set = set->next) {
		has_soa |= set->type == DNS_TYPE_SOA;
		has_ns |= set->type == DNS_TYPE_NS;
	}
	dns_name_show(&at->name, shown);
	if (!has_soa)
		return call_fail(call, CALL_FAILED, "the SOA of zone %s cannot be deleted", shown);
	if (!has_ns)
		return call_fail(call, CALL_FAILED, "the last NS of zone %s cannot be deleted",
				 shown);
	return CALL_OK;
}
