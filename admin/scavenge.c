/* SPDX-License-Identifier: BSD-2-Clause */
/* scavenge run, status, approve, cancel. The plan, the settings and the history have files of their
 * own (scavenge_*.c). */
#include "admin/name_glob.h"
#include "admin/scope.h"
#include "admin/setting_json.h"
#include "admin/zone_windows.h"
#include "base/timeword.h"
#include "journal/dynamic.h"
#include "vault/log_maintenance.h"
#include "zonedb/principal.h"
#include <inttypes.h>

/* --- run */

struct outcome {
	struct call *call;
	size_t zones, held;
	uint64_t removed, contested, overdue;
	uint64_t overdue_run;     /* the last that holds contested records */
	struct sweep_result last; /* that was held */
	enum store_error error;
};

/* Stale records of a zone that are looked at. */
#define HELD_LOOK_MAX 50000

static bool look_on(void *context, const struct plan_item *item)
{
	uint64_t *looked_at = context;
	(void)item;
	return ++*looked_at < HELD_LOOK_MAX;
}

/* Whether none of the zone's records is contested any more, of a run that is held for some. */
static bool is_settled(struct call *call, uint64_t id)
{
	struct run run;
	struct zone zone;
	uint64_t looked_at = 0;
	struct store_txn *txn = call->snapshot.txn;
	if (!run_get(txn, id, &run) || !zone_get_by_id(txn, run.zone_id, &zone))
		return false;
	struct plan_count count = plan_walk(txn, &zone, clock_now(&call->core->clock),
					    &(struct age_windows){zone.no_refresh, zone.refresh},
					    look_on, &looked_at);
	return count.contested == 0 && looked_at < HELD_LOOK_MAX;
}

/* A run that waits, and what it leaves when it goes on. */
static const char *waits_sentence(struct call *call, const struct sweep_result *result)
{
	uint64_t id = result->run, contested = result->contested;
	if (contested && is_settled(call, id))
		return arena_print(&call->arena,
				   "run %" PRIu64 " waits, and nothing is contested any more: "
				   "`tenurectl scavenge cancel %" PRIu64
				   "`, and the next run proposes anew, or `tenurectl scavenge "
				   "approve %" PRIu64 "` for what else is stale",
				   id, id, id);
	if (contested)
		return arena_print(&call->arena,
				   "run %" PRIu64 " waits: `tenurectl scavenge approve %" PRIu64
				   "`, with --contested also for %" PRIu64
				   " contested record%s, or `cancel`",
				   id, id, contested, contested == 1 ? "" : "s");
	return arena_print(&call->arena,
			   "run %" PRIu64 " waits: `tenurectl scavenge approve %" PRIu64
			   "` or `cancel`",
			   id, id);
}

/* Why nothing was done, with what would change that. */
static const char *hold_sentence(struct call *call, const struct sweep_result *result)
{
	switch (result->hold) {
	case PLAN_BRAKE:
		return arena_print(&call->arena,
				   "run %" PRIu64 " %s: look with `tenurectl scavenge plan`, then "
				   "`tenurectl scavenge approve %" PRIu64 "` or `cancel`",
				   result->run, result->note, result->run);
	case PLAN_RUN_HELD:
		return waits_sentence(call, result);
	case PLAN_CLOCK_JUMPED:
		return "the clock was set forward: `tenurectl scavenge approve clock`, or wait for "
		       "one refresh window";
	default:
		return plan_hold_text(result->hold);
	}
}

static json_t *number_or_null(uint64_t number)
{
	return number ? json_integer((json_int_t)number) : json_null();
}

json_t *command_holds(unsigned holds)
{
	json_t *words = json_array();
	for (unsigned hold = 1; hold < PLAN_HOLDS; hold++) {
		if (holds & PLAN_BIT(hold))
			json_array_append_new(words, json_string(plan_hold_word(hold)));
	}
	return words;
}

static json_t *result_row(struct call *call, const struct sweep_result *result)
{
	json_t *row = json_object();
	json_object_set_new(row, "run", number_or_null(result->run));
	json_object_set_new(row, "stale", json_integer((json_int_t)result->stale));
	json_object_set_new(row, "removed", json_integer((json_int_t)result->records_removed));
	json_object_set_new(row, "visited", json_integer((json_int_t)result->names_visited));
	json_object_set_new(row, "skipped", json_integer((json_int_t)result->skipped));
	json_object_set_new(row, "contested", json_integer((json_int_t)result->contested));
	json_object_set_new(row, "overdue", json_integer((json_int_t)result->overdue));
	json_object_set_new(row, "milliseconds",
			    json_integer((json_int_t)(result->duration_us / 1000)));
	json_object_set_new(row, "holds", command_holds(result->holds));
	json_object_set_new(row, "reason",
			    command_string(result->error  ? store_error_text(result->error)
					   : result->hold ? hold_sentence(call, result)
							  : NULL));
	return row;
}

static void show_result(void *context, const struct zone *zone, const struct sweep_result *result)
{
	struct outcome *outcome = context;
	json_t *row = result_row(outcome->call, result);
	outcome->zones++;
	outcome->removed += result->records_removed;
	outcome->contested += result->contested;
	outcome->overdue += result->overdue;
	if (result->overdue)
		outcome->overdue_run = result->run;
	if (result->hold) {
		outcome->held++;
		outcome->last = *result;
	}
	if (result->error)
		outcome->error = result->error;
	json_object_set_new(row, "zone", command_name(&zone->apex));
	command_row(outcome->call, row);
}

/* What was left, for the end of a sentence. */
static const char *contested_sentence(struct call *call, uint64_t contested, uint64_t overdue,
				      uint64_t run)
{
	if (!contested)
		return "";
	const char *held =
		overdue ? arena_print(&call->arena,
				      "; %" PRIu64 " of them until `tenurectl scavenge approve "
				      "%" PRIu64 " --contested`",
				      overdue, run)
			: "";
	return arena_print(&call->arena,
			   "; %" PRIu64 " contested record%s left, as `tenurectl owner list "
			   "--contested` shows%s",
			   contested, contested == 1 ? " is" : "s are", held);
}

static enum call_code needs_schedule(struct call *call)
{
	return call->core->schedule
		       ? CALL_OK
		       : call_fail(call, CALL_FAILED, "this server runs without a scavenger");
}

static enum call_code fail_unwritten(struct call *call)
{
	return call_fail(
		call, CALL_FAILED,
		"the store cannot be written, so nothing more was done: what the clock did "
		"would be forgotten");
}

static enum call_code admin_scavenge_run(struct call *call)
{
	struct zone zone;
	struct outcome outcome = {.call = call};
	bool has_zone = command_text(call, "zone") != NULL;
	enum call_code code = has_zone ? command_zone_of(call, &zone) : CALL_OK;
	if (!code)
		code = needs_schedule(call);
	if (code)
		return code;
	snapshot_rest(&call->snapshot);
	const struct sweep_asker asker = {call->principal, call->person, call->reason};
	if (!schedule_run_now(call->core->schedule, has_zone ? &zone.apex : NULL, &asker,
			      show_result, &outcome))
		return fail_unwritten(call);
	command_result(call, "removed", json_integer((json_int_t)outcome.removed));
	if (outcome.error)
		return call_fail(call, CALL_FAILED, "the run met an error: %s",
				 store_error_text(outcome.error));
	if (outcome.zones == 0)
		return call_fail(call, CALL_NOTHING, "nothing was done: there is no zone");
	if (outcome.held == outcome.zones)
		return call_fail(call, CALL_NOTHING, "nothing was done: %s%s",
				 outcome.zones == 1 ? ""
						    : "no zone may be scavenged, the last because ",
				 hold_sentence(call, &outcome.last));
	command_say(
		call, "%" PRIu64 " record%s removed%s", outcome.removed,
		outcome.removed == 1 ? "" : "s",
		contested_sentence(call, outcome.contested, outcome.overdue, outcome.overdue_run));
	return CALL_OK;
}

void command_held_warn(struct call *call)
{
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *zone = zoneset_at(call->snapshot.zones, i);
		char apex[DNS_NAME_TEXT_MAX];
		struct run run;
		uint64_t id = run_held(call->snapshot.txn, zone->id);
		if (!scope_holds(call, &zone->apex) || !id ||
		    !run_get(call->snapshot.txn, id, &run))
			continue;
		dns_name_show(&zone->apex, apex);
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "zone %s: nothing is scavenged: run %" PRIu64
					 " is held: it %s: look with `tenurectl scavenge plan %s`, "
					 "then `tenurectl scavenge approve %" PRIu64
					 "` or `tenurectl scavenge cancel %" PRIu64 "`",
					 apex, id, run.note, apex, id, id));
	}
}

/* --- approve, cancel */

static enum call_code run_of(struct call *call, uint64_t *id)
{
	const char *text = command_text(call, "run");
	uint64_t number = 0;
	const char *at = text;
	for (; *at >= '0' && *at <= '9' && number < UINT32_MAX; at++)
		number = number * 10 + (uint64_t)(*at - '0');
	if (*at || number == 0)
		return call_fail(call, CALL_USAGE,
				 "'%.40s' is not a run's number, as `scavenge status` shows", text);
	*id = number;
	struct run run;
	return run_get(call->snapshot.txn, number, &run) ? scope_check_run(call, &run)
							 : scope_no_run(call, number);
}

static enum call_code approve_work(struct call *call, struct store_txn *txn, void *context)
{
	struct zone *none = NULL;
	uint64_t now_us = clock_now_us(&call->core->clock);
	(void)context;
	if (!clock_watch_is_in_doubt(txn, now_us))
		return call_fail(call, CALL_NOTHING, "the clock holds nothing");
	struct state_edit rows = state_edit_of(txn, &call->arena);
	clock_watch_approve(&rows, now_us);
	command_log(call, txn, none,
		    &(struct command_event){ENTRY_RUN, EVENT_SCAVENGE_APPROVE, "clock",
					    "the clock is right", &rows});
	return CALL_OK;
}

static enum call_code scavenge_approve_clock(struct call *call)
{
	/* Somebody set the clock and comes at once: it may not have been noticed yet. */
	snapshot_rest(&call->snapshot);
	if (!schedule_look(call->core->schedule))
		return fail_unwritten(call);
	enum call_code code = command_write(call, approve_work, NULL);
	if (code)
		return code;
	schedule_wake(call->core->schedule);
	log_maintenance_wake(call->core->log_maintenance);
	command_say(call, "the clock is taken as right; scavenging goes on");
	return CALL_OK;
}

/* Said of a run that left no contested records: the one of its zone that did. */
static const char *other_with_contested(struct call *call, const struct run *run)
{
	struct run last;
	uint64_t id = run_last(call->snapshot.txn, run->zone_id);
	if (run->contested)
		return "";
	if (id && id != run->id && run_get(call->snapshot.txn, id, &last) && last.contested &&
	    (last.state == RUN_DONE || last.state == RUN_HELD))
		return arena_print(&call->arena,
				   ", and left no contested records; run %" PRIu64
				   " left %s: `tenurectl scavenge approve %" PRIu64 " --contested`",
				   id, command_count(call, last.contested, "such record"), id);
	return ", and left no contested records, nor did the last run of its zone";
}

/* Why a run cannot be approved or cancelled, as it is in the transaction. */
static enum call_code fail_not_held(struct call *call, struct store_txn *txn, uint64_t id)
{
	struct run run;
	if (!run_get(txn, id, &run))
		return scope_no_run(call, id);
	const char *other = command_flag(call, "contested") && run.state == RUN_DONE
				    ? other_with_contested(call, &run)
				    : "";
	return call_fail(call, CALL_NOTHING, "run %" PRIu64 " is not held: it is %s%s", id,
			 run_state_name(run.state), other);
}

/* Which contested records are approved. */
struct approve_filter {
	struct name_glob glob;
	bool has_by;
	uint32_t by; /* who renewed them last */
	const struct zone *zone;
	uint64_t left; /* records that others renewed, too */
};

static bool approve_wants(void *context, const struct zone *zone, const struct plan_item *item)
{
	const struct approve_filter *filter = context;
	return (!filter->has_by ||
		(item->node->hint.by == filter->by && !item->node->hint.has_others)) &&
	       name_glob_has(&filter->glob, zone, &item->name);
}

static bool approve_note_left(void *context, const struct plan_item *item)
{
	struct approve_filter *filter = context;
	const struct node_hint *hint = &item->node->hint;
	filter->left += item->is_contested && hint->by == filter->by && hint->has_others &&
			name_glob_has(&filter->glob, filter->zone, &item->name);
	return true;
}

/* What --renewed-by left although that one renewed it last, and why. */
static const char *approve_left_sentence(struct call *call, struct approve_filter *filter,
					 uint64_t id)
{
	struct run run;
	snapshot_renew(&call->snapshot);
	if (!filter->has_by || !run_get(call->snapshot.txn, id, &run))
		return "";
	filter->zone = zoneset_exact(call->snapshot.zones, &run.zone);
	if (!filter->zone)
		return "";
	struct age_windows windows = {filter->zone->no_refresh, filter->zone->refresh};
	plan_walk(call->snapshot.txn, filter->zone, clock_now(&call->core->clock), &windows,
		  approve_note_left, filter);
	if (!filter->left)
		return "";
	return arena_print(&call->row_arena,
			   "; %" PRIu64 " that %s renewed last %s left, since others renew there "
			   "too: `tenurectl audit --event refresh-ignored` shows who, and without "
			   "--renewed-by, or with --match, they go",
			   filter->left, command_text(call, "renewed-by"),
			   filter->left == 1 ? "is" : "are");
}

static enum call_code approve_filter_of(struct call *call, struct approve_filter *filter)
{
	const char *by = command_text(call, "renewed-by");
	enum call_code code = name_glob_of(call, &filter->glob);
	filter->has_by = by != NULL;
	if (code)
		return code;
	if ((by || filter->glob.glob) && !command_flag(call, "contested"))
		return call_fail(call, CALL_USAGE,
				 "--match and --renewed-by are of contested records: with "
				 "--contested");
	if (by && !principal_find(call->snapshot.txn, by, &filter->by))
		return call_fail(call, CALL_NOT_FOUND,
				 "nothing was ever renewed by '%.80s': `tenurectl owner list "
				 "--contested` shows by whom",
				 by);
	return CALL_OK;
}

/* Why an approved run did not go on. */
static enum call_code fail_approval(struct call *call, const struct sweep_result *result,
				    uint64_t id)
{
	struct run run;
	snapshot_renew(&call->snapshot);
	bool is_held = run_get(call->snapshot.txn, id, &run) && run.state == RUN_HELD;
	if (result->error)
		return call_fail(call, CALL_FAILED, "the run met an error: %s",
				 store_error_text(result->error));
	if (result->hold == PLAN_NOT_HELD)
		return fail_not_held(call, call->snapshot.txn, id);
	if (result->hold == PLAN_OTHER_RULES || result->hold == PLAN_ZONE_GONE)
		return call_fail(call, CALL_NOTHING,
				 "nothing was done: %s; %sthe next one proposes anew",
				 plan_hold_text(result->hold), is_held ? "cancel the run, " : "");
	if (!is_held)
		return call_fail(call, CALL_NOTHING, "nothing was done: %s",
				 plan_hold_text(result->hold));
	return call_fail(call, CALL_NOTHING, "nothing was done, the run stays held: %s",
			 hold_sentence(call, result));
}

static enum call_code admin_scavenge_approve(struct call *call)
{
	struct sweep_result result;
	struct approve_filter filter = {0};
	struct sweep_approval approval = {.wants = approve_wants, .context = &filter};
	enum call_code code = needs_schedule(call);
	bool is_clock = strcmp(command_text(call, "run"), "clock") == 0;
	if (!code && is_clock)
		code = scope_check_role(call, call->least, "to approve the clock");
	if (!code && is_clock)
		return scavenge_approve_clock(call);
	if (!code)
		code = run_of(call, &approval.run);
	if (!code)
		code = approve_filter_of(call, &filter);
	if (code)
		return code;
	approval.takes_contested = command_flag(call, "contested");
	snapshot_rest(&call->snapshot);
	const struct sweep_asker asker = {call->principal, call->person, call->reason};
	if (!schedule_approve(call->core->schedule, &approval, &asker, &result))
		return fail_unwritten(call);
	if (result.error || result.hold)
		return fail_approval(call, &result, approval.run);
	command_row(call, result_row(call, &result));
	command_result(call, "removed", json_integer((json_int_t)result.records_removed));
	command_say(call, "%" PRIu64 " of %s removed, %" PRIu64 " skipped%s%s",
		    result.records_removed, command_count(call, result.stale, "proposed record"),
		    result.skipped,
		    contested_sentence(call, result.contested, result.overdue, result.run),
		    approve_left_sentence(call, &filter, approval.run));
	return CALL_OK;
}

static enum call_code cancel_work(struct call *call, struct store_txn *txn, void *context)
{
	uint64_t id = *(uint64_t *)context;
	struct entry entry = command_entry(call, ENTRY_RUN, txn, NULL);
	if (sweep_cancel(txn, id, &entry) == PLAN_MAY_RUN)
		return CALL_OK;
	return fail_not_held(call, txn, id);
}

static enum call_code admin_scavenge_cancel(struct call *call)
{
	uint64_t id = 0;
	enum call_code code = run_of(call, &id);
	if (!code)
		code = command_write(call, cancel_work, &id);
	if (code)
		return code;
	command_result(call, "run", json_integer((json_int_t)id));
	command_say(call,
		    "run %" PRIu64 " is cancelled; the next cycle proposes anew what is stale then",
		    id);
	return CALL_OK;
}

/* --- status */

static const char *sentences_of(struct call *call, unsigned holds, uint64_t held_run)
{
	const char *text = NULL;
	struct run run = {0};
	bool is_held = held_run && run_get(call->snapshot.txn, held_run, &run);
	for (unsigned hold = 1; hold < PLAN_HOLDS; hold++) {
		if (!(holds & PLAN_BIT(hold)))
			continue;
		struct sweep_result one = {
			.hold = hold, .run = held_run, .contested = is_held ? run.contested : 0};
		const char *sentence = hold_sentence(call, &one);
		text = text ? arena_print(&call->row_arena, "%s; %s", text, sentence) : sentence;
	}
	return text;
}

static void status_of_last_run(struct call *call, const struct zone *zone, json_t *row)
{
	struct run run = {0};
	uint64_t last = run_last(call->snapshot.txn, zone->id);
	bool has_run = last && run_get(call->snapshot.txn, last, &run);
	json_object_set_new(row, "last_run", number_or_null(has_run ? last : 0));
	json_object_set_new(row, "last_run_at", command_seconds(run.started_us / 1000000));
	json_object_set_new(row, "last_state",
			    has_run ? json_string(run_state_name(run.state)) : json_null());
	json_object_set_new(row, "last_stale", json_integer((json_int_t)run.stale));
	json_object_set_new(row, "last_removed", json_integer((json_int_t)run.removed));
	json_object_set_new(row, "last_skipped", json_integer((json_int_t)run.skipped));
	json_object_set_new(row, "last_contested", json_integer((json_int_t)run.contested));
	json_object_set_new(row, "last_overdue", json_integer((json_int_t)run.overdue));
}

/* What keeps the zone from being scavenged, and what its last run holds. */
static const char *status_note(struct call *call, const struct zone *zone, unsigned holds,
			       uint64_t held_run)
{
	const char *text = sentences_of(call, holds, held_run);
	const char *contested = command_contested_held(call, zone);
	if (!text || !contested)
		return text ? text : contested;
	return arena_print(&call->row_arena, "%s; %s", contested, text);
}

static void status_of_zone(struct call *call, const struct zone *zone, bool runs)
{
	struct store_txn *txn = call->snapshot.txn;
	unsigned holds = plan_holds(txn, zone, clock_now(&call->core->clock));
	uint64_t held = run_held(txn, zone->id), dynamic = 0;
	json_t *row = json_object();
	if (!runs)
		holds |= PLAN_BIT(PLAN_NO_PERIOD);
	dynamic_count(txn, zone->id, &dynamic);
	json_object_set_new(row, "zone", command_name(&zone->apex));
	json_object_set_new(row, "runs", json_boolean(holds == 0));
	setting_json_put(call, row, "aging", zone->is_aging ? "on" : "off");
	json_object_set_new(row, "no_refresh", setting_json_seconds(call, zone->no_refresh));
	json_object_set_new(row, "refresh", setting_json_seconds(call, zone->refresh));
	const char *windows = zone_windows_classes(call, zone);
	if (windows)
		json_object_set_new(row, "windows", json_string(windows));
	json_object_set_new(row, "available_at", command_seconds(zone->available_at));
	json_object_set_new(row, "dynamic", json_integer((json_int_t)dynamic));
	json_object_set_new(row, "holds", command_holds(holds));
	json_object_set_new(row, "held_run", number_or_null(held));
	status_of_last_run(call, zone, row);
	json_object_set_new(row, "reason", command_string(status_note(call, zone, holds, held)));
	command_row(call, row);
}

/* Seconds: a cycle that begins when it should is not called late. */
#define OVERDUE_SHOWN 60

static void say_status(struct call *call, const struct schedule_status *status)
{
	char settings[SCAVENGE_SETTINGS_TEXT_MAX + 16] = "not set (scavenging is off)";
	char text[SCAVENGE_SETTINGS_TEXT_MAX], next[TIMEWORD_TEXT_MAX], last[TIMEWORD_TEXT_MAX];
	char late[TIMEWORD_TEXT_MAX];
	uint64_t overdue = status->overdue < UINT32_MAX ? status->overdue : UINT32_MAX;
	bool has_calendar = status->settings.calendar.days != 0;
	if (scavenge_settings_runs(&status->settings)) {
		scavenge_settings_print(
			&status->settings,
			has_calendar ? SCAVENGE_SETTING_SCHEDULE : SCAVENGE_SETTING_PERIOD, text);
		snprintf(settings, sizeof(settings), "%s", text);
	}
	time_print(status->next_run, next);
	time_print(status->last_run, last);
	/* Of a day nobody wants to read the minutes. */
	overdue -= overdue >= 86400 ? overdue % 3600 : 0;
	duration_print((uint32_t)overdue, late);
	command_say(call, "%s %s, last run %s, next run %s%s%s%s%s%s",
		    has_calendar ? "schedule" : "period", settings,
		    status->last_run ? last : "never", status->next_run ? next : "none",
		    overdue >= OVERDUE_SHOWN ? ", overdue by " : "",
		    overdue >= OVERDUE_SHOWN ? late : "", status->is_running ? ", running now" : "",
		    status->jumped_at ? ", the clock was set forward" : "",
		    status->is_behind ? ", the clock is behind the log, whose time stands" : "");
}

static enum call_code admin_scavenge_status(struct call *call)
{
	struct schedule_status status = {0};
	char text[SCAVENGE_SETTINGS_TEXT_MAX];
	schedule_status(call->core->schedule, call->snapshot.txn, &status);
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *zone = zoneset_at(call->snapshot.zones, i);
		if (scope_holds(call, &zone->apex))
			status_of_zone(call, zone, scavenge_settings_runs(&status.settings));
	}
	for (unsigned i = 0; i < SCAVENGE_SETTING_END; i++) {
		enum scavenge_setting setting = (enum scavenge_setting)i;
		scavenge_settings_print(&status.settings, setting, text);
		setting_json_put(call, call->result, scavenge_setting_name(setting), text);
	}
	command_result(call, "last_run_at", command_seconds(status.last_run));
	command_result(call, "next_run_at", command_seconds(status.next_run));
	if (!scope_is_listed(call)) {
		command_result(call, "last_removed", json_integer((json_int_t)status.last_removed));
		command_result(call, "last_milliseconds",
			       json_integer((json_int_t)(status.last_duration_us / 1000)));
	}
	command_result(call, "overdue_seconds", json_integer((json_int_t)status.overdue));
	command_result(call, "clock_jumped_at", command_seconds(status.jumped_at));
	command_result(call, "clock_behind", json_boolean(status.is_behind));
	command_result(call, "running", json_boolean(status.is_running));
	say_status(call, &status);
	return command_read_ended(call);
}

void command_scavenge_stats(struct call *call, void (*gauge)(struct call *, const char *name,
							     uint64_t value, const char *help))
{
	struct schedule_status status;
	struct store_txn *txn = call->snapshot.txn;
	struct run run;
	uint64_t held = 0, contested = 0;
	schedule_status(call->core->schedule, txn, &status);
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		uint32_t id = zoneset_at(call->snapshot.zones, i)->id;
		held += run_held(txn, id) != 0;
		contested += run_get(txn, run_last(txn, id), &run) ? run.overdue : 0;
	}
	gauge(call, "scavenge-held", held, "zones with a scavenging run that the brake holds");
	gauge(call, "scavenge-contested", contested,
	      "records that runs leave until somebody decides");
	gauge(call, "scavenge-overdue", status.overdue,
	      "seconds by which the scavenging cycle is overdue");
	gauge(call, "scavenge-clock-held", status.jumped_at != 0,
	      "1: the clock was set forward, and nobody approved");
	gauge(call, "scavenge-last-removed", status.last_removed,
	      "records that the last cycle removed");
	gauge(call, "scavenge-last-time-seconds", status.last_run,
	      "when the last cycle began, seconds since 1970; 0: never");
	gauge(call, "scavenge-next-time-seconds", status.next_run,
	      "when the next cycle will begin; 0: none will");
	gauge(call, "scavenge-last-ms", status.last_duration_us / 1000,
	      "milliseconds that the last cycle took");
}

const struct command command_scavenge_table[] = {
	{"scavenge run", admin_scavenge_run, "zone=s?"},
	{"scavenge status", admin_scavenge_status, "words=b?"},
	{"scavenge approve", admin_scavenge_approve, "run=s contested=b? match=s? renewed-by=s?"},
	{"scavenge cancel", admin_scavenge_cancel, "run=s"},
	{0},
};
