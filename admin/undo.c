/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/undo_rows.h"
#include "admin/covered_parts.h"
#include "admin/scope.h"
#include "base/timeword.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "scavenger/age.h"
#include "vault/log_maintenance.h"
#include "zonedb/revert_rows_state.h"

#define CONFLICTS_SHOWN 1000 /* of what was done; a plan shows all */
#define UNDO_AT_ONCE    1000 /* changes that are undone in one transaction; more are in parts */

#define LOOK_AHEAD 4096 /* names whose histories are read before a part, which has fewer */

#define UNDO_FILLED_MAX 16 /* zones; of more the first are looked at */

struct doing {
	struct call *call;
	struct undo *undo;
	struct revert_result result;
	struct revert_rows_result rows;
	json_t *conflicts; /* rows, until it is done */
	struct covered_result covered;
	uint64_t stale; /* records that come back, and that the next run would take again */
	bool is_gone;   /* the peer of a plan */
	/* Zones to which records come back: what lies in a zone below is not found there. */
	struct dns_name filled[UNDO_FILLED_MAX];
	size_t filled_count;
};

static json_t *undo_row_of(struct call *call, const char *what, const struct zone *zone,
			   const struct dns_name *name)
{
	(void)call;
	json_t *row = json_object();
	json_object_set_new(row, "what", json_string(what));
	json_object_set_new(row, "zone", command_name(&zone->apex));
	json_object_set_new(row, "name", command_name(name));
	return row;
}

static void undo_set_state(json_t *row, const struct record_state *state)
{
	json_object_set_new(row, "ttl", json_integer(state->ttl));
	json_object_set_new(row, "class", json_string(record_class_name(state->class)));
	json_object_set_new(row, "owner",
			    command_string(state->owner ? state->owner : "anonymous"));
	json_object_set_new(row, "stamp", command_seconds(state->stamp));
}

static void undo_note_filled(struct doing *doing, const struct zone *zone)
{
	size_t i = 0;
	while (i < doing->filled_count && !dns_name_equal(&doing->filled[i], &zone->apex))
		i++;
	if (i == doing->filled_count && i < UNDO_FILLED_MAX)
		doing->filled[doing->filled_count++] = zone->apex;
}

static void count_stale(void *context, const struct zone *zone, const struct change *change)
{
	struct doing *doing = context;
	struct age_windows windows = {zone->no_refresh, zone->refresh};
	const struct record_windows *own = &change->is.windows;
	uint64_t now = clock_now(&doing->call->core->clock);
	if (change->what == CHANGE_ADDED)
		undo_note_filled(doing, zone);
	if (own->no_refresh || own->refresh)
		windows = (struct age_windows){own->no_refresh, own->refresh};
	if (zone->is_aging && change->what == CHANGE_ADDED &&
	    age_is_stale(change->is.class, change->is.stamp, now, &windows))
		doing->stale++;
}

static void undo_show_change(void *context, const struct zone *zone, const struct change *change)
{
	static const char *const words[] = {[CHANGE_ADDED] = "restore",
					    [CHANGE_REMOVED] = "remove",
					    [CHANGE_ALTERED] = "set back",
					    [CHANGE_REFRESHED] = "set back"};
	struct doing *doing = context;
	struct call *call = doing->call;
	count_stale(context, zone, change);
	if (doing->is_gone)
		return;
	json_t *row = undo_row_of(call, words[change->what], zone, &change->name);
	json_object_set_new(row, "type", command_type(change->type));
	json_object_set_new(row, "data",
			    command_string(command_rdata(call, change->type, change->rdata)));
	undo_set_state(row, change->what == CHANGE_REMOVED ? &change->was : &change->is);
	doing->is_gone = !command_row(call, row);
}

static json_t *conflict_row(struct doing *doing, const struct revert_conflict *conflict)
{
	struct call *call = doing->call;
	json_t *row = undo_row_of(call, "conflict", conflict->zone, conflict->name);
	const char *note = conflict->text;
	if (conflict->type) {
		json_object_set_new(row, "type", command_type(conflict->type));
		json_object_set_new(
			row, "data",
			command_string(command_rdata(call, conflict->type, conflict->rdata)));
	}
	json_object_set_new(row, "undoes", json_integer((json_int_t)conflict->undoes));
	json_object_set_new(row, "records", json_integer((json_int_t)conflict->records));
	json_object_set_new(row, "in_the_way",
			    conflict->seq ? json_integer((json_int_t)conflict->seq) : json_null());
	json_object_set_new(row, "principal", command_string(conflict->by));
	if (conflict->seq)
		note = arena_print(&call->row_arena, "%s (entry %llu%s%s)", note,
				   (unsigned long long)conflict->seq, conflict->by ? ", " : "",
				   conflict->by ? conflict->by : "");
	json_object_set_new(row, "reason", command_string(note));
	return row;
}

static void undo_show_conflict(void *context, const struct revert_conflict *conflict)
{
	struct doing *doing = context;
	if (!doing->is_gone)
		doing->is_gone = !command_row(doing->call, conflict_row(doing, conflict));
}

static void keep_conflict(void *context, const struct revert_conflict *conflict)
{
	struct doing *doing = context;
	if (json_array_size(doing->conflicts) < CONFLICTS_SHOWN)
		json_array_append_new(doing->conflicts, conflict_row(doing, conflict));
	arena_reset(&doing->call->row_arena);
}

static void undo_show_row(void *context, const struct revert_row *row)
{
	struct doing *doing = context;
	if (!doing->is_gone)
		doing->is_gone = !command_row(doing->call, undo_rows_show(doing->call, row));
}

static void keep_row(void *context, const struct revert_row *row)
{
	struct doing *doing = context;
	if (row->what != REVERT_ROW_CONFLICT)
		return;
	if (json_array_size(doing->conflicts) < CONFLICTS_SHOWN)
		json_array_append_new(doing->conflicts, undo_rows_show(doing->call, row));
	arena_reset(&doing->call->row_arena);
}

/* --- doing it */

/* "undoes run 7, but for 2 records". The run's first entry says it all, so what is in the way is
 * looked for before. */
static void undo_begin_run(struct doing *doing, struct state_edit *rows, struct entry *as)
{
	struct revert_listener silent = {0};
	struct revert_result planned;
	struct run run = run_new(rows->txn, RUN_REVERT, RUN_DONE, as), undone;
	revert_plan(doing->undo->revert, rows->txn, &silent, &planned);
	run.skipped = planned.conflicts + doing->rows.conflicts;
	snprintf(run.note, sizeof(run.note), "undoes %.200s", doing->undo->what);
	run_put(rows, &run);
	if (doing->undo->run && run_get(rows->txn, doing->undo->run, &undone)) {
		undone.undone_by = run.id;
		run_put(rows, &undone);
	}
	as->run = run.id;
}

/* Whether it can come back still. */
static enum call_code undo_check_zone(struct doing *doing, struct store_txn *txn)
{
	struct call *call = doing->call;
	char shown[DNS_NAME_TEXT_MAX];
	struct zone here;
	struct deleted_zone deleted_zone;
	const struct zone *zone = &doing->undo->deleted_zone.zone;
	enum call_code code = command_covered_ask(call, txn, &zone->apex);
	if (code)
		return code;
	if (zone_get(txn, &zone->apex, &here) ||
	    !deleted_zone_last(txn, &zone->apex, &deleted_zone) || deleted_zone.zone.id != zone->id)
		return call_fail(call, CALL_FAILED, "zone %s came back meanwhile",
				 dns_name_show(&zone->apex, shown));
	return CALL_OK;
}

/* The zone is made anew by the run that fills it; `in_parts`: out of service until it is whole. */
static void undo_make_zone(struct doing *doing, struct state_edit *rows, const struct entry *as,
			   bool in_parts)
{
	struct call *call = doing->call;
	struct store_txn *txn = rows->txn;
	char shown[DNS_NAME_TEXT_MAX];
	const struct deleted_zone *deleted_zone = &doing->undo->deleted_zone;
	const struct zone *zone = &deleted_zone->zone;
	struct zone here = *zone;
	deleted_zone_restore(rows, deleted_zone, &here);
	if (in_parts) {
		here.deleting = as->run;
		here.restored_from = deleted_zone->first_seq;
		zone_put(rows, &here);
	}
	struct entry event = command_entry(call, ENTRY_RESTORE, txn, zone);
	event.run = as->run;
	event.event = EVENT_ZONE_CREATE;
	event.subject = dns_name_show(&zone->apex, shown);
	event.reason = command_zone_settings(call, zone);
	event.rows = state_edit_changes(rows, &event.row_count);
	journal_append(txn, &event, &call->arena);
}

static uint64_t undo_larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Settings, rules and the like, before the records. Returns the first entry; 0: there is none, and
 * the rows of the run are for the first entry that is made from `as`. */
static uint64_t undo_rows(struct doing *doing, struct store_txn *txn, struct entry *as)
{
	struct call *call = doing->call;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	size_t count;
	undo_rows_make(call, doing->undo, &rows, keep_row, doing, &doing->rows);
	state_edit_changes(&rows, &count);
	if (!as->run)
		undo_begin_run(doing, &rows, as);
	if (count)
		return undo_rows_append(call, &rows, as);
	as->rows = state_edit_changes(&rows, &as->row_count);
	return 0;
}

/* --- many records: in parts */

struct undo_parts {
	struct doing *doing;
	struct revert_result result; /* of the part that ran last, with those before */
	uint64_t run, first, stale;
	size_t at, conflicts; /* where the part began, and how many conflicts were kept then */
	size_t next;          /* where it ended */
	bool is_done;
	struct covered_parts *covered; /* by a zone that comes back; NULL: nothing is moved */
	bool is_late;                  /* too much of that was changed for the last part */
};

/* What a part that runs a second time finds as the first time. */
static void undo_part_again(struct undo_parts *parts)
{
	struct doing *doing = parts->doing;
	while (json_array_size(doing->conflicts) > parts->conflicts)
		json_array_remove(doing->conflicts, json_array_size(doing->conflicts) - 1);
	parts->result = doing->result;
	doing->stale = parts->stale;
	parts->next = parts->at;
}

/* The run, and what is undone of settings. */
static enum call_code undo_parts_begin(struct call *call, struct store_txn *txn, void *context)
{
	struct undo_parts *parts = context;
	struct doing *doing = parts->doing;
	struct undo *undo = doing->undo;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	struct entry as = command_entry(call, ENTRY_RESTORE, txn, NULL);
	struct run run, undone;
	undo_part_again(parts);
	enum call_code code = undo->has_deleted_zone ? undo_check_zone(doing, txn) : CALL_OK;
	if (code)
		return code;
	run = run_new(txn, RUN_REVERT, RUN_UNDER_WAY, &as);
	snprintf(run.note, sizeof(run.note), "undoes %.200s", undo->what);
	if (undo->run && run_get(txn, undo->run, &undone)) {
		undone.undone_by = run.id;
		run_put(&rows, &undone);
	}
	parts->first = journal_next_seq(txn);
	command_log_run(call, &rows, &run, EVENT_RUN_START, NULL);
	parts->run = as.run = run.id;
	as.reason = arena_print(&call->arena, "undoes %s", undo->what);
	struct state_edit settings = state_edit_of(txn, &call->arena), made = settings;
	if (undo->has_deleted_zone)
		undo_make_zone(doing, &made, &as, true);
	undo_rows_make(call, undo, &settings, keep_row, doing, &doing->rows);
	undo_rows_append(call, &settings, &as);
	return CALL_OK;
}

static enum call_code undo_parts_go_on(struct call *call, struct store_txn *txn, void *context)
{
	struct undo_parts *parts = context;
	struct revert_listener listener = {
		.change = count_stale, .conflict = keep_conflict, .context = parts->doing};
	struct entry as = command_entry(call, ENTRY_RESTORE, txn, NULL);
	struct writer_part time = writer_part_begin(call->core->part_steps);
	undo_part_again(parts);
	as.run = parts->run;
	as.reason = arena_print(&call->row_arena, "undoes %s", parts->doing->undo->what);
	parts->is_done = revert_apply_part(parts->doing->undo->revert, txn, &as, &listener,
					   &parts->result, &parts->next, &time);
	return CALL_OK;
}

/* The zone that came back is in service from now on. False: there is none. */
static bool undo_open_zone(struct undo_parts *parts, struct state_edit *rows, struct zone *zone)
{
	const struct undo *undo = parts->doing->undo;
	if (!undo->has_deleted_zone || !zone_get(rows->txn, &undo->deleted_zone.zone.apex, zone) ||
	    zone->deleting != parts->run)
		return false;
	zone->deleting = parts->is_done ? 0 : parts->run;
	zone->restored_from = parts->is_done ? 0 : zone->restored_from;
	zone_put(rows, zone);
	return true;
}

static enum call_code undo_parts_end(struct call *call, struct store_txn *txn, void *context)
{
	struct undo_parts *parts = context;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	struct run run;
	struct zone zone;
	if (!run_get(txn, parts->run, &run))
		return CALL_OK;
	parts->is_late =
		parts->covered && parts->is_done && !covered_parts_catch_up(parts->covered, txn);
	if (parts->is_late)
		return CALL_OK;
	run.state = parts->is_done ? RUN_DONE : RUN_FAILED;
	run.skipped = parts->doing->result.conflicts + parts->doing->rows.conflicts;
	bool has_zone = undo_open_zone(parts, &rows, &zone);
	command_log_run(call, &rows, &run, EVENT_RUN_END, has_zone ? &zone : NULL);
	parts->result.last_seq = journal_next_seq(txn) - 1;
	return CALL_OK;
}

static void undo_part_take(struct undo_parts *parts)
{
	struct doing *doing = parts->doing;
	doing->result = parts->result;
	parts->stale = doing->stale;
	parts->at = parts->next;
	parts->conflicts = json_array_size(doing->conflicts);
	arena_reset(&doing->call->row_arena);
}

static enum call_code undo_fail_zone(struct doing *doing)
{
	struct call *call = doing->call;
	char shown[DNS_NAME_TEXT_MAX];
	log_maintenance_wake(call->core->log_maintenance);
	return call_fail(call, CALL_FAILED,
			 "zone %s did not come back, since the store could not be written: what of "
			 "it did goes again, and the same command restores all of it then",
			 dns_name_show(&doing->undo->deleted_zone.zone.apex, shown));
}

/* With what a zone that comes back covers. */
static enum call_code undo_cover(struct call *call, struct undo_parts *parts)
{
	const struct undo *undo = parts->doing->undo;
	if (undo->has_deleted_zone)
		parts->covered = covered_parts_open(call, &undo->deleted_zone.zone);
	return parts->covered ? covered_parts_copy(parts->covered) : CALL_OK;
}

static enum call_code undo_finish(struct call *call, struct undo_parts *parts)
{
	enum call_code code = command_write(call, undo_parts_end, parts);
	while (!code && parts->is_late) {
		code = covered_parts_copy(parts->covered);
		if (!code)
			code = command_write(call, undo_parts_end, parts);
	}
	return code;
}

/* Between two parts the writer does what others want. */
static enum call_code undo_in_parts(struct doing *doing)
{
	struct call *call = doing->call;
	struct undo_parts parts = {.doing = doing};
	doing->result = (struct revert_result){0};
	revert_sort(doing->undo->revert);
	enum call_code code = command_write(call, undo_parts_begin, &parts);
	if (code)
		return code;
	undo_part_take(&parts);
	while (!code && !parts.is_done) {
		revert_look(doing->undo->revert, call->snapshot.txn, parts.at, LOOK_AHEAD);
		code = command_write(call, undo_parts_go_on, &parts);
		if (!code)
			undo_part_take(&parts);
		command_progress(call, parts.at, revert_names(doing->undo->revert), "names");
	}
	if (!code)
		code = undo_cover(call, &parts);
	parts.is_done = parts.is_done && !code;
	enum call_code ended = undo_finish(call, &parts);
	if (parts.covered && (code || ended))
		covered_parts_give_up(parts.covered);
	doing->result.run = parts.run;
	doing->result.first_seq = parts.first;
	doing->result.last_seq = parts.result.last_seq;
	if (!code && !ended)
		return parts.covered ? covered_parts_clear(parts.covered, &doing->covered)
				     : CALL_OK;
	if (doing->undo->has_deleted_zone)
		return undo_fail_zone(doing);
	return call_fail(call, CALL_FAILED,
			 "run %llu undoes %s, and has stopped after %zu of %s, since the "
			 "store could not be written: the same command undoes the rest",
			 (unsigned long long)parts.run, doing->undo->what, parts.at,
			 command_count(call, revert_names(doing->undo->revert), "name"));
}

static bool undo_is_long(struct call *call, const struct undo *undo)
{
	return revert_count(undo->revert) > UNDO_AT_ONCE ||
	       (undo->has_deleted_zone &&
		covered_parts_are_long(call, &undo->deleted_zone.zone.apex));
}

/* The records' result counts what was done to rows, too. */
static void add_rows(struct doing *doing)
{
	struct revert_result *result = &doing->result;
	const struct revert_rows_result *rows = &doing->rows;
	result->added += rows->restored;
	result->removed += rows->removed;
	result->altered += rows->altered;
	result->conflicts += rows->conflicts;
	result->standing += rows->standing;
}

/* Names that the zone above holds meanwhile. */
static void undo_move_names(struct doing *doing, struct store_txn *txn, struct entry *as)
{
	struct zone zone;
	if (zone_get(txn, &doing->undo->deleted_zone.zone.apex, &zone))
		command_covered_move(doing->call, txn, &zone, as, &doing->covered);
	if (doing->covered.moved)
		doing->result.last_seq = journal_next_seq(txn) - 1;
}

static enum call_code undo_work(struct call *call, struct store_txn *txn, void *context)
{
	struct doing *doing = context;
	struct undo *undo = doing->undo;
	struct revert_listener listener = {
		.change = count_stale, .conflict = keep_conflict, .context = doing};
	struct entry as = command_entry(call, ENTRY_RESTORE, txn, NULL);
	struct state_edit rows = state_edit_of(txn, &call->arena);
	json_array_clear(doing->conflicts);
	doing->stale = 0;
	if (undo->has_deleted_zone) {
		enum call_code code = undo_check_zone(doing, txn);
		if (code)
			return code;
		undo_begin_run(doing, &rows, &as);
		undo_make_zone(doing, &rows, &as, false);
	}
	as.reason = arena_print(&call->arena, "undoes %s", undo->what);
	uint64_t first = undo_rows(doing, txn, &as), last = journal_next_seq(txn) - 1;
	revert_apply(undo->revert, txn, &as, &listener, &doing->result);
	if (undo->has_deleted_zone)
		undo_move_names(doing, txn, &as);
	if (first) {
		doing->result.run = as.run;
		doing->result.first_seq = first;
		doing->result.last_seq = undo_larger(doing->result.last_seq, last);
	}
	return CALL_OK;
}

/* --- saying it */

static const char *add_count(struct call *call, const char *text, uint64_t count, const char *what)
{
	if (count == 0)
		return text;
	return arena_print(&call->arena, "%s%s%llu %s", text, *text ? ", " : "",
			   (unsigned long long)count, what);
}

static const char *counts_text(struct call *call, const struct revert_result *r, bool is_plan)
{
	const char *text = "";
	text = add_count(call, text, r->added, is_plan ? "to be restored" : "restored");
	text = add_count(call, text, r->removed, is_plan ? "to be removed" : "removed");
	text = add_count(call, text, r->altered + r->refreshed,
			 is_plan ? "to be set back" : "set back");
	text = add_count(call, text, r->standing, "as before already");
	return add_count(call, text, r->conflicts, r->conflicts == 1 ? "conflict" : "conflicts");
}

static void set_results(struct call *call, const struct revert_result *r)
{
	static const struct {
		const char *name;
		size_t offset;
		bool is_number; /* of a run or an entry: 0 is none */
	} rows[] = {
		{"restored", offsetof(struct revert_result, added), false},
		{"removed", offsetof(struct revert_result, removed), false},
		{"altered", offsetof(struct revert_result, altered), false},
		{"refreshed", offsetof(struct revert_result, refreshed), false},
		{"conflicts", offsetof(struct revert_result, conflicts), false},
		{"standing", offsetof(struct revert_result, standing), false},
		{"run", offsetof(struct revert_result, run), true},
		{"first_seq", offsetof(struct revert_result, first_seq), true},
		{"last_seq", offsetof(struct revert_result, last_seq), true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint64_t value;
		memcpy(&value, (const char *)r + rows[i].offset, sizeof(value));
		/* Of a plan there is no run, and no entry. */
		bool is_none = value == 0 && rows[i].is_number;
		command_result(call, rows[i].name,
			       is_none ? json_null() : json_integer((json_int_t)value));
	}
}

/* They come back with the age that they had. */
static void undo_warn_of_stale(struct call *call, uint64_t stale)
{
	if (stale == 1)
		command_warn(
			call, 0,
			"a record that comes back is stale by its old stamp, and would go with "
			"the next run: 'record touch' makes it fresh");
	else if (stale)
		command_warn(
			call, 0,
			arena_print(&call->arena,
				    "%llu records that come back are stale by their old stamps, "
				    "and would go with the next run: 'record touch' makes them "
				    "fresh",
				    (unsigned long long)stale));
}

static enum call_code undo_tell(struct call *call, const struct doing *doing, bool is_plan)
{
	const struct revert_result *r = &doing->result;
	const struct dns_name *apex = &doing->undo->deleted_zone.zone.apex;
	uint64_t moved =
		is_plan && doing->undo->has_deleted_zone ? command_covered_plan(call, apex) : 0;
	const char *counts = add_count(call, counts_text(call, r, is_plan), moved, "to be moved");
	uint64_t done = r->added + r->removed + r->altered + r->refreshed;
	set_results(call, r);
	if (done == 0 && r->conflicts > 0 && !is_plan)
		return call_fail(call, CALL_FAILED, "nothing of %s could be undone: %s",
				 doing->undo->what, counts);
	if (done == 0 && r->conflicts == 0)
		return call_fail(call, CALL_NOTHING,
				 "nothing of %s is left to be undone: all is as it was before",
				 doing->undo->what);
	if (is_plan && done > 1)
		command_ask(call, arena_print(&call->arena, "%s would be undone: %s",
					      doing->undo->what, counts));
	if (is_plan)
		command_say(call, "plan for %s: %s", doing->undo->what, counts);
	else
		command_say(call, "run %llu undoes %s: %s", (unsigned long long)r->run,
			    doing->undo->what, counts);
	return CALL_OK;
}

static void show_kept(struct doing *doing)
{
	for (size_t i = 0; i < json_array_size(doing->conflicts); i++)
		command_row(doing->call, json_incref(json_array_get(doing->conflicts, i)));
}

/* Conflicts are found in the call's thread, before the writer's thread makes the undo. */
static void plan_rows(struct doing *doing, bool is_plan)
{
	struct call *call = doing->call;
	struct state_edit rows = state_edit_of(call->snapshot.txn, &call->arena);
	undo_rows_make(call, doing->undo, &rows, is_plan ? undo_show_row : NULL, doing,
		       &doing->rows);
}

/* Those who act on settings of the server look at them again. */
static void undo_wake(struct call *call)
{
	if (call->core->schedule)
		schedule_wake(call->core->schedule);
	if (call->core->log_maintenance)
		log_maintenance_wake(call->core->log_maintenance);
}

enum call_code undo_run(struct call *call, struct undo *undo)
{
	struct doing doing = {.call = call, .undo = undo, .conflicts = json_array()};
	bool is_plan = command_flag(call, "plan");
	struct revert_listener listener = {
		.change = undo_show_change, .conflict = undo_show_conflict, .context = &doing};
	enum call_code code = CALL_OK;
	if (undo->has_deleted_zone) {
		revert_revive(undo->revert, &undo->deleted_zone);
		revert_rows_revive(undo->rows, undo->deleted_zone.zone.id);
	}
	plan_rows(&doing, is_plan);
	if (is_plan)
		revert_plan(undo->revert, call->snapshot.txn, &listener, &doing.result);
	code = command_read_ended(call);
	if (!code && !is_plan && undo->has_deleted_zone)
		code = command_covered_ask(call, call->snapshot.txn, &undo->deleted_zone.zone.apex);
	if (!code && !is_plan && !undo_is_long(call, undo))
		revert_look(undo->revert, call->snapshot.txn, 0, revert_names(undo->revert));
	if (!code && !is_plan)
		code = undo_is_long(call, undo) ? undo_in_parts(&doing)
						: command_write(call, undo_work, &doing);
	if (!code)
		add_rows(&doing);
	if (!code && !is_plan) {
		show_kept(&doing);
		command_covered_tell(call, &doing.covered);
		undo_wake(call);
	}
	if (!code)
		code = undo_tell(call, &doing, is_plan);
	if (!code)
		undo_warn_of_stale(call, doing.stale);
	for (size_t i = 0; !code && !is_plan && i < doing.filled_count; i++)
		command_covered_warn(call, &doing.filled[i]);
	json_decref(doing.conflicts);
	return code;
}

struct undo undo_begin(void)
{
	return (struct undo){.revert = revert_open(), .rows = revert_rows_open()};
}

void undo_end(struct undo *undo)
{
	revert_free(undo->revert);
	revert_rows_free(undo->rows);
}

size_t undo_count(const struct undo *undo)
{
	return revert_count(undo->revert) + revert_rows_count(undo->rows);
}

/* Whether the settings of a zone differ in anything but its freeze, which an operator may set. */
static void undo_look_at_field(void *context, const struct state_row_field *field,
			       const struct bytes *old, const struct bytes *new)
{
	bool *is_set = context;
	(void)old;
	(void)new;
	*is_set |= !state_row_is(field, "frozen");
}

/* The role that it takes to take back what the entry did. ROLE_NONE: there is nothing to take. */
static enum role undo_role_of(const struct entry *entry)
{
	enum role role = entry->change_count ? ROLE_OPERATE : ROLE_NONE;
	for (size_t i = 0; i < entry->row_count; i++) {
		const struct state_change *row = &entry->rows[i];
		bool is_zone = row->table == STATE_ZONE && row->has_old && row->has_new;
		bool is_kept = is_zone && revert_rows_equal(STATE_ZONE, row->old, row->new);
		bool is_set =
			!is_zone && row->table != STATE_RESERVATION && row->table != STATE_NOTE;
		if (is_kept || row->table == STATE_RUN)
			continue;
		if (is_zone)
			revert_rows_diff(STATE_ZONE, row->old, row->new, undo_look_at_field,
					 &is_set);
		if (is_set)
			return ROLE_ADMIN;
		role = ROLE_OPERATE;
	}
	return role;
}

/* Whether the call may take the entry back, whose changes may be of any zone and any kind. */
static enum call_code undo_check(struct call *call, const struct entry *entry)
{
	enum role role = undo_role_of(entry);
	bool is_ours = entry->has_zone && scope_holds(call, &entry->zone);
	if (role == ROLE_NONE)
		return CALL_OK;
	if (role == ROLE_ADMIN || !is_ours) {
		enum call_code code =
			scope_check_role(call, role,
					 arena_print(&call->arena, "to take back entry %llu",
						     (unsigned long long)entry->seq));
		if (code)
			return code;
	}
	const struct zone *zone =
		entry->has_zone ? zoneset_exact(call->snapshot.zones, &entry->zone) : NULL;
	return call->changes && zone ? scope_check_reason(call, zone) : CALL_OK;
}

static enum call_code undo_too_many(struct call *call, const struct undo *undo)
{
	if (revert_lacks_memory(undo->revert))
		return call_fail(
			call, CALL_FAILED,
			"there is no memory for more than %zu changes: undo them in parts, "
			"by --zone or by time; the limits of the service say how much it "
			"may take",
			revert_count(undo->revert));
	return call_fail(call, CALL_FAILED,
			 "more than %d changes: undo them in parts, by --zone or by time",
			 REVERT_CHANGES_MAX);
}

enum call_code undo_take(struct call *call, struct undo *undo, const struct entry *entry)
{
	enum call_code code = undo_check(call, entry);
	if (code)
		return code;
	undo->words += entry_is_words(entry);
	revert_rows_take(undo->rows, entry);
	for (size_t i = 0; i < entry->change_count; i++) {
		if (!revert_take(undo->revert, entry, &entry->changes[i]))
			return undo_too_many(call, undo);
	}
	return CALL_OK;
}
