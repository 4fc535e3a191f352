/* SPDX-License-Identifier: BSD-2-Clause */
/* record add, del. */
#include "admin/covered.h"
#include "admin/draft.h"
#include "admin/ptr.h"
#include "admin/wanted.h"
#include "dns/rdata.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"

/* Reads the arguments of `record add` too. */
static enum call_code record_add_of(struct call *call, struct wanted *want)
{
	enum call_code code = wanted_of(call, want);
	if (!code)
		code = wanted_check_data(call, want);
	if (!code)
		code = command_check_asked(call, command_text(call, "name"), &want->name);
	return code;
}

/* The zone is that of `want`. */
static enum call_code record_add_to(struct call *call, struct store_txn *txn, struct edit *edit,
				    struct wanted *want)
{
	struct edit_author author = command_author(call, txn);
	struct edit_name *at = edit_see(edit, &want->name);
	enum call_code code = wanted_check_beside(call, at, want);
	if (!code)
		code = command_covered_refuse(call, txn, &want->zone, &want->name, want->type);
	if (code)
		return code;
	struct edit_rrset *set = edit_find(at, want->type);
	uint32_t ttl = WANTED_TTL_DEFAULT;
	if (want->has_ttl)
		ttl = want->ttl;
	else if (set)
		edit_ttl_of(set, want->rdata, &ttl);
	struct node_record record = {
		.owner = want->owner ? principal_intern(txn, want->owner) : author.owner,
		.stamp = wanted_stamp(set, want, author.now),
		.class = want->class,
		.rdata = want->rdata,
	};
	want->others = want->class == RECORD_STATIC ? wanted_others(call, txn, at, want) : NULL;
	if (!edit_add_as(edit, &want->name, want->type, ttl, &record))
		return call_fail(call, CALL_FAILED, "more records than a message can carry");
	return CALL_OK;
}

static enum call_code record_add_work(struct call *call, struct store_txn *txn, void *context)
{
	struct wanted *want = context;
	struct edit *edit;
	enum call_code code = command_zone_in(call, txn, &want->zone);
	if (code)
		return code;
	struct edit_author author = command_author(call, txn);
	code = draft_edit_open(call, txn, &want->zone, &author, &edit);
	if (!code)
		code = record_add_to(call, txn, edit, want);
	return code ? code : wanted_commit(call, txn, edit, want);
}

static enum call_code admin_record_add(struct call *call)
{
	struct wanted want;
	enum call_code code = record_add_of(call, &want);
	if (!code)
		code = command_write(call, record_add_work, &want);
	if (!code) {
		wanted_tell(call, &want, "written");
		wanted_warn_managed(call, &want);
		wanted_warn_others(call, &want);
		wanted_warn_servers(call, &want);
	}
	return code;
}

static bool remove_wanted(struct edit *edit, const struct wanted *want)
{
	if (want->has_data)
		return edit_remove_record(edit, &want->name, want->type, want->rdata);
	if (want->type)
		return edit_remove_rrset(edit, &want->name, want->type);
	return edit_remove_name(edit, &want->name);
}

/* What is gone already is what a draft wants, and said once more it is meant though somebody
 * changed it. */
static enum call_code record_del_from(struct call *call, struct edit *edit, struct wanted *want,
				      bool is_draft)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct edit_name *at = edit_see(edit, &want->name);
	bool is_known = is_draft || (call->draft && at->is_stored);
	bool is_removed = remove_wanted(edit, want);
	enum call_code code = is_removed || is_draft ? CALL_OK : command_ptr_refuse(call, at);
	if (!code && !is_removed && !is_known)
		return call_fail(call, CALL_NOT_FOUND, "no such record at %s",
				 dns_name_show(&want->name, shown));
	return code ? code : wanted_check_apex(call, at, want);
}

static enum call_code record_del_work(struct call *call, struct store_txn *txn, void *context)
{
	struct wanted *want = context;
	struct edit *edit;
	enum call_code code = command_zone_in(call, txn, &want->zone);
	if (code)
		return code;
	struct edit_author author = command_author(call, txn);
	code = draft_edit_open(call, txn, &want->zone, &author, &edit);
	if (!code)
		code = record_del_from(call, edit, want, false);
	return code ? code : wanted_commit(call, txn, edit, want);
}

/* Each removed record is an event of that name: how it was asked for is part of what happened. */
static enum event_kind del_event(const struct wanted *want)
{
	if (want->has_data)
		return EVENT_NONE;
	return want->type ? EVENT_RRSET_DELETE : EVENT_NAME_DELETE;
}

static enum call_code record_del_of(struct call *call, struct wanted *want)
{
	enum call_code code = wanted_of(call, want);
	if (!code && command_text(call, "data") && !want->type)
		code = call_fail(call, CALL_USAGE, "data is given without its type");
	return code;
}

static bool record_del_is_wanted(const struct wanted *want, const struct command_record *row)
{
	if ((want->type && want->type != row->type) || row->record.class == RECORD_DERIVED)
		return false;
	return !want->has_data ||
	       dns_rdata_compare(want->type, want->rdata, row->record.rdata) == 0;
}

static enum call_code record_del_nothing(struct call *call, const struct wanted *want)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct edit_author author = {.owner = PRINCIPAL_ANONYMOUS, .owner_text = call->principal};
	struct edit *edit = edit_open(call->snapshot.txn, &want->zone, &author, &call->arena);
	enum call_code code = command_ptr_refuse(call, edit_see(edit, &want->name));
	return code ? code
		    : call_fail(call, CALL_NOT_FOUND, "no such record at %s",
				dns_name_show(&want->name, shown));
}

/* What would go, as rows; of more than one record it is asked. */
static enum call_code record_del_plan(struct call *call, const struct wanted *want)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct node node;
	struct command_record row = {.zone = &want->zone, .name = &want->name, .node = &node};
	uint64_t count = 0;
	dns_name_show(&want->name, shown);
	if (lookup_node(call->snapshot.txn, &want->zone, &want->name, &node)) {
		struct node_walk walk = node_walk_of(&node);
		while (command_record_next(&walk, &row)) {
			if (!record_del_is_wanted(want, &row))
				continue;
			count++;
			command_row(call, command_record(call, &row));
		}
	}
	enum call_code code = command_read_ended(call);
	if (!code && count == 0)
		code = record_del_nothing(call, want);
	if (!code && count > 1)
		command_ask(call, arena_print(&call->arena, "%s of %s go",
					      command_count(call, count, "record"),
					      command_text(call, "name")));
	if (code)
		return code;
	command_result(call, "zone", command_name(&want->zone.apex));
	command_result(call, "name", command_name(&want->name));
	command_result(call, "changed", json_integer((json_int_t)count));
	command_result(call, "serial", json_integer(zone_serial(call->snapshot.txn, &want->zone)));
	command_say(call, "%s: %s would be deleted; nothing was changed", shown,
		    command_count(call, count, "record"));
	return CALL_OK;
}

static enum call_code admin_record_del(struct call *call)
{
	struct wanted want;
	enum call_code code = record_del_of(call, &want);
	want.event = code ? EVENT_NONE : del_event(&want);
	if (!code && command_flag(call, "plan"))
		return record_del_plan(call, &want);
	if (!code)
		code = command_write(call, record_del_work, &want);
	if (!code) {
		wanted_tell(call, &want, "deleted");
		wanted_warn_managed(call, &want);
	}
	return code;
}

/* --- as edits of a draft */

static enum call_code record_draft_take(struct call *call, void **taken, struct draft_place *place,
					enum call_code (*of)(struct call *, struct wanted *))
{
	struct wanted *want = arena_zero(&call->arena, sizeof *want);
	enum call_code code = of(call, want);
	*place = (struct draft_place){.name = want->name, .type = want->type};
	*taken = want;
	return code;
}

static enum call_code record_add_draft_take(struct call *call, void **taken,
					    struct draft_place *place)
{
	return record_draft_take(call, taken, place, record_add_of);
}

static enum call_code record_del_draft_take(struct call *call, void **taken,
					    struct draft_place *place)
{
	return record_draft_take(call, taken, place, record_del_of);
}

static enum call_code record_add_draft_apply(struct call *call, struct store_txn *txn,
					     const struct zone *zone, struct edit *edit,
					     void *taken)
{
	struct wanted *want = taken;
	want->zone = *zone;
	return record_add_to(call, txn, edit, want);
}

static enum call_code record_del_draft_apply(struct call *call, struct store_txn *txn,
					     const struct zone *zone, struct edit *edit,
					     void *taken)
{
	struct wanted *want = taken;
	(void)txn;
	want->zone = *zone;
	return record_del_from(call, edit, want, true);
}

const struct draft_kind draft_record_kinds[] = {
	{"record add", record_add_draft_take, record_add_draft_apply},
	{"record del", record_del_draft_take, record_del_draft_apply},
	{0},
};

const struct command command_record_table[] = {
	{"record add", admin_record_add,
	 "zone=s name=s ttl=s? type=s data=s owner=s? class=s? now=b?"},
	{"record del", admin_record_del,
	 "zone=s name=s type=s? data=s? plan=b? yes=b? ages=b? now=b?"},
	{0},
};
