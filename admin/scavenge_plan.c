/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scavenge plan: what a run would remove, now, later, with other windows, or if aging were switched
 * on; and what there is, by age or by owner.
 */
#include "admin/command.h"
#include "acl/window.h"
#include "admin/idle_owner.h"
#include "admin/scope.h"
#include "base/timeword.h"
#include "scavenger/ages.h"
#include "scavenger/brake.h"
#include "zonedb/due.h"
#include "zonedb/principal.h"
#include "zonedb/zone_owner.h"
#include <stdlib.h>

/* Owners that a summary tells apart; all others are counted together. */
#define OWNERS_MAX   65536
#define OWNERS_SLOTS (OWNERS_MAX * 2)

/* Window classes of an owner that are named. */
#define WINDOWS_SHOWN 4

struct owner_sum {
	uint32_t id;
	uint64_t records, oldest, goes_at; /* `goes_at`: of its first */
	uint64_t refreshed;                /* when one of its was last, in the zone; 0: never */
	bool is_idle;                      /* never, and not because it is `anonymous` */
	uint16_t windows[WINDOWS_SHOWN];   /* numbers of the classes of its, the first ones */
	size_t windows_count;
};

/* Zones for which a run would remove nothing for the same reason. */
#define REASONS_MAX  24
#define REASON_ZONES 6 /* that are named */
struct plan_reason {
	const char *text;
	const char *zones;
	size_t count;
};

/* A plan that was asked for. */
struct plan {
	struct call *call;
	uint64_t now, when;
	/* `enables`: all that would ever go if aging were switched on now, until `when` if that was
	 * said. */
	bool has_no_refresh, has_refresh, has_when, enables, is_histogram, is_by_owner;
	bool is_contested; /* lists what a run leaves, instead */
	uint32_t no_refresh, refresh;
	/* The zone at hand, as it is supposed to be. */
	struct zone zone;
	struct age_windows windows;
	enum plan_hold hold;
	unsigned holds;
	struct idle_owners idle;
	char reason[160];
	struct owner_sum *owners; /* by id, OWNERS_SLOTS */
	size_t owner_count;
	struct owner_sum others;
	/* All zones. */
	uint64_t count, first_at, first_count; /* `first_count`: go as soon as any does */
	uint64_t fixed, pinned, kept;
	uint64_t contested;
	size_t zones, held;
	const char *last_hold;
	enum plan_hold last_first; /* the first reason of it */
	size_t reason_count;
	struct plan_reason reasons[REASONS_MAX];
	bool is_there; /* the peer */
};

#define NEVER (1ull << 39) /* beyond any stamp: they have five bytes */

/* The first second in which a run would take the record. */
static uint64_t goes_at(const struct plan *plan, uint64_t stale_at)
{
	uint64_t available = plan->zone.available_at + 1;
	return plan->enables && stale_at < available ? available : stale_at;
}

/* All that keeps the zone from being scavenged, in words. */
static const char *holds_text(const struct plan *plan)
{
	struct call *call = plan->call;
	const char *text = NULL;
	for (unsigned hold = 1; hold < PLAN_HOLDS; hold++) {
		if (!(plan->holds & PLAN_BIT(hold)))
			continue;
		const char *one = plan_hold_text((enum plan_hold)hold);
		if (hold == PLAN_RUN_HELD)
			one = arena_print(
				&call->arena,
				"run %llu waits: `tenurectl scavenge approve %llu` or `cancel`",
				(unsigned long long)run_held(call->snapshot.txn, plan->zone.id),
				(unsigned long long)run_held(call->snapshot.txn, plan->zone.id));
		text = text ? arena_print(&call->arena, "%s; %s", text, one) : one;
	}
	return text;
}

static bool show_item(struct plan *plan, const struct plan_item *item)
{
	struct command_record record = {&plan->zone, &item->name,  item->type,
					item->ttl,   item->record, item->node};
	json_t *row = command_record(plan->call, &record);
	/* By the windows of the plan, which may not be the zone's. */
	json_object_set_new(row, "stale_at", command_seconds(item->stale_at));
	if (plan->enables)
		json_object_set_new(row, "goes_at", command_seconds(goes_at(plan, item->stale_at)));
	json_object_set_new(row, "age",
			    json_integer((json_int_t)age_of(
				    item->stamp, plan->has_when ? plan->when : plan->now)));
	json_object_set_new(row, "reason", json_string(plan->reason));
	json_object_set_new(row, "holds", command_holds(plan->holds));
	return command_row(plan->call, row);
}

/* What a run leaves, and why. */
static bool show_contested(struct plan *plan, const struct plan_item *item)
{
	struct call *call = plan->call;
	const struct node_hint *hint = &item->node->hint;
	struct command_record record = {&plan->zone, &item->name,  item->type,
					item->ttl,   item->record, item->node};
	json_t *row = command_record(call, &record);
	json_object_set_new(row, "stale_at", command_seconds(item->stale_at));
	json_object_set_new(row, "renewed_by", command_string(command_contested_by(call, hint)));
	json_object_set_new(row, "renewed_at", command_seconds(hint->at));
	json_object_set_new(
		row, "reason",
		json_string(item->is_overdue ? "until somebody decides" : "while it is renewed"));
	json_object_set_new(row, "undecided", json_boolean(item->is_overdue));
	return command_row(call, row);
}

static struct owner_sum *scavenge_plan_owner_of(struct plan *plan, uint32_t id)
{
	size_t at = (id * 2654435761u) % OWNERS_SLOTS;
	while (plan->owners[at].records && plan->owners[at].id != id)
		at = (at + 1) % OWNERS_SLOTS;
	if (plan->owners[at].records)
		return &plan->owners[at];
	if (plan->owner_count == OWNERS_MAX)
		return &plan->others;
	plan->owner_count++;
	plan->owners[at].id = id;
	plan->owners[at].refreshed =
		zone_owner_refresh(plan->call->snapshot.txn, plan->zone.id, id);
	plan->owners[at].is_idle = id != PRINCIPAL_ANONYMOUS && plan->owners[at].refreshed == 0;
	return &plan->owners[at];
}

static void owner_add_window(struct owner_sum *sum, uint16_t window)
{
	for (size_t i = 0; i < sum->windows_count; i++)
		if (sum->windows[i] == window)
			return;
	if (sum->windows_count < WINDOWS_SHOWN)
		sum->windows[sum->windows_count++] = window;
}

/* "30d/7d, 7d/7d"; NULL: all have the zone's. */
static const char *owner_windows_text(struct plan *plan, const struct owner_sum *sum)
{
	struct call *call = plan->call;
	const char *text = NULL;
	if (sum->windows_count == 0 || (sum->windows_count == 1 && sum->windows[0] == 0))
		return NULL;
	for (size_t i = 0; i < sum->windows_count; i++) {
		char one[WINDOW_TEXT_MAX];
		struct node_record record = {.window = sum->windows[i]};
		struct age_windows is = plan_windows(call->snapshot.txn, &record, &plan->windows);
		struct window window = {true, is.no_refresh, is.refresh};
		window_print(&window, one);
		text = text ? arena_print(&call->row_arena, "%s, %s", text, one)
			    : arena_print(&call->row_arena, "%s", one);
	}
	return text;
}

static void add_to_owner(struct plan *plan, const struct plan_item *item)
{
	struct owner_sum *sum = scavenge_plan_owner_of(plan, item->record.owner);
	uint64_t goes = goes_at(plan, item->stale_at);
	if (sum->records == 0 || item->stamp < sum->oldest)
		sum->oldest = item->stamp;
	if (sum->records == 0 || goes < sum->goes_at)
		sum->goes_at = goes;
	sum->records++;
	owner_add_window(sum, item->record.window);
}

static bool scavenge_plan_take_item(void *context, const struct plan_item *item)
{
	struct plan *plan = context;
	uint64_t goes = goes_at(plan, item->stale_at);
	if (plan->enables && goes > plan->when)
		return true;
	/* A run leaves it. */
	if (item->is_contested || plan->is_contested) {
		plan->contested += item->is_contested;
		plan->is_there =
			!plan->is_contested || !item->is_contested || show_contested(plan, item);
		plan->count += !item->is_contested;
		return plan->is_there;
	}
	plan->count++;
	idle_owners_add(&plan->idle, plan->call->snapshot.txn, &plan->zone, item, plan->now);
	if (plan->first_at == 0 || goes < plan->first_at) {
		plan->first_at = goes;
		plan->first_count = 0;
	}
	plan->first_count += goes == plan->first_at;
	if (plan->is_by_owner)
		add_to_owner(plan, item);
	else
		plan->is_there = show_item(plan, item);
	return plan->is_there;
}

static int by_records(const void *a, const void *b)
{
	const struct owner_sum *x = a, *y = b;
	if ((x->records && x->is_idle) != (y->records && y->is_idle))
		return x->records && x->is_idle ? -1 : 1;
	if (x->records != y->records)
		return x->records < y->records ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static void show_owner(struct plan *plan, const struct owner_sum *sum, const char *text)
{
	json_t *row = json_object();
	json_object_set_new(row, "zone", command_name(&plan->zone.apex));
	json_object_set_new(row, "owner", command_string(text));
	json_object_set_new(row, "records", json_integer((json_int_t)sum->records));
	json_object_set_new(row, "oldest_stamp", command_seconds(sum->oldest));
	json_object_set_new(row, "first_goes_at", command_seconds(sum->goes_at));
	json_object_set_new(row, "last_refresh_at", command_seconds(sum->refreshed));
	const char *windows = owner_windows_text(plan, sum);
	if (windows)
		json_object_set_new(row, "windows", json_string(windows));
	plan->is_there = command_row(plan->call, row);
}

static void show_owners(struct plan *plan)
{
	qsort(plan->owners, OWNERS_SLOTS, sizeof(*plan->owners), by_records);
	for (size_t i = 0; i < plan->owner_count && plan->is_there; i++)
		show_owner(plan, &plan->owners[i],
			   principal_text(plan->call->snapshot.txn, plan->owners[i].id,
					  &plan->call->row_arena));
	if (plan->others.records && plan->is_there)
		show_owner(plan, &plan->others, "(others)");
}

static void show_bin(struct plan *plan, const struct ages_bin *bin)
{
	static const char *const phases[] = {"no-refresh", "refresh", "stale"};
	json_t *row = json_object();
	json_object_set_new(row, "zone", command_name(&plan->zone.apex));
	json_object_set_new(row, "age_from", json_integer(bin->from));
	json_object_set_new(row, "age_to", bin->to ? json_integer(bin->to) : json_null());
	json_object_set_new(row, "records", json_integer((json_int_t)bin->records));
	json_object_set_new(row, "phase", json_string(phases[bin->phase]));
	json_object_set_new(row, "no_refresh", json_integer(plan->windows.no_refresh));
	json_object_set_new(row, "refresh", json_integer(plan->windows.refresh));
	plan->is_there = command_row(plan->call, row);
}

/* Counts what there is, and shows the bins if they were asked for. */
static void count_ages(struct plan *plan)
{
	struct ages ages;
	ages_of_zone(&ages, plan->call->snapshot.txn, &plan->zone,
		     plan->has_when ? plan->when : plan->now, &plan->windows);
	for (size_t i = 0; plan->is_histogram && i < ages.count && plan->is_there; i++)
		show_bin(plan, &ages.bins[i]);
	if (plan->is_histogram)
		plan->count += ages.dynamic;
	plan->fixed += ages.fixed;
	plan->pinned += ages.pinned;
	plan->kept += ages.kept;
}

/* The zone as the plan supposes it. */
static void scavenge_plan_suppose(struct plan *plan, const struct zone *zone)
{
	char no_refresh[TIMEWORD_TEXT_MAX], refresh[TIMEWORD_TEXT_MAX];
	struct zone *is = &plan->zone;
	*is = *zone;
	if (plan->has_no_refresh)
		is->no_refresh = plan->no_refresh;
	if (plan->has_refresh)
		is->refresh = plan->refresh;
	if (plan->enables) {
		is->is_aging = true;
		zone_arm(zone, is, plan->now, due_longest_refresh(plan->call->snapshot.txn, is));
	}
	plan->windows = (struct age_windows){is->no_refresh, is->refresh};
	plan->holds = plan_holds(plan->call->snapshot.txn, is, plan->when);
	plan->hold = plan_first_hold(plan->holds);
	plan->idle = (struct idle_owners){0};
	duration_print(is->no_refresh, no_refresh);
	duration_print(is->refresh, refresh);
	snprintf(plan->reason, sizeof(plan->reason),
		 "not refreshed for longer than no-refresh %s and refresh %s", no_refresh, refresh);
}

static struct plan_count walk_by_owner(struct plan *plan)
{
	plan->owners = calloc(OWNERS_SLOTS, sizeof(*plan->owners));
	plan->owner_count = 0;
	plan->others = (struct owner_sum){0};
	if (!plan->owners)
		abort();
	struct plan_count goes = plan_walk(plan->call->snapshot.txn, &plan->zone, plan->when,
					   &plan->windows, scavenge_plan_take_item, plan);
	show_owners(plan);
	free(plan->owners);
	plan->owners = NULL;
	return goes;
}

/* The zone would lose nothing now, and why. */
static void note_hold(struct plan *plan, const char *text)
{
	char apex[DNS_NAME_TEXT_MAX];
	struct call *call = plan->call;
	size_t i = 0;
	plan->held++;
	plan->last_hold = text;
	plan->last_first = plan->hold;
	while (i < plan->reason_count && strcmp(plan->reasons[i].text, text) != 0)
		i++;
	if (i == REASONS_MAX)
		return;
	struct plan_reason *reason = &plan->reasons[i];
	if (i == plan->reason_count) {
		*reason =
			(struct plan_reason){.text = arena_text(&call->arena, text, strlen(text))};
		plan->reason_count++;
	}
	dns_name_show(&plan->zone.apex, apex);
	if (reason->count++ < REASON_ZONES)
		reason->zones = reason->zones
					? arena_print(&call->arena, "%s, %s", reason->zones, apex)
					: arena_text(&call->arena, apex, strlen(apex));
}

/* A run that would start, and then be held, since it would remove too much; and what it would hold
 * alone. */
static void note_brake(struct plan *plan, const struct plan_count *goes)
{
	char note[RUN_NOTE_MAX], shown[DNS_NAME_TEXT_MAX];
	struct call *call = plan->call;
	bool is_too_much = brake_would_hold(call->snapshot.txn, &plan->zone, goes, note);
	dns_name_show(&plan->zone.apex, shown);
	if (is_too_much) {
		plan->hold = PLAN_BRAKE;
		note_hold(plan, plan_hold_text(plan->hold));
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "zone %s: the brake would hold the run: it %s", shown,
					 note));
	}
	if (goes->overdue)
		command_warn(
			call, 0,
			arena_print(&call->arena,
				    "zone %s: %llu record%s contested for more than two refresh "
				    "windows: no run removes them until somebody decides; "
				    "--contested lists what a run leaves",
				    shown, (unsigned long long)goes->overdue,
				    goes->overdue == 1 ? " is" : "s are"));
}

static void plan_of_zone(struct plan *plan, const struct zone *zone)
{
	struct plan_count goes;
	scavenge_plan_suppose(plan, zone);
	plan->zones++;
	if (plan->holds)
		note_hold(plan, holds_text(plan));
	if (plan->is_histogram || plan->enables)
		count_ages(plan);
	if (plan->is_histogram)
		return;
	if (plan->is_by_owner)
		goes = walk_by_owner(plan);
	else
		goes = plan_walk(plan->call->snapshot.txn, &plan->zone, plan->when, &plan->windows,
				 scavenge_plan_take_item, plan);
	idle_owners_warn(plan->call, &plan->zone, &plan->idle);
	if (!plan->holds && !plan->enables)
		note_brake(plan, &goes);
}

/* A plan looks ahead: a bare duration is "in so long", where elsewhere it is "ago"; for one release
 * more. */
static enum call_code when_of(struct call *call, struct plan *plan)
{
	const char *at = command_text(call, "at");
	uint32_t ahead;
	plan->now = clock_now(&call->core->clock);
	plan->has_when = at != NULL;
	plan->when = plan->enables && !at ? NEVER : plan->now;
	if (at && duration_parse(at, &ahead)) {
		plan->when += ahead;
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "at: '%s' is taken as 'in %s': elsewhere it is that long "
					 "ago, and in the next release it is so here",
					 at, at));
		return CALL_OK;
	}
	return command_time_of(call, "at", &plan->when);
}

static enum call_code plan_wanted(struct call *call, struct plan *plan)
{
	*plan = (struct plan){.call = call,
			      .is_there = true,
			      .enables = command_flag(call, "enable"),
			      .is_histogram = command_flag(call, "histogram"),
			      .is_by_owner = command_flag(call, "by-owner"),
			      .is_contested = command_flag(call, "contested"),
			      .has_no_refresh = command_text(call, "no-refresh") != NULL,
			      .has_refresh = command_text(call, "refresh") != NULL};
	enum call_code code = CALL_OK;
	if (plan->is_histogram + plan->is_by_owner + plan->is_contested > 1)
		code = call_fail(call, CALL_USAGE,
				 "--histogram, --by-owner or --contested: only one of them");
	if (!code)
		code = when_of(call, plan);
	if (!code)
		code = command_duration_of(call, "no-refresh", &plan->no_refresh);
	return code ? code : command_duration_of(call, "refresh", &plan->refresh);
}

static const char *scavenge_plan_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static void tell_enabled(struct call *call, const struct plan *plan)
{
	char first[64] = "", at[TIMEWORD_TEXT_MAX];
	time_print(plan->first_at, at);
	if (plan->count)
		snprintf(first, sizeof(first), ", the first %llu at %s",
			 (unsigned long long)plan->first_count, at);
	command_result(call, "static", json_integer((json_int_t)plan->fixed));
	command_result(call, "pinned", json_integer((json_int_t)plan->pinned));
	command_result(call, "kept", json_integer((json_int_t)plan->kept));
	command_result(call, "first_goes_at", command_seconds(plan->first_at));
	command_result(call, "first_records", json_integer((json_int_t)plan->first_count));
	command_say(call,
		    "%llu record%s would go%s unless refreshed%s; "
		    "%llu static, %llu pinned and %llu of kept types would not age",
		    (unsigned long long)plan->count, scavenge_plan_plural(plan->count),
		    plan->has_when ? " by then" : "", first, (unsigned long long)plan->fixed,
		    (unsigned long long)plan->pinned, (unsigned long long)plan->kept);
}

/* Each zone's own reason, those of the same reason together; also if nothing in it is stale. */
static void tell_reasons(struct call *call, const struct plan *plan)
{
	for (size_t i = 0; i < plan->reason_count; i++) {
		const struct plan_reason *reason = &plan->reasons[i];
		const char *more = reason->count > REASON_ZONES
					   ? arena_print(&call->arena, " and %zu more",
							 reason->count - REASON_ZONES)
					   : "";
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "zone%s %s%s: a run would remove nothing: %s",
					 reason->count == 1 ? "" : "s", reason->zones, more,
					 reason->text));
	}
}

static const char *plan_tail(struct call *call, const struct plan *plan)
{
	const char *contested = plan->contested
					? arena_print(&call->arena,
						      ", and %llu contested that a run leaves "
						      "(`tenurectl owner list --contested`)",
						      (unsigned long long)plan->contested)
					: "";
	if (plan->held == 0)
		return contested;
	if (plan->zones > 1)
		return arena_print(&call->arena,
				   "%s; a run would remove nothing in %zu of %zu zones", contested,
				   plan->held, plan->zones);
	return arena_print(&call->arena, "%s; a run would remove nothing (%s%s", contested,
			   plan->last_hold,
			   plan->last_first == PLAN_AGING_OFF ? "; --enable supposes it on)" : ")");
}

static void scavenge_plan_tell(struct call *call, const struct plan *plan)
{
	char when[TIMEWORD_TEXT_MAX];
	bool is_held = plan->held > 0 && plan->held == plan->zones;
	time_print(plan->when, when);
	command_result(call, "at", plan->when == NEVER ? json_null() : json_string(when));
	command_result(call, "records", json_integer((json_int_t)plan->count));
	command_result(call, "contested", json_integer((json_int_t)plan->contested));
	command_result(call, "held", json_boolean(is_held));
	if (plan->is_histogram)
		command_say(call, "%llu dynamic record%s; age at %s",
			    (unsigned long long)plan->count, scavenge_plan_plural(plan->count),
			    plan->when == NEVER ? "this moment" : when);
	else if (plan->enables)
		tell_enabled(call, plan);
	else
		command_say(call, "%llu record%s stale at %s%s", (unsigned long long)plan->count,
			    scavenge_plan_plural(plan->count), when, plan_tail(call, plan));
	if (plan->zones > 1 && !plan->is_histogram && !plan->enables)
		tell_reasons(call, plan);
}

static enum call_code admin_scavenge_plan(struct call *call)
{
	struct zone zone;
	struct plan plan = {0};
	bool has_zone = command_text(call, "zone") != NULL;
	enum call_code code = has_zone ? command_zone_of(call, &zone) : CALL_OK;
	if (!code)
		code = plan_wanted(call, &plan);
	if (code)
		return code;
	for (size_t i = 0; !has_zone && plan.is_there && i < zoneset_count(call->snapshot.zones);
	     i++) {
		const struct zone *one = zoneset_at(call->snapshot.zones, i);
		if (scope_holds(call, &one->apex))
			plan_of_zone(&plan, one);
	}
	if (has_zone)
		plan_of_zone(&plan, &zone);
	scavenge_plan_tell(call, &plan);
	return command_read_ended(call);
}

const struct command command_scavenge_plan_table[] = {
	{"scavenge plan", admin_scavenge_plan,
	 "zone=s? at=s? no-refresh=s? refresh=s? enable=b? histogram=b? by-owner=b? contested=b?"},
	{0},
};
