/* SPDX-License-Identifier: BSD-2-Clause */
/* zone set --plan: what each setting would change, but for update=secure (plan.c). */
#include "admin/command.h"
#include "admin/ptr.h"
#include "admin/setting_json.h"
#include "base/timeword.h"
#include "scavenger/brake.h"
#include "zonedb/due.h"

static bool plan_setting_count(void *context, const struct plan_item *item)
{
	(void)context;
	(void)item;
	return true;
}

/* What a run would remove of the zone now, if it ages and may be scavenged. */
static struct plan_count goes_now(struct call *call, const struct zone *zone)
{
	struct age_windows windows = {zone->no_refresh, zone->refresh};
	if (!zone->is_aging)
		return (struct plan_count){0};
	return plan_walk(call->snapshot.txn, zone, clock_now(&call->core->clock), &windows,
			 plan_setting_count, NULL);
}

/* Of windows, keep-types and aging: what is stale by the old settings and by the new ones. */
static const char *plan_of_stale(struct call *call, const struct zone *was, const struct zone *is)
{
	char at[TIMEWORD_TEXT_MAX];
	struct zone aged = *is;
	struct plan_count before = goes_now(call, was);
	struct plan_count after = goes_now(call, &aged);
	time_print(aged.available_at + 1, at);
	if (!aged.is_aging && !was->is_aging)
		return "aging is off: nothing is scavenged, and `scavenge plan --enable` supposes "
		       "it on";
	const char *later = aged.available_at > clock_now(&call->core->clock)
				    ? arena_print(&call->row_arena, ", not before %s", at)
				    : "";
	return arena_print(&call->row_arena,
			   "%s at %s would be stale now%s; with the present settings %llu",
			   command_count(call, after.records, "record"),
			   command_count(call, after.names, "name"), later,
			   (unsigned long long)before.records);
}

static const char *plan_of_brake(struct call *call, const struct zone *is)
{
	char note[RUN_NOTE_MAX];
	struct plan_count goes = goes_now(call, is);
	bool is_held = brake_would_hold(call->snapshot.txn, is, &goes, note);
	return arena_print(&call->row_arena, "a run would remove %s now%s%s",
			   command_count(call, goes.records, "record"),
			   is_held ? ", and be held: it " : ", and would not be held",
			   is_held ? note : "");
}

static const char *plan_of_update(const struct zone *is)
{
	switch (is->update) {
	case ZONE_UPDATE_NONE:
		return "all updates are refused, and the zone is not scavenged";
	case ZONE_UPDATE_NONSECURE:
		return "unsigned updates are taken; ownership is kept and not enforced";
	case ZONE_UPDATE_REPORT:
		return "as nonsecure; what secure would say is noted, for `zone set "
		       "update=secure --plan`";
	default:
		return "unsigned updates are refused, and ownership is enforced";
	}
}

static const char *plan_setting_text(struct call *call, const char *name, const struct zone *was,
				     const struct zone *is)
{
	static const char *const stale[] = {"aging", "no-refresh", "refresh", "keep-types"};
	for (size_t i = 0; i < sizeof stale / sizeof *stale; i++)
		if (strcmp(name, stale[i]) == 0)
			return plan_of_stale(call, was, is);
	if (strcmp(name, "max-share") == 0 || strcmp(name, "max-count") == 0)
		return plan_of_brake(call, is);
	if (strcmp(name, "update") == 0)
		return plan_of_update(is);
	if (strcmp(name, "ptr") == 0 ||
	    (strcmp(name, "ptr-from") == 0 && is->makes_ptr && is->makes_ptr == was->makes_ptr))
		return command_ptr_plan(call, was, is);
	return "holds for what comes from then on; no record changes";
}

enum call_code command_plan_settings(struct call *call, const struct zone *was,
				     const struct zone *wanted)
{
	char apex[DNS_NAME_TEXT_MAX];
	size_t changed = 0;
	struct zone is = *wanted;
	zone_arm(was, &is, clock_now(&call->core->clock),
		 due_longest_refresh(call->snapshot.txn, &is));
	for (const struct zone_setting *s = zone_settings(); s->name; s++) {
		const char *old = zone_setting_print(was, s->name, &call->arena);
		const char *new = zone_setting_print(&is, s->name, &call->arena);
		if (strcmp(old, new) == 0)
			continue;
		json_t *row = json_object();
		json_object_set_new(row, "setting", json_string(s->name));
		json_object_set_new(row, "old", setting_json(call, s->name, old));
		json_object_set_new(row, "new", setting_json(call, s->name, new));
		json_object_set_new(row, "means",
				    json_string(plan_setting_text(call, s->name, was, &is)));
		changed++;
		if (!command_row(call, row))
			break;
	}
	command_result(call, "settings", json_integer((json_int_t)changed));
	command_say(call, "zone %s: %zu setting%s would change; nothing was changed",
		    dns_name_show(&was->apex, apex), changed, changed == 1 ? "" : "s");
	return command_read_ended(call);
}
