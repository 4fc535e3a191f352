/* SPDX-License-Identifier: BSD-2-Clause */
/* zone begin, diff, commit, abort: several edits as one change. */
#include "admin/change_row.h"
#include "admin/draft.h"
#include "admin/name_server.h"
#include "dns/type.h"
#include "journal/run.h"
#include "zonedb/principal.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TRIES_MAX 5 /* where clients change what is edited between look and write */

/* What a draft comes to now. */
struct draft_look {
	struct call *call;
	struct draft *draft;
	bool shows;
	size_t added, removed, altered, conflicts, foreign;
	const char *first_conflict, *foreign_owner;
	/* Of the commit. */
	bool is_late; /* something was changed between look and write */
	uint64_t run;
	uint32_t serial_before, serial_after;
};

static enum call_code draft_zone_of(struct call *call, struct draft_look *look, bool whole)
{
	struct zone zone;
	const char *of = command_text(call, "principal");
	enum call_code code = command_zone_of(call, &zone);
	look->call = call;
	if (!code && of)
		code = command_owner_of(call, "principal", &of);
	return code ? code : draft_read(call, &zone, of, whole, &look->draft);
}

/* --- begin */

static enum call_code draft_begin_work(struct call *call, struct store_txn *txn, void *context)
{
	struct zone *zone = context;
	enum call_code code = command_zone_in(call, txn, zone);
	return code ? code : draft_begin(call, txn, zone);
}

static enum call_code admin_zone_begin(struct call *call)
{
	struct zone zone;
	char shown[DNS_NAME_TEXT_MAX];
	enum call_code code = command_zone_of(call, &zone);
	if (!code)
		code = command_write(call, draft_begin_work, &zone);
	if (code)
		return code;
	dns_name_show(&zone.apex, shown);
	command_result(call, "zone", command_name(&zone.apex));
	command_say(call,
		    "zone %s: your draft begins: `record add`, `set`, `del`, `pin`, `unpin`, "
		    "`set-class` and `release` add to it, `zone commit %s` makes it, `zone abort "
		    "%s` drops it",
		    shown, shown, shown);
	return CALL_OK;
}

/* --- what it comes to */

static bool draft_change_is_foreign(const struct change *change)
{
	const char *owner = change->was.owner;
	if (change->what == CHANGE_ADDED)
		return false;
	bool is_nobodys = change->was.class == RECORD_STATIC &&
			  (strcmp(owner, "anonymous") == 0 || strncmp(owner, "local:", 6) == 0 ||
			   strncmp(owner, "system:", 7) == 0);
	bool is_taken = change->what == CHANGE_REMOVED ||
			(change->what == CHANGE_ALTERED && strcmp(owner, change->is.owner) != 0);
	return is_taken && !is_nobodys;
}

static void draft_look_count(struct draft_look *look, const struct change *change, bool is_seen)
{
	char name[DNS_NAME_TEXT_MAX], type[DNS_TYPE_TEXT_MAX];
	struct arena *arena = &look->call->arena;
	look->added += change->what == CHANGE_ADDED;
	look->removed += change->what == CHANGE_REMOVED;
	look->altered += change->what == CHANGE_ALTERED || change->what == CHANGE_REFRESHED;
	if (!is_seen && look->conflicts++ == 0)
		look->first_conflict =
			arena_print(arena, "%s %s", dns_name_show(&change->name, name),
				    dns_type_print(change->type, type));
	if (draft_change_is_foreign(change) && look->foreign++ == 0)
		look->foreign_owner =
			arena_text(arena, change->was.owner, strlen(change->was.owner));
}

static void draft_look_show(struct draft_look *look, const struct change *change, bool is_seen)
{
	struct change_row row = {.apex = &look->draft->zone.apex,
				 .name = &change->name,
				 .type = change->type,
				 .rdata = change->rdata,
				 .was = change->what == CHANGE_ADDED ? NULL : &change->was,
				 .is = change->what == CHANGE_REMOVED ? NULL : &change->is,
				 .word = is_seen ? NULL : "conflict"};
	if (look->shows)
		change_row_send(look->call, &row);
}

/* Counts what the edit comes to, and in the call's thread shows it. */
static void draft_look_at(struct draft_look *look, struct store_txn *txn, struct edit *edit)
{
	size_t count;
	const struct edit_change *changes = edit_diff(edit, &count);
	look->added = look->removed = look->altered = look->conflicts = look->foreign = 0;
	for (size_t i = 0; i < count; i++) {
		const struct change *change = &changes[i].change;
		bool is_seen = draft_has_seen(look->draft, txn, &change->name, change->type);
		draft_look_count(look, change, is_seen);
		draft_look_show(look, change, is_seen);
	}
}

/* In the call's snapshot, as whoever made it would. */
static enum call_code draft_look_now(struct draft_look *look)
{
	struct call *call = look->call;
	struct store_txn *txn = call->snapshot.txn;
	const char *principal = call->principal, *by = draft_member(look->draft, "principal");
	struct edit_author author = {.owner = PRINCIPAL_ANONYMOUS,
				     .owner_text = by ? by : principal,
				     .now = command_time(call, txn),
				     .class = RECORD_STATIC};
	principal_find(txn, author.owner_text, &author.owner);
	struct edit *edit = edit_open(txn, &look->draft->zone, &author, &call->arena);
	call->principal = author.owner_text;
	enum call_code code = draft_apply(call, look->draft, txn, edit);
	call->principal = principal;
	if (!code)
		draft_look_at(look, txn, edit);
	return code ? code : command_read_ended(call);
}

static void draft_result(struct draft_look *look)
{
	struct call *call = look->call;
	command_result(call, "zone", command_name(&look->draft->zone.apex));
	command_result(call, "edits", json_integer((json_int_t)look->draft->count));
	command_result(call, "added", json_integer((json_int_t)look->added));
	command_result(call, "removed", json_integer((json_int_t)look->removed));
	command_result(call, "altered", json_integer((json_int_t)look->altered));
	command_result(call, "conflicts", json_integer((json_int_t)look->conflicts));
}

static const char *draft_counts(struct draft_look *look)
{
	return arena_print(&look->call->arena, "%s added, %zu removed, %zu altered",
			   command_count(look->call, look->added, "record"), look->removed,
			   look->altered);
}

static void draft_say_diff(struct draft_look *look)
{
	struct call *call = look->call;
	char shown[DNS_NAME_TEXT_MAX];
	const char *conflicts = "";
	draft_result(look);
	if (look->conflicts)
		conflicts =
			arena_print(&call->arena,
				    "; %s in RRsets that somebody changed since (%s%s): the "
				    "same edit once more says that it is meant",
				    command_count(call, look->conflicts, "change"),
				    look->first_conflict, look->conflicts > 1 ? " and others" : "");
	command_say(call, "zone %s: %s, %s would be%s; nothing was changed",
		    dns_name_show(&look->draft->zone.apex, shown),
		    command_count(call, look->draft->count, "edit"), draft_counts(look), conflicts);
}

static enum call_code admin_zone_diff(struct call *call)
{
	struct draft_look look = {.shows = true};
	enum call_code code = draft_zone_of(call, &look, true);
	if (!code)
		code = draft_look_now(&look);
	if (!code)
		draft_say_diff(&look);
	draft_close(look.draft);
	return code;
}

/* --- commit */

static enum call_code draft_refuse_conflicts(struct draft_look *look)
{
	return call_fail(look->call, CALL_REFUSED,
			 "%s would undo what somebody did since (%s%s): nothing was changed; `zone "
			 "diff` shows it, and the same edit once more says that it is meant",
			 command_count(look->call, look->conflicts, "change"), look->first_conflict,
			 look->conflicts > 1 ? " and others" : "");
}

/* What must be meant: what goes, or goes to another. */
static enum call_code draft_ask(struct draft_look *look)
{
	struct call *call = look->call;
	char shown[DNS_NAME_TEXT_MAX];
	const char *foreign = "";
	if (look->removed == 0 && look->foreign == 0)
		return CALL_OK;
	if (look->foreign)
		foreign = arena_print(&call->arena, ", %s of %s%s among them",
				      command_count(call, look->foreign, "record"),
				      look->foreign_owner, look->foreign > 1 ? " and others" : "");
	return command_ask(call, arena_print(&call->arena, "zone %s: %s%s",
					     dns_name_show(&look->draft->zone.apex, shown),
					     draft_counts(look), foreign));
}

static void draft_commit_edit(struct draft_look *look, struct store_txn *txn, struct edit *edit)
{
	struct call *call = look->call;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	struct entry entry = command_entry(call, ENTRY_ADMIN, txn, &look->draft->zone);
	struct run run = run_new(txn, RUN_OTHER, RUN_DONE, &entry);
	snprintf(run.note, sizeof run.note, "a draft of %zu edit%s", look->draft->count,
		 look->draft->count == 1 ? "" : "s");
	run_put(&rows, &run);
	entry.run = run.id;
	entry.reason = arena_text(&call->arena, run.note, strlen(run.note));
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	look->run = run.id;
	look->serial_before = entry.serial_before;
	edit_commit(edit, &entry);
	look->serial_after = edit_serial_after(edit);
}

/* What was looked at is looked at again, before anything is written. */
static enum call_code draft_commit_work(struct call *call, struct store_txn *txn, void *context)
{
	struct draft_look *look = context;
	struct draft *draft = look->draft;
	struct zone zone;
	look->is_late = false;
	look->run = 0;
	if (!zone_get_by_id(txn, draft->zone.id, &zone) || zone.deleting)
		return call_fail(call, CALL_NOT_FOUND, "the zone was deleted meanwhile");
	look->is_late = !draft_is_same(draft, txn);
	if (look->is_late)
		return call_fail(call, CALL_FAILED, "the draft was changed meanwhile: try again");
	draft->zone = zone;
	struct edit_author author = command_author(call, txn);
	struct edit *edit = edit_open(txn, &draft->zone, &author, &call->arena);
	enum call_code code = draft_apply(call, draft, txn, edit);
	if (code)
		return code;
	draft_look_at(look, txn, edit);
	look->is_late = look->conflicts > 0;
	if (look->is_late)
		return draft_refuse_conflicts(look);
	if (look->added + look->removed + look->altered > 0)
		draft_commit_edit(look, txn, edit);
	draft_drop(draft, txn);
	return CALL_OK;
}

/* Where a delegation goes is chosen by who owns its name server's address. */
static void draft_keep_servers(struct call *call, const struct draft *draft)
{
	for (size_t i = 0; i < draft->count; i++) {
		const struct draft_place *place = &draft->edits[i].place;
		struct zone zone = draft->zone;
		if (place->type != DNS_TYPE_NS && place->type != DNS_TYPE_SOA)
			continue;
		snapshot_rest(&call->snapshot);
		if (snapshot_renew(&call->snapshot))
			command_keep_servers(call, &zone, &place->name);
	}
}

static void draft_say_commit(struct draft_look *look)
{
	struct call *call = look->call;
	char shown[DNS_NAME_TEXT_MAX];
	dns_name_show(&look->draft->zone.apex, shown);
	draft_result(look);
	if (look->run) {
		command_result(call, "run", json_integer((json_int_t)look->run));
		command_result(call, "serial_before", json_integer(look->serial_before));
		command_result(call, "serial", json_integer(look->serial_after));
		command_say(call, "zone %s: %s, serial %u -> %u (run %" PRIu64 ")", shown,
			    draft_counts(look), look->serial_before, look->serial_after, look->run);
	} else {
		command_say(call, "zone %s: the draft changes nothing, and is dropped", shown);
	}
}

static enum call_code draft_check_age(struct draft_look *look)
{
	struct call *call = look->call;
	if (!draft_is_over(look->draft, command_time(call, call->snapshot.txn)))
		return CALL_OK;
	return call_fail(call, CALL_REFUSED,
			 "the draft has had no edit for %d days, and is not made any more: `zone "
			 "diff` shows it, `zone abort` drops it",
			 DRAFT_AGE / 86400);
}

static enum call_code draft_commit(struct call *call, struct draft_look *look)
{
	bool is_plan = command_flag(call, "plan");
	enum call_code code = draft_check_age(look);
	look->shows = is_plan;
	if (!code)
		code = draft_look_now(look);
	look->shows = false;
	if (!code && look->conflicts && !is_plan)
		code = draft_refuse_conflicts(look);
	if (!code)
		code = draft_ask(look);
	if (!code && is_plan)
		draft_say_diff(look);
	if (code || is_plan)
		return code;
	code = command_write(call, draft_commit_work, look);
	if (code)
		return code;
	draft_say_commit(look);
	draft_keep_servers(call, look->draft);
	return CALL_OK;
}

static enum call_code admin_zone_commit(struct call *call)
{
	struct draft_look look = {.call = call};
	enum call_code code = draft_zone_of(call, &look, true);
	if (!code)
		code = draft_commit(call, &look);
	draft_close(look.draft);
	return code;
}

/* --- abort */

static enum call_code draft_abort_work(struct call *call, struct store_txn *txn, void *context)
{
	const struct draft *draft = context;
	if (!draft_is_same(draft, txn))
		return call_fail(call, CALL_FAILED, "the draft was changed meanwhile: try again");
	draft_drop(draft, txn);
	return CALL_OK;
}

static enum call_code admin_zone_abort(struct call *call)
{
	struct draft_look look = {0};
	char shown[DNS_NAME_TEXT_MAX];
	bool is_plan = command_flag(call, "plan");
	enum call_code code = draft_zone_of(call, &look, false);
	if (code)
		return code;
	size_t count = json_array_size(json_object_get(look.draft->json, "edits"));
	const char *edits = command_count(call, count, "edit");
	dns_name_show(&look.draft->zone.apex, shown);
	if (count)
		code = command_ask(call, arena_print(&call->arena,
						     "the draft of zone %s by %s would be dropped, "
						     "with %s",
						     shown, draft_member(look.draft, "principal"),
						     edits));
	if (!code && !is_plan)
		code = command_write(call, draft_abort_work, look.draft);
	if (!code) {
		command_result(call, "zone", command_name(&look.draft->zone.apex));
		command_result(call, "edits", json_integer((json_int_t)count));
		command_say(call, "zone %s: the draft %s dropped, with %s; the zone is as it was",
			    shown, is_plan ? "would be" : "is", edits);
	}
	draft_close(look.draft);
	return code;
}

const struct command command_draft_table[] = {
	{"zone begin", admin_zone_begin, "zone=s"},
	{"zone diff", admin_zone_diff, "zone=s principal=s?"},
	{"zone commit", admin_zone_commit, "zone=s plan=b? yes=b?"},
	{"zone abort", admin_zone_abort, "zone=s principal=s? plan=b? yes=b?"},
	{0},
};
