/* SPDX-License-Identifier: BSD-2-Clause */
/* record add, del. */
#include "admin/ptr.h"
#include "admin/covered.h"
#include "admin/wanted.h"
#include "zonedb/principal.h"

static enum call_code record_add_work(struct call *call, struct store_txn *txn, void *context)
{
	struct wanted *want = context;
	enum call_code code = command_zone_in(call, txn, &want->zone);
	if (code)
		return code;
	struct edit_author author = command_author(call, txn);
	struct edit *edit = edit_open(txn, &want->zone, &author, &call->arena);
	struct edit_name *at = edit_see(edit, &want->name);
	code = wanted_check_beside(call, at, want);
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
	wanted_commit(call, txn, edit, want);
	return CALL_OK;
}

static enum call_code admin_record_add(struct call *call)
{
	struct wanted want;
	enum call_code code = wanted_of(call, &want);
	if (!code)
		code = wanted_check_data(call, &want);
	if (!code)
		code = command_check_asked(call, command_text(call, "name"), &want.name);
	if (!code)
		code = command_write(call, record_add_work, &want);
	if (!code) {
		wanted_tell(call, &want, "written");
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
	if (!remove_wanted(edit, want)) {
		code = command_ptr_refuse(call, at);
		return code ? code
			    : call_fail(call, CALL_NOT_FOUND, "no such record at %s",
					dns_name_show(&want->name, shown));
	}
	code = wanted_check_apex(call, at, want);
	if (!code)
		wanted_commit(call, txn, edit, want);
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
		wanted_tell(call, &want, "deleted");
	return code;
}

const struct command command_record_table[] = {
	{"record add", admin_record_add, "zone=s name=s ttl=s? type=s data=s owner=s? class=s?"},
	{"record del", admin_record_del, "zone=s name=s type=s? data=s?"},
	{0},
};
