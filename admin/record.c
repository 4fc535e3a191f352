/* SPDX-License-Identifier: BSD-2-Clause */
/* record add, del. */
#include "admin/command.h"
#include "admin/name_server.h"
#include "admin/speaking.h"
#include "base/timeword.h"
#include "dns/rdata.h"
#include "zonedb/principal.h"

#define TTL_DEFAULT 3600
#define TTL_MAX     0x7fffffffu /* RFC 2181 8 */

/* A record of the administrator's, as the arguments say. */
struct wanted {
	struct dns_name name;
	uint16_t type; /* 0: all types */
	bool has_data, has_ttl;
	uint32_t ttl;
	struct bytes rdata;
	const char *owner; /* NULL: the administrator */
	enum record_class class;
	enum event_kind event; /* EVENT_NONE: each change's own */
	struct zone zone;      /* as the job sees it */
	uint64_t changed;
	uint32_t serial;
	const char *others; /* who owns what ages at the name; NULL: nobody else */
};

static enum call_code wanted_data(struct call *call, const struct zone *zone, struct wanted *want)
{
	char type[DNS_TYPE_TEXT_MAX];
	const char *text = command_text(call, "data");
	unsigned column = 0;
	if (!text)
		return CALL_OK;
	uint8_t *buffer = arena_alloc(&call->arena, DNS_RDATA_MAX);
	struct bytes_out out = bytes_out_of(buffer, DNS_RDATA_MAX);
	const char *problem = dns_rdata_parse_text(want->type, text, &zone->apex, &out, &column);
	if (problem)
		return call_fail(call, CALL_USAGE, "data of %s, column %u of '%.200s': %s",
				 dns_type_print(want->type, type), column, text, problem);
	want->rdata = bytes_of(buffer, bytes_out_len(&out));
	want->has_data = true;
	return CALL_OK;
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

static enum call_code wanted_of(struct call *call, struct wanted *want)
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
	return code ? code : wanted_data(call, &want->zone, want);
}

/* What would break the rule of RFC 1034 3.6.2 and its like: said, not done silently as an update
 * would (RFC 2136 3.4.2.2). */
static enum call_code record_check_beside(struct call *call, struct edit_name *at,
					  const struct wanted *want)
{
	char shown[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	dns_name_show(&want->name, shown);
	if (want->type != DNS_TYPE_CNAME && edit_find(at, DNS_TYPE_CNAME))
		return call_fail(call, CALL_FAILED, "%s is a CNAME: nothing else can stand there",
				 shown);
	for (struct edit_rrset *set = at->rrsets; set; set = set->next)
		if (want->type == DNS_TYPE_CNAME && set->type != DNS_TYPE_CNAME)
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

static void record_commit(struct call *call, struct store_txn *txn, struct edit *edit,
			  struct wanted *want)
{
	size_t count;
	struct entry entry = command_entry(call, ENTRY_ADMIN, txn, &want->zone);
	entry.event = want->event;
	edit_diff(edit, &count);
	edit_commit(edit, &entry);
	want->changed = count;
	want->serial = count ? edit_serial_after(edit) : entry.serial_before;
}

/* A record that is there and does not age keeps its stamp: added again as it is, it is no change.
 */
static uint64_t stamp_of(const struct edit_rrset *set, const struct wanted *want, uint64_t now)
{
	for (const struct edit_record *r = set ? set->records : NULL; r; r = r->next) {
		if (r->class == want->class && r->class != RECORD_DYNAMIC &&
		    dns_rdata_compare(want->type, r->rdata, want->rdata) == 0)
			return r->stamp;
	}
	return now;
}

static bool is_wanted_record(const struct wanted *want, uint16_t type, struct bytes rdata)
{
	return type == want->type && dns_rdata_compare(type, rdata, want->rdata) == 0;
}

/* Whose records a static one is put beside. */
static const char *record_others(struct call *call, struct store_txn *txn,
				 const struct edit_name *at, const struct wanted *want)
{
	uint32_t owner = PRINCIPAL_ANONYMOUS;
	bool has_owner = want->owner && principal_find(txn, want->owner, &owner);
	for (const struct edit_rrset *set = at->rrsets; set; set = set->next) {
		for (const struct edit_record *r = set->records; r; r = r->next) {
			bool is_own = has_owner && r->owner == owner;
			if (r->class != RECORD_STATIC && !is_own &&
			    !is_wanted_record(want, set->type, r->rdata))
				return principal_text(txn, r->owner, &call->arena);
		}
	}
	return NULL;
}

static enum call_code record_add_work(struct call *call, struct store_txn *txn, void *context)
{
	struct wanted *want = context;
	enum call_code code = command_zone_in(call, txn, &want->zone);
	if (code)
		return code;
	struct edit_author author = command_author(call, txn);
	struct edit *edit = edit_open(txn, &want->zone, &author, &call->arena);
	struct edit_name *at = edit_see(edit, &want->name);
	code = record_check_beside(call, at, want);
	if (code)
		return code;
	struct edit_rrset *set = edit_find(at, want->type);
	uint32_t ttl = TTL_DEFAULT;
	if (want->has_ttl)
		ttl = want->ttl;
	else if (set)
		edit_ttl_of(set, want->rdata, &ttl);
	struct node_record record = {
		.owner = want->owner ? principal_intern(txn, want->owner) : author.owner,
		.stamp = stamp_of(set, want, author.now),
		.class = want->class,
		.rdata = want->rdata,
	};
	want->others = want->class == RECORD_STATIC ? record_others(call, txn, at, want) : NULL;
	if (!edit_add_as(edit, &want->name, want->type, ttl, &record))
		return call_fail(call, CALL_FAILED, "more records than a message can carry");
	record_commit(call, txn, edit, want);
	return CALL_OK;
}

static void record_warn_others(struct call *call, const struct wanted *want)
{
	char shown[DNS_NAME_TEXT_MAX];
	if (want->changed && want->others)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%s holds records of %s: this static record stands beside "
					 "them, and stays when they go",
					 dns_name_show(&want->name, shown), want->others));
}

static void record_tell(struct call *call, const struct wanted *want, const char *what)
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

static enum call_code record_check_data(struct call *call, const struct wanted *want)
{
	char type[DNS_TYPE_TEXT_MAX];
	const char *fault = want->has_data ? dns_rdata_fault(want->type, want->rdata) : NULL;
	return fault ? call_fail(call, CALL_USAGE, "data of %s: %s",
				 dns_type_print(want->type, type), fault)
		     : CALL_OK;
}

/* Where a delegation goes is chosen by who owns the address of its name server, and a former owner
 * of the name may speak for it. */
static void record_warn_servers(struct call *call, const struct wanted *want)
{
	snapshot_rest(&call->snapshot);
	if (!snapshot_renew(&call->snapshot))
		return;
	command_warn_speaking(call, &want->zone, &want->name, NULL);
	if (want->type == DNS_TYPE_NS || want->type == DNS_TYPE_SOA)
		command_keep_servers(call, &want->zone, &want->name);
}

static enum call_code admin_record_add(struct call *call)
{
	struct wanted want;
	enum call_code code = wanted_of(call, &want);
	if (!code)
		code = record_check_data(call, &want);
	if (!code)
		code = command_check_asked(call, command_text(call, "name"), &want.name);
	if (!code)
		code = command_write(call, record_add_work, &want);
	if (!code) {
		record_tell(call, &want, "written");
		record_warn_others(call, &want);
		record_warn_servers(call, &want);
	}
	return code;
}

/* The zone needs its SOA and a name server, whatever is deleted. */
static enum call_code record_check_apex(struct call *call, const struct edit_name *at,
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

static bool remove_wanted(struct edit *edit, const struct wanted *want)
{
	if (want->has_data)
		return edit_remove_record(edit, &want->name, want->type, want->rdata);
	if (want->type)
		return edit_remove_rrset(edit, &want->name, want->type);
	return edit_remove_name(edit, &want->name);
}

static enum call_code record_del_work(struct call *call, struct store_txn *txn, void *context)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct wanted *want = context;
	enum call_code code = command_zone_in(call, txn, &want->zone);
	if (code)
		return code;
	struct edit_author author = command_author(call, txn);
	struct edit *edit = edit_open(txn, &want->zone, &author, &call->arena);
	struct edit_name *at = edit_see(edit, &want->name);
	if (!remove_wanted(edit, want))
		return call_fail(call, CALL_NOT_FOUND, "no such record at %s",
				 dns_name_show(&want->name, shown));
	code = record_check_apex(call, at, want);
	if (!code)
		record_commit(call, txn, edit, want);
	return code;
}

/* Each removed record is an event of that name: how it was asked for is part of what happened. */
static enum event_kind del_event(const struct wanted *want)
{
	if (want->has_data)
		return EVENT_NONE;
	return want->type ? EVENT_RRSET_DELETE : EVENT_NAME_DELETE;
}

static enum call_code admin_record_del(struct call *call)
{
	struct wanted want;
	enum call_code code = wanted_of(call, &want);
	if (!code && command_text(call, "data") && !want.type)
		code = call_fail(call, CALL_USAGE, "data is given without its type");
	want.event = code ? EVENT_NONE : del_event(&want);
	if (!code)
		code = command_write(call, record_del_work, &want);
	if (!code)
		record_tell(call, &want, "deleted");
	return code;
}

const struct command command_record_table[] = {
	{"record add", admin_record_add, "zone=s name=s ttl=s? type=s data=s owner=s? class=s?"},
	{"record del", admin_record_del, "zone=s name=s type=s? data=s?"},
	{0},
};
