/* SPDX-License-Identifier: BSD-2-Clause */
/* scavenge plan: what a run would remove, now, later, or with other windows. */
#include "base/timeword.h"
#include "server/verb.h"

struct plan {
	struct call *call;
	const struct zone *zone;
	uint64_t count;
};

static bool show_item(void *context, const struct plan_item *item)
{
	struct plan *plan = context;
	struct verb_record record = {plan->zone, &item->name, item->type, item->ttl, item->record};
	json_t *row = verb_record(plan->call, &record);
	/* By the windows of the plan, which may not be the zone's. */
	json_object_set_new(row, "stale_at", verb_seconds(item->stale_at));
	plan->count++;
	return verb_row(plan->call, row);
}

struct plan_wanted {
	uint64_t when;
	bool has_no_refresh, has_refresh;
	uint32_t no_refresh, refresh;
	uint64_t count;
	size_t zones, held;
	enum plan_hold hold;
};

static void plan_of_zone(struct call *call, const struct zone *zone, struct plan_wanted *want)
{
	struct plan plan = {.call = call, .zone = zone};
	struct age_windows windows = {want->has_no_refresh ? want->no_refresh : zone->no_refresh,
				      want->has_refresh ? want->refresh : zone->refresh};
	enum plan_hold hold = plan_zone_hold(zone, want->when);
	plan_walk(call->view.txn, zone, want->when, &windows, show_item, &plan);
	want->zones++;
	want->count += plan.count;
	if (hold) {
		want->held++;
		want->hold = hold;
	}
}

static enum call_code plan_wanted(struct call *call, struct plan_wanted *want)
{
	*want = (struct plan_wanted){
		.when = clock_now(&call->core->clock),
		.has_no_refresh = verb_text(call, "no-refresh") != NULL,
		.has_refresh = verb_text(call, "refresh") != NULL,
	};
	/* A plan looks ahead: a bare duration is "in so long", where elsewhere it is "ago". */
	const char *at = verb_text(call, "at");
	uint32_t ahead;
	bool is_ahead = at && duration_parse(at, &ahead);
	enum call_code code = CALL_OK;
	if (is_ahead)
		want->when += ahead;
	else
		code = verb_time_of(call, "at", &want->when);
	if (!code)
		code = verb_duration_of(call, "no-refresh", &want->no_refresh);
	return code ? code : verb_duration_of(call, "refresh", &want->refresh);
}

static enum call_code scavenge_plan(struct call *call)
{
	char when[TIMEWORD_TEXT_MAX];
	struct zone zone;
	struct plan_wanted want;
	bool has_zone = verb_text(call, "zone") != NULL;
	enum call_code code = has_zone ? verb_zone_of(call, &zone) : CALL_OK;
	if (!code)
		code = plan_wanted(call, &want);
	if (code)
		return code;
	for (size_t i = 0; !has_zone && i < zoneset_count(call->view.zones); i++)
		plan_of_zone(call, zoneset_at(call->view.zones, i), &want);
	if (has_zone)
		plan_of_zone(call, &zone, &want);
	time_print(want.when, when);
	bool is_held = want.held > 0 && want.held == want.zones;
	verb_result(call, "at", json_string(when));
	verb_result(call, "records", json_integer((json_int_t)want.count));
	verb_result(call, "held", json_boolean(is_held));
	verb_say(call, "%llu record%s stale at %s%s%s%s", (unsigned long long)want.count,
		 want.count == 1 ? "" : "s", when, is_held ? "; a run would remove nothing (" : "",
		 is_held ? plan_hold_text(want.hold) : "", is_held ? ")" : "");
	return verb_read_ended(call);
}

const struct verb verb_scavenge_plan_table[] = {
	{"scavenge plan", scavenge_plan, "zone=s? at=s? no-refresh=s? refresh=s?"},
	{0},
};
