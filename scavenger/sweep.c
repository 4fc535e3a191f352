/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/sweep.h"
#include "base/timeword.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "dns/rdata.h"
#include "zonedb/principal.h"
#include <stdio.h>

#define SCAVENGER  "system:scavenger"
#define REASON_MAX 160

/* A record that the plan says is stale, copied out of the map. */
struct target {
	struct target *next;
	struct dns_name name;
	uint16_t type;
	uint64_t stamp;
	struct bytes rdata;
};

struct sweep {
	struct writer_job job; /* first: the job is the sweep */
	const struct sweep_context *context;
	struct zone zone;
	struct age_windows windows;
	struct sweep_result *result;
	char thresholds[REASON_MAX];
	uint64_t before; /* names whose oldest stamp is below this are looked at */
	struct due_place place;
	bool has_run, has_place, is_at_end;
	/* One job's work, and what it did. */
	struct arena arena;
	struct target *first, **last;
	uint64_t removed, skipped;
	const char *event; /* of a start's or end's entry */
	char reason[REASON_MAX];
};

static struct sweep *sweep_of(struct writer_job *job)
{
	return (struct sweep *)job;
}

static bool add_target(void *context, const struct plan_item *item)
{
	struct sweep *sweep = context;
	struct target *target = arena_alloc(&sweep->arena, sizeof(*target));
	struct bytes rdata = item->record.rdata;
	*target = (struct target){
		.name = item->name,
		.type = item->type,
		.stamp = item->record.stamp,
		.rdata = bytes_of(arena_copy(&sweep->arena, rdata.data, rdata.len), rdata.len)};
	*sweep->last = target;
	sweep->last = &target->next;
	return true;
}

/* The next names of the due index, in a transaction that ends before the writer is asked. */
static void find_targets(struct sweep *sweep)
{
	struct store_txn txn;
	struct due_walk walk;
	uint64_t count = 0;
	struct plan_question ask = {.zone = &sweep->zone,
				    .when = clock_now(sweep->context->clock),
				    .windows = &sweep->windows,
				    .item = add_target,
				    .context = sweep};
	arena_reset(&sweep->arena);
	sweep->first = NULL;
	sweep->last = &sweep->first;
	store_read_begin(sweep->context->store, &txn);
	if (sweep->has_place)
		due_walk_after(&walk, &txn, &sweep->zone, sweep->before, &sweep->place);
	else
		due_walk_from(&walk, &txn, &sweep->zone, sweep->before);
	sweep->has_place = true;
	for (unsigned names = 0; names < SWEEP_NAMES_PER_JOB; names++) {
		sweep->is_at_end = !due_walk_next(&walk, &sweep->place.name, &sweep->place.stamp);
		if (sweep->is_at_end)
			break;
		sweep->result->names_visited++;
		plan_name(&txn, &ask, &sweep->place.name, &count);
	}
	due_walk_end(&walk);
	sweep->result->error = txn.error;
	store_read_end(&txn);
}

/* Whether the record is still what the plan saw. */
static bool is_unchanged(struct edit *edit, const struct target *target)
{
	struct edit_rrset *rrset = edit_find(edit_see(edit, &target->name), target->type);
	for (struct edit_record *r = rrset ? rrset->records : NULL; r; r = r->next) {
		if (dns_rdata_compare(target->type, r->rdata, target->rdata) == 0)
			return r->stamp == target->stamp && r->class == RECORD_DYNAMIC;
	}
	return false;
}

static void run_removal(struct writer_job *job, struct store_txn *txn)
{
	struct sweep *sweep = sweep_of(job);
	struct arena arena = {0};
	struct zone zone;
	uint64_t now_us = clock_now_us(sweep->context->clock);
	struct edit_author author = {.owner = principal_intern(txn, SCAVENGER),
				     .owner_text = SCAVENGER,
				     .now = now_us / 1000000,
				     .class = RECORD_DYNAMIC};
	struct entry entry = {.time_us = now_us,
			      .kind = ENTRY_SCAVENGE,
			      .principal = SCAVENGER,
			      .run = sweep->result->run,
			      .reason = sweep->thresholds};
	sweep->removed = sweep->skipped = 0;
	/* The zone may be another one by now, or have been taken out of aging. */
	if (!zone_get_by_id(txn, sweep->zone.id, &zone) ||
	    plan_zone_hold(&zone, author.now) != PLAN_MAY_RUN)
		return;
	store_use_reserve(txn);
	struct edit *edit = edit_open(txn, &zone, &author, &arena);
	for (const struct target *target = sweep->first; target; target = target->next) {
		bool goes = is_unchanged(edit, target) &&
			    !plan_is_kept(txn, &zone, &target->name, target->type);
		if (goes)
			edit_remove_record(edit, &target->name, target->type, target->rdata);
		sweep->removed += goes;
		sweep->skipped += !goes;
	}
	edit_commit(edit, &entry);
	arena_free(&arena);
}

static uint64_t begin_run(struct sweep *sweep, struct store_txn *txn, const struct entry *as)
{
	struct run run = run_begin(txn, RUN_SCAVENGE, RUN_UNDER_WAY, as);
	run.judged_at = as->time_us / 1000000;
	run.no_refresh = sweep->windows.no_refresh;
	run.refresh = sweep->windows.refresh;
	memcpy(run.keep_types, sweep->zone.keep_types, sizeof(run.keep_types));
	run_put(txn, &run);
	return run.id;
}

static void run_event(struct writer_job *job, struct store_txn *txn)
{
	struct sweep *sweep = sweep_of(job);
	struct arena arena = {0};
	struct entry entry = {.time_us = clock_now_us(sweep->context->clock),
			      .kind = ENTRY_RUN,
			      .has_zone = true,
			      .zone_id = sweep->zone.id,
			      .zone = sweep->zone.apex,
			      .principal = sweep->context->principal,
			      .event = sweep->event,
			      .reason = sweep->reason};
	struct run run;
	if (!sweep->has_run)
		sweep->result->run = begin_run(sweep, txn, &entry);
	entry.run = sweep->result->run;
	entry.serial_before = entry.serial_after = zone_serial(txn, &sweep->zone);
	store_use_reserve(txn);
	journal_append(txn, &entry, &arena);
	if (sweep->has_run && run_get(txn, entry.run, &run)) {
		run.state = sweep->result->error ? RUN_FAILED : RUN_DONE;
		run.skipped = sweep->result->skipped;
		run_put(txn, &run);
	}
	arena_free(&arena);
}

static void call(struct sweep *sweep, void (*run)(struct writer_job *, struct store_txn *))
{
	sweep->job = (struct writer_job){.run = run};
	enum store_error error = writer_call(sweep->context->writer, &sweep->job, WRITER_IDLE);
	if (error)
		sweep->result->error = error;
}

static void write_event(struct sweep *sweep, const char *event, const char *reason)
{
	sweep->event = event;
	snprintf(sweep->reason, sizeof(sweep->reason), "%s", reason);
	call(sweep, run_event);
}

static void remove_stale(struct sweep *sweep)
{
	const struct sweep_context *context = sweep->context;
	while (!sweep->is_at_end && !sweep->result->error && !(context->stop && *context->stop)) {
		find_targets(sweep);
		if (!sweep->first || sweep->result->error)
			continue;
		call(sweep, run_removal);
		if (sweep->result->error)
			return;
		sweep->result->records_removed += sweep->removed;
		sweep->result->skipped += sweep->skipped;
	}
}

/* The zone as it is now; the caller's copy may be older. */
static bool read_zone(struct sweep *sweep, const struct zone *zone)
{
	struct store_txn txn;
	store_read_begin(sweep->context->store, &txn);
	bool is_there = zone_get_by_id(&txn, zone->id, &sweep->zone);
	sweep->result->error = txn.error;
	store_read_end(&txn);
	return is_there;
}

static void set_windows(struct sweep *sweep, uint64_t now)
{
	const struct zone *zone = &sweep->zone;
	char no_refresh[TIMEWORD_TEXT_MAX], refresh[TIMEWORD_TEXT_MAX];
	uint64_t span = (uint64_t)zone->no_refresh + zone->refresh;
	sweep->windows =
		(struct age_windows){.no_refresh = zone->no_refresh, .refresh = zone->refresh};
	sweep->before = now > span ? now - span : 0;
	duration_print(zone->no_refresh, no_refresh);
	duration_print(zone->refresh, refresh);
	snprintf(sweep->thresholds, sizeof(sweep->thresholds), "no-refresh=%s refresh=%s",
		 no_refresh, refresh);
}

void sweep_zone(const struct sweep_context *context, const struct zone *zone,
		struct sweep_result *result)
{
	struct sweep sweep = {.context = context, .result = result};
	char counts[REASON_MAX];
	uint64_t started = clock_monotonic_us(), now = clock_now(context->clock);
	*result = (struct sweep_result){.started_us = clock_now_us(context->clock)};
	if (!read_zone(&sweep, zone)) {
		result->hold = PLAN_AGING_OFF;
		return;
	}
	result->hold = plan_zone_hold(&sweep.zone, now);
	if (result->hold != PLAN_MAY_RUN)
		return;
	set_windows(&sweep, now);
	write_event(&sweep, "scavenge-start", sweep.thresholds);
	if (result->error)
		return;
	sweep.has_run = true;
	remove_stale(&sweep);
	result->duration_us = clock_monotonic_us() - started;
	snprintf(counts, sizeof(counts), "names=%llu removed=%llu skipped=%llu duration-us=%llu%s",
		 (unsigned long long)result->names_visited,
		 (unsigned long long)result->records_removed, (unsigned long long)result->skipped,
		 (unsigned long long)result->duration_us, result->error ? " error" : "");
	write_event(&sweep, "scavenge-end", counts);
	arena_free(&sweep.arena);
}
