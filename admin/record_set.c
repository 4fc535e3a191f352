/* SPDX-License-Identifier: BSD-2-Clause */
/* record set: the records of a type at a name become those that are given, in one step. */
#include <config.h>
#include "admin/change_row.h"
#include "admin/covered.h"
#include "admin/draft.h"
#include "admin/wanted.h"
#include "dns/name_odd.h"
#include "dns/rdata.h"
#include "zonedb/principal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_SET_MAX 8192 /* records; a message carries fewer */

struct record_set {
	struct wanted want;
	struct bytes *data; /* in canonical order, each once */
	size_t count;
	bool states;       /* the arguments say owner or class: those of all records */
	bool is_new_owner; /* a principal without a number yet, in a plan */
	size_t added, removed, altered, kept;
	/* Of records that are somebody else's and would go: how many, and whose the first is. */
	size_t foreign;
	const char *foreign_owner;
};

static int record_set_order(const void *a, const void *b, void *set)
{
	return dns_rdata_compare(((const struct record_set *)set)->want.type,
				 *(const struct bytes *)a, *(const struct bytes *)b);
}

static bool record_set_has(struct record_set *set, struct bytes rdata)
{
	size_t from = 0, to = set->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		int order = dns_rdata_compare(set->want.type, set->data[middle], rdata);
		if (order == 0)
			return true;
		from = order < 0 ? middle + 1 : from;
		to = order < 0 ? to : middle;
	}
	return false;
}

static void record_set_sort(struct record_set *set, size_t given)
{
	qsort_r(set->data, given, sizeof *set->data, record_set_order, set);
	for (size_t i = 0; i < given; i++)
		if (i == 0 || record_set_order(&set->data[set->count - 1], &set->data[i], set) != 0)
			set->data[set->count++] = set->data[i];
}

static enum call_code record_set_take(struct call *call, struct record_set *set)
{
	const json_t *list = json_object_get(call->args, "data");
	struct wanted *want = &set->want;
	char type[DNS_TYPE_TEXT_MAX];
	size_t i;
	json_t *text;
	if (json_array_size(list) == 0 || json_array_size(list) > RECORD_SET_MAX)
		return call_fail(call, CALL_USAGE, "data: 1 to %d records are given",
				 RECORD_SET_MAX);
	set->data = arena_alloc(&call->arena, json_array_size(list) * sizeof *set->data);
	json_array_foreach(list, i, text)
	{
		enum call_code code =
			wanted_parse_data(call, want, json_string_value(text), &want->rdata);
		want->has_data = true;
		if (!code)
			code = wanted_check_data(call, want);
		if (code)
			return code;
		set->data[i] = want->rdata;
	}
	record_set_sort(set, json_array_size(list));
	if (set->count > 1 && dns_type_is_singleton(want->type))
		return call_fail(call, CALL_USAGE, "a name has one %s, and %zu are given",
				 dns_type_print(want->type, type), set->count);
	return CALL_OK;
}

static enum call_code record_set_of(struct call *call, struct record_set *set)
{
	*set = (struct record_set){0};
	enum call_code code = wanted_of(call, &set->want);
	set->states = command_text(call, "owner") || command_text(call, "class");
	if (!code)
		code = record_set_take(call, set);
	if (!code)
		code = command_check_asked(call, command_text(call, "name"), &set->want.name);
	return code;
}

/* --- the edit, in the writer's thread, and for a plan in the call's */

static bool record_set_keeps(void *context, struct edit_record *record)
{
	return record_set_has(context, record->rdata);
}

/* A record that is there stays whose it is and as old as it is, unless it was said whose all are.
 */
static struct node_record record_set_record(const struct record_set *set, struct edit *edit,
					    const struct edit_name *at,
					    const struct edit_author *author)
{
	const struct wanted *want = &set->want;
	struct node_record record = {.owner = author->owner,
				     .stamp = author->now,
				     .class = want->class,
				     .rdata = want->rdata},
			   stored;
	if (!edit_find_stored(edit, at, want->type, want->rdata, &stored))
		return record;
	if (!set->states)
		return stored;
	if (stored.class == want->class && stored.class != RECORD_DYNAMIC)
		record.stamp = stored.stamp;
	return record;
}

static enum call_code record_set_add(struct call *call, struct record_set *set, struct edit *edit,
				     const struct edit_author *author)
{
	struct wanted *want = &set->want;
	struct edit_name *at = edit_see(edit, &want->name);
	const struct edit_rrset *before = edit_find(at, want->type);
	uint32_t ttl = WANTED_TTL_DEFAULT;
	if (want->has_ttl)
		ttl = want->ttl;
	else if (before)
		edit_ttl_of(before, set->data[0], &ttl);
	if (want->type != DNS_TYPE_SOA)
		edit_remove_but(edit, &want->name, want->type, record_set_keeps, set);
	for (size_t i = 0; i < set->count; i++) {
		want->rdata = set->data[i];
		enum call_code code = wanted_check_beside(call, at, want);
		if (code)
			return code;
		struct node_record record = record_set_record(set, edit, at, author);
		if (!edit_add_as(edit, &want->name, want->type, ttl, &record))
			return call_fail(call, CALL_FAILED,
					 "more records than a message can carry");
	}
	return CALL_OK;
}

/* Whether somebody else relies on a record: a client, or who it is kept for. */
static bool record_set_is_foreign(const struct call *call, const struct record_state *was)
{
	bool is_nobodys = strcmp(was->owner, "anonymous") == 0 ||
			  strncmp(was->owner, "local:", 6) == 0 ||
			  strncmp(was->owner, "system:", 7) == 0;
	return was->class != RECORD_DERIVED && strcmp(was->owner, call->principal) != 0 &&
	       (was->class != RECORD_STATIC || !is_nobodys);
}

static void record_set_count(struct call *call, struct record_set *set,
			     const struct edit_change *changes, size_t count)
{
	set->added = set->removed = set->altered = set->foreign = 0;
	for (size_t i = 0; i < count; i++) {
		const struct change *change = &changes[i].change;
		if (change->type != set->want.type ||
		    !dns_name_equal(&change->name, &set->want.name) || edit_makes_room(&changes[i]))
			continue; /* of the draft's other edits */
		set->added += change->what == CHANGE_ADDED;
		set->removed += change->what == CHANGE_REMOVED;
		set->altered += change->what == CHANGE_ALTERED;
		bool is_taken = change->what == CHANGE_REMOVED ||
				(change->what == CHANGE_ALTERED &&
				 strcmp(change->was.owner, change->is.owner) != 0);
		if (!is_taken || !record_set_is_foreign(call, &change->was))
			continue;
		if (set->foreign++ == 0)
			set->foreign_owner = arena_text(&call->arena, change->was.owner,
							strlen(change->was.owner));
	}
	set->kept = set->count - set->added - set->altered;
	set->altered += set->is_new_owner ? set->kept : 0;
	set->kept -= set->is_new_owner ? set->kept : 0;
}

static enum call_code record_set_ask(struct call *call, const struct record_set *set)
{
	char shown[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	if (!set->foreign)
		return CALL_OK;
	return command_ask(call,
			   arena_print(&call->arena, "%s %s: %s of %s%s would be replaced",
				       dns_name_show(&set->want.name, shown),
				       dns_type_print(set->want.type, type),
				       command_count(call, set->foreign, "record"),
				       set->foreign_owner, set->foreign > 1 ? " and others" : ""));
}

static enum call_code record_set_work(struct call *call, struct store_txn *txn, void *context)
{
	struct record_set *set = context;
	struct wanted *want = &set->want;
	size_t count;
	enum call_code code = command_zone_in(call, txn, &want->zone);
	if (code)
		return code;
	struct edit_author author = command_author(call, txn);
	if (want->owner) {
		author.owner = principal_intern(txn, want->owner);
		author.owner_text = want->owner;
	}
	struct edit *edit;
	code = draft_edit_open(call, txn, &want->zone, &author, &edit);
	if (!code)
		code = record_set_add(call, set, edit, &author);
	if (!code)
		code = command_covered_refuse(call, txn, &want->zone, &want->name, want->type);
	if (code)
		return code;
	const struct edit_change *changes = edit_diff(edit, &count);
	record_set_count(call, set, changes, count);
	/* Of a draft it is asked when that is made. */
	code = call->draft ? CALL_OK : record_set_ask(call, set);
	if (code)
		return code;
	want->others = want->class == RECORD_STATIC
			       ? wanted_others(call, txn, edit_see(edit, &want->name), want)
			       : NULL;
	return wanted_commit(call, txn, edit, want);
}

/* --- as an edit of a draft */

static enum call_code record_set_draft_take(struct call *call, void **taken,
					    struct draft_place *place)
{
	struct record_set *set = arena_zero(&call->arena, sizeof *set);
	enum call_code code = record_set_of(call, set);
	*place = (struct draft_place){.name = set->want.name, .type = set->want.type};
	*taken = set;
	return code;
}

static enum call_code record_set_draft_apply(struct call *call, struct store_txn *txn,
					     const struct zone *zone, struct edit *edit,
					     void *taken)
{
	struct record_set *set = taken;
	struct edit_author author = command_author(call, txn);
	if (set->want.owner) {
		author.owner = principal_intern(txn, set->want.owner);
		author.owner_text = set->want.owner;
	}
	set->want.zone = *zone;
	enum call_code code = record_set_add(call, set, edit, &author);
	return code ? code
		    : command_covered_refuse(call, txn, zone, &set->want.name, set->want.type);
}

const struct draft_kind draft_record_set_kinds[] = {
	{"record set", record_set_draft_take, record_set_draft_apply},
	{0},
};

/* --- the plan */

static void record_set_show_kept(struct call *call, const struct record_set *set,
				 const struct edit_rrset *rrset, const struct edit_change *changes,
				 size_t count)
{
	for (const struct edit_record *r = rrset ? rrset->records : NULL; r; r = r->next) {
		bool is_change = false;
		for (size_t i = 0; i < count && !is_change; i++)
			is_change = changes[i].change.what != CHANGE_REMOVED &&
				    dns_rdata_compare(set->want.type, changes[i].change.rdata,
						      r->rdata) == 0;
		struct record_state state = {
			.ttl = edit_ttl(rrset, r),
			.stamp = r->stamp,
			.class = r->class,
			.owner = principal_text(call->snapshot.txn, r->owner, &call->arena)};
		struct record_state is = state;
		if (set->is_new_owner)
			is.owner = set->want.owner;
		struct change_row row = {&set->want.zone.apex,
					 &set->want.name,
					 set->want.type,
					 r->rdata,
					 &state,
					 &is,
					 NULL};
		if (!is_change)
			change_row_send(call, &row);
	}
}

static void record_set_show(struct call *call, const struct record_set *set,
			    const struct edit_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct change *change = &changes[i].change;
		struct record_state is = change->is;
		/* A principal that has no number yet has one only when the change is made. */
		if (change->what == CHANGE_ADDED || set->states)
			is.owner = set->want.owner ? set->want.owner : call->principal;
		struct change_row row = {&set->want.zone.apex,
					 &change->name,
					 change->type,
					 change->rdata,
					 change->what == CHANGE_ADDED ? NULL : &change->was,
					 change->what == CHANGE_REMOVED ? NULL : &is,
					 NULL};
		change_row_send(call, &row);
	}
}

static void record_set_tell(struct call *call, const struct record_set *set, bool is_plan)
{
	char shown[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX], serial[32] = "";
	const struct wanted *want = &set->want;
	const char *would = is_plan ? " would be" : "";
	command_result(call, "zone", command_name(&want->zone.apex));
	command_result(call, "name", command_name(&want->name));
	command_result(call, "type", command_type(want->type));
	command_result(call, "added", json_integer((json_int_t)set->added));
	command_result(call, "removed", json_integer((json_int_t)set->removed));
	command_result(call, "altered", json_integer((json_int_t)set->altered));
	command_result(call, "kept", json_integer((json_int_t)set->kept));
	if (!is_plan)
		command_result(call, "serial", json_integer(want->serial));
	dns_name_show(&want->name, shown);
	dns_type_print(want->type, type);
	if (!is_plan)
		snprintf(serial, sizeof serial, ", serial %u", want->serial);
	if (set->added || set->removed || set->altered)
		command_say(call, "%s %s: %s%s removed, %zu added, %zu altered, %zu kept%s", shown,
			    type, command_count(call, set->removed, "record"), would, set->added,
			    set->altered, set->kept, serial);
	else
		command_say(call, "%s %s: nothing %s", shown, type,
			    is_plan ? "would change" : "changed");
}

static enum call_code record_set_plan(struct call *call, struct record_set *set)
{
	struct store_txn *txn = call->snapshot.txn;
	struct edit_author author = {.owner = PRINCIPAL_ANONYMOUS,
				     .owner_text = call->principal,
				     .now = command_time(call, txn),
				     .class = RECORD_STATIC};
	size_t count;
	bool is_known = principal_find(txn, set->want.owner ? set->want.owner : call->principal,
				       &author.owner);
	set->is_new_owner = set->want.owner && !is_known;
	struct edit *edit = edit_open(txn, &set->want.zone, &author, &call->arena);
	enum call_code code = record_set_add(call, set, edit, &author);
	if (!code)
		code = command_covered_refuse(call, txn, &set->want.zone, &set->want.name,
					      set->want.type);
	if (code)
		return code;
	const struct edit_change *changes = edit_diff(edit, &count);
	record_set_count(call, set, changes, count);
	record_set_show(call, set, changes, count);
	record_set_show_kept(call, set, edit_find(edit_see(edit, &set->want.name), set->want.type),
			     changes, count);
	record_set_tell(call, set, true);
	wanted_note_managed(&set->want, changes, count);
	wanted_warn_managed(call, &set->want);
	code = record_set_ask(call, set);
	return code ? code : command_read_ended(call);
}

/* It was written with \DDD, or the zone's name stands in it twice. */
static void record_set_warn_odd(struct call *call, const struct wanted *want)
{
	char shown[DNS_NAME_TEXT_MAX];
	const char *odd = dns_name_odd(&want->name);
	dns_name_show(&want->name, shown);
	if (odd)
		command_warn(call, 0,
			     arena_print(&call->arena, "%s %s: no resolver asks for such a name",
					 shown, odd));
	if (dns_name_lacks_dot(&want->name, &want->zone.apex))
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%s has the zone's name twice: is a final dot missing?",
					 shown));
}

static enum call_code admin_record_set(struct call *call)
{
	struct record_set set;
	enum call_code code = record_set_of(call, &set);
	if (code)
		return code;
	record_set_warn_odd(call, &set.want);
	if (command_flag(call, "plan"))
		return record_set_plan(call, &set);
	code = command_write(call, record_set_work, &set);
	if (code)
		return code;
	record_set_tell(call, &set, false);
	wanted_warn_managed(call, &set.want);
	wanted_warn_others(call, &set.want);
	wanted_warn_servers(call, &set.want);
	return CALL_OK;
}

const struct command command_record_set_table[] = {
	{"record set", admin_record_set,
	 "zone=s name=s ttl=s? type=s data=a owner=s? class=s? plan=b? yes=b? now=b?"},
	{0},
};
