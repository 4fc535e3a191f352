/* SPDX-License-Identifier: BSD-2-Clause */
/* scavenge run, status, set. The plan is in verb_scavenge_plan.c. */
#include "base/timeword.h"
#include "server/verb.h"

struct run {
	struct call *call;
	size_t zones, held;
	uint64_t removed;
	enum plan_hold hold; /* of the last zone that was held */
	enum store_error error;
};

static void show_result(void *context, const struct zone *zone, const struct sweep_result *result)
{
	struct run *run = context;
	json_t *row = json_object();
	run->zones++;
	run->removed += result->records_removed;
	if (result->hold) {
		run->held++;
		run->hold = result->hold;
	}
	if (result->error)
		run->error = result->error;
	json_object_set_new(row, "zone", verb_name(&zone->apex));
	json_object_set_new(row, "run",
			    result->run ? json_integer((json_int_t)result->run) : json_null());
	json_object_set_new(row, "removed", json_integer((json_int_t)result->records_removed));
	json_object_set_new(row, "visited", json_integer((json_int_t)result->names_visited));
	json_object_set_new(row, "skipped", json_integer((json_int_t)result->skipped));
	json_object_set_new(row, "milliseconds",
			    json_integer((json_int_t)(result->duration_us / 1000)));
	json_object_set_new(row, "note",
			    verb_string(result->error  ? store_error_text(result->error)
					: result->hold ? plan_hold_text(result->hold)
						       : NULL));
	verb_row(run->call, row);
}

static enum call_code scavenge_run(struct call *call)
{
	struct zone zone;
	struct run run = {.call = call};
	bool has_zone = verb_text(call, "zone") != NULL;
	enum call_code code = has_zone ? verb_zone_of(call, &zone) : CALL_OK;
	if (code)
		return code;
	if (!call->core->schedule)
		return call_fail(call, CALL_FAILED, "this server runs without a scavenger");
	view_rest(&call->view);
	schedule_run_now(call->core->schedule, has_zone ? &zone.apex : NULL, call->principal,
			 show_result, &run);
	verb_result(call, "removed", json_integer((json_int_t)run.removed));
	if (run.error)
		return call_fail(call, CALL_FAILED, "the run met an error: %s",
				 store_error_text(run.error));
	if (run.zones == 0)
		return call_fail(call, CALL_NOTHING, "nothing was done: there is no zone");
	if (run.held == run.zones)
		return call_fail(call, CALL_NOTHING, "nothing was done: %s%s",
				 run.zones == 1 ? ""
						: "no zone may be scavenged, the last because ",
				 plan_hold_text(run.hold));
	verb_say(call, "%llu record%s removed", (unsigned long long)run.removed,
		 run.removed == 1 ? "" : "s");
	return CALL_OK;
}

static json_t *duration(uint32_t seconds)
{
	char text[TIMEWORD_TEXT_MAX];
	duration_print(seconds, text);
	return json_string(text);
}

static void status_of_zone(struct call *call, const struct zone *zone, bool has_period)
{
	enum plan_hold hold = plan_zone_hold(zone, clock_now(&call->core->clock));
	if (!hold && !has_period)
		hold = PLAN_NO_PERIOD;
	json_t *row = json_object();
	json_object_set_new(row, "zone", verb_name(&zone->apex));
	json_object_set_new(row, "aging", json_string(zone->is_aging ? "on" : "off"));
	json_object_set_new(row, "no-refresh", duration(zone->no_refresh));
	json_object_set_new(row, "refresh", duration(zone->refresh));
	json_object_set_new(row, "available_at", verb_seconds(zone->available_at));
	json_object_set_new(row, "runs", json_boolean(hold == PLAN_MAY_RUN));
	json_object_set_new(row, "note", verb_string(hold ? plan_hold_text(hold) : NULL));
	verb_row(call, row);
}

static enum call_code scavenge_status(struct call *call)
{
	char period[TIMEWORD_TEXT_MAX], next[TIMEWORD_TEXT_MAX], last[TIMEWORD_TEXT_MAX];
	struct schedule_status status = {0};
	if (call->core->schedule)
		schedule_status(call->core->schedule, call->view.txn, &status);
	for (size_t i = 0; i < zoneset_count(call->view.zones); i++)
		status_of_zone(call, zoneset_at(call->view.zones, i), status.period > 0);
	duration_print(status.period, period);
	time_print(status.next_run, next);
	time_print(status.last_run, last);
	verb_result(call, "period", json_string(period));
	verb_result(call, "last_run", verb_seconds(status.last_run));
	verb_result(call, "next_run", verb_seconds(status.next_run));
	verb_result(call, "last_removed", json_integer((json_int_t)status.last_removed));
	verb_result(call, "running", json_boolean(status.is_running));
	verb_say(call, "period %s, last run %s, next run %s%s",
		 status.period ? period : "not set (scavenging is off)",
		 status.last_run ? last : "never", status.next_run ? next : "none",
		 status.is_running ? ", running now" : "");
	return verb_read_ended(call);
}

static enum call_code set_work(struct call *call, struct store_txn *txn, void *context)
{
	uint32_t period = *(uint32_t *)context;
	char was[TIMEWORD_TEXT_MAX], is[TIMEWORD_TEXT_MAX];
	struct schedule_status status;
	schedule_status(call->core->schedule, txn, &status);
	if (status.period == period)
		return CALL_OK;
	duration_print(status.period, was);
	duration_print(period, is);
	schedule_set_period(txn, period, clock_now(&call->core->clock));
	verb_log(call, txn, NULL,
		 &(struct verb_event){ENTRY_SETTING, "server-setting", "scavenge period",
				      arena_print(&call->arena, "period: %s -> %s", was, is)});
	return CALL_OK;
}

static enum call_code check_settings(struct call *call, const json_t *settings)
{
	const char *name;
	json_t *value;
	json_object_foreach(
		(json_t *)(uintptr_t)settings, name,
		value) if (strcmp(name, "period") !=
			   0) return call_fail(call, CALL_USAGE,
					       "unknown setting '%.60s': did you mean 'period'?",
					       name);
	if (!json_object_get(settings, "period"))
		return call_fail(call, CALL_USAGE, "nothing to set: period=DURATION is needed");
	return CALL_OK;
}

static enum call_code scavenge_set(struct call *call)
{
	char text[TIMEWORD_TEXT_MAX];
	uint32_t period = 0;
	const json_t *settings = json_object_get(call->args, "settings");
	enum call_code code = check_settings(call, settings);
	if (code)
		return code;
	const char *wish = json_string_value(json_object_get(settings, "period"));
	if (strcmp(wish, "off") != 0 && !duration_parse(wish, &period))
		return call_fail(call, CALL_USAGE,
				 "period: '%.60s' is not a duration (7d, 168h) or off", wish);
	if (!call->core->schedule)
		return call_fail(call, CALL_FAILED, "this server runs without a scavenger");
	code = verb_write(call, set_work, &period);
	if (code)
		return code;
	schedule_wake(call->core->schedule);
	duration_print(period, text);
	verb_result(call, "period", json_string(text));
	verb_say(call, "scavenging period: %s", period ? text : "off");
	return CALL_OK;
}

const struct verb verb_scavenge_table[] = {
	{"scavenge run", scavenge_run, "zone=s?"},
	{"scavenge status", scavenge_status, ""},
	{"scavenge set", scavenge_set, "settings=o"},
	{0},
};
