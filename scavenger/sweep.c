/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/sweep.h"
#include "base/container.h"
#include "base/log.h"
#include "base/timeword.h"
#include "dns/rdata.h"
#include "journal/entry_time.h"
#include "journal/journal.h"
#include "scavenger/brake.h"
#include "scavenger/contested_hold.h"
#include "scavenger/run_proposal.h"
#include "zonedb/principal.h"
#include "zonedb/ticket.h"
#include <stdio.h>

#define SCAVENGER  "system:scavenger"
#define REASON_MAX RUN_NOTE_MAX

/* A record that the plan says is stale, copied out of the map. */
struct target {
	struct target *next;
	struct dns_name name;
	uint16_t type;
	uint64_t stamp;
	uint64_t hint_at; /* of the name's last ignored renewal */
	uint16_t window;  /* number of its windows */
	struct bytes rdata;
};

struct sweep {
	struct writer_job job; /* first: the job is the sweep */
	const struct sweep_context *context;
	struct zone zone;
	struct age_windows windows;
	struct sweep_result *result;
	char thresholds[REASON_MAX];
	uint64_t when, seq; /* by what is judged: the moment, and the last entry that was seen */
	struct plan_count goes;
	bool is_too_much; /* the brake holds it */
	/* Of a run that was held, or that ended and left contested records; NULL: it is new. */
	const struct sweep_approval *approval;
	uint64_t of_run; /* whose contested records alone it removes; 0: it removes all */
	uint64_t wanted, wanted_overdue; /* contested records that are approved */
	struct contested_hold contested;
	struct arena names; /* of `contested` */
	struct eras eras;
	struct renewer renewer; /* of find_targets */
	struct store_txn *txn;  /* of a removal; NULL: none */
	struct due_place place;
	bool has_place, is_at_end;
	bool is_approved; /* `run` was held, and goes on */
	struct run run;
	/* One job's work, and what it did. */
	struct arena arena;
	struct target *first, **last;
	uint64_t removed, skipped;
	enum event_kind event; /* of a start's or end's entry */
	char reason[REASON_MAX];
};

static struct sweep *sweep_of(struct writer_job *job)
{
	return container_of(job, struct sweep, job);
}

static bool sweep_takes_contested(const struct sweep *sweep)
{
	return sweep->approval && sweep->approval->takes_contested;
}

/* Whether the run is to remove the record. */
static bool sweep_wants(const struct sweep *sweep, const struct plan_item *item)
{
	const struct sweep_approval *approval = sweep->approval;
	if (!item->is_contested)
		return sweep->of_run == 0;
	return sweep_takes_contested(sweep) &&
	       (!approval->wants || approval->wants(approval->context, &sweep->zone, item));
}

static bool add_target(void *context, const struct plan_item *item)
{
	struct sweep *sweep = context;
	if (!sweep_wants(sweep, item))
		return true;
	struct target *target = arena_alloc(&sweep->arena, sizeof(*target));
	struct bytes rdata = item->record.rdata;
	*target = (struct target){
		.name = item->name,
		.type = item->type,
		.stamp = item->record.stamp,
		.hint_at = item->node->hint.at,
		.window = item->record.window,
		.rdata = bytes_of(arena_copy(&sweep->arena, rdata.data, rdata.len), rdata.len)};
	*sweep->last = target;
	sweep->last = &target->next;
	return true;
}

static bool count_skipped(void *context, const struct plan_item *item)
{
	struct sweep *sweep = context;
	sweep->result->skipped += sweep_wants(sweep, item);
	return true;
}

static void find_at_name(struct sweep *sweep, struct store_txn *txn)
{
	const struct dns_name *name = &sweep->place.name;
	bool is_outdated = sweep->is_approved &&
			   run_proposal_is_outdated(txn, &sweep->run, &sweep->zone, name);
	struct plan_count count = {0};
	struct plan_question ask = {.zone = &sweep->zone,
				    .when = sweep->when,
				    .windows = &sweep->windows,
				    .eras = &sweep->eras,
				    .renewer = &sweep->renewer,
				    .item = is_outdated ? count_skipped : add_target,
				    .context = sweep};
	sweep->result->names_visited++;
	plan_name(txn, &ask, name, &count);
}

/* The next names of the due index, in a transaction that ends before the writer is asked. */
static void find_targets(struct sweep *sweep)
{
	struct store_txn txn;
	struct due_walk walk;
	struct due_moment moment = {
		sweep->when, {sweep->windows.no_refresh, sweep->windows.refresh}, &sweep->eras};
	arena_reset(&sweep->arena);
	sweep->first = NULL;
	sweep->last = &sweep->first;
	store_read_begin(sweep->context->store, &txn);
	eras_read(&txn, &sweep->eras);
	renewer_begin(&sweep->renewer, &txn);
	if (sweep->has_place)
		due_walk_after(&walk, &txn, &sweep->zone, &moment, &sweep->place);
	else
		due_walk_from(&walk, &txn, &sweep->zone, &moment);
	sweep->has_place = true;
	for (unsigned names = 0; names < SWEEP_NAMES_PER_JOB; names++) {
		sweep->is_at_end = !due_walk_next(&walk, &sweep->place);
		if (sweep->is_at_end)
			break;
		if (plan_was_met(&walk, &sweep->place))
			continue;
		find_at_name(sweep, &txn);
	}
	due_walk_end(&walk);
	renewer_end(&sweep->renewer);
	sweep->result->error = txn.error;
	store_read_end(&txn);
}

/* Whether the record is still what the plan saw, and nobody renewed it in vain since. */
static bool is_unchanged(const struct sweep *sweep, struct edit *edit, const struct target *target)
{
	struct edit_name *name = edit_see(edit, &target->name);
	struct edit_rrset *rrset = edit_find(name, target->type);
	if (!sweep_takes_contested(sweep) && name->hint.at != target->hint_at)
		return false;
	for (struct edit_record *r = rrset ? rrset->records : NULL; r; r = r->next) {
		if (dns_rdata_compare(target->type, r->rdata, target->rdata) == 0)
			return r->stamp == target->stamp && r->class == RECORD_DYNAMIC &&
			       r->window == target->window;
	}
	return false;
}

static bool sweep_has_address(struct edit *edit, const struct dns_name *name)
{
	for (const struct edit_rrset *s = edit_see(edit, name)->rrsets; s; s = s->next) {
		if (ticket_guards(s->type))
			return true;
	}
	return false;
}

/* Addresses first, then claim tickets: those at names that keep an address, since it was refreshed
 * or came back meanwhile, stay. */
static void remove_targets(struct sweep *sweep, struct edit *edit, const struct zone *zone,
			   int window, bool is_tickets)
{
	struct store_txn *txn = sweep->txn;
	for (const struct target *target = sweep->first; target; target = target->next) {
		if (target->window != window ||
		    ticket_is(target->type, target->rdata) != is_tickets)
			continue;
		bool goes = is_unchanged(sweep, edit, target) &&
			    !plan_is_kept(txn, zone, &target->name, target->type) &&
			    !(is_tickets && sweep_has_address(edit, &target->name));
		if (goes)
			edit_remove_record(edit, &target->name, target->type, target->rdata);
		sweep->removed += goes;
		sweep->skipped += !goes;
	}
}

/* The next window class of targets behind `after`; -1: there is none. */
static int sweep_window_after(const struct sweep *sweep, int after)
{
	int next = -1;
	for (const struct target *target = sweep->first; target; target = target->next)
		if (target->window > after && (next < 0 || target->window < next))
			next = target->window;
	return next;
}

static void sweep_print_thresholds(const struct age_windows *windows, char out[REASON_MAX])
{
	char no_refresh[TIMEWORD_TEXT_MAX], refresh[TIMEWORD_TEXT_MAX];
	duration_print(windows->no_refresh, no_refresh);
	duration_print(windows->refresh, refresh);
	snprintf(out, REASON_MAX, "no-refresh=%s refresh=%s", no_refresh, refresh);
}

#define REMOVE_TICKETS 1u
#define REMOVE_OTHERS  2u

/* Removes the targets of one window class, in an entry that says by which windows they were stale.
 */
static void remove_window(struct sweep *sweep, const struct zone *zone, int window, unsigned what)
{
	struct arena arena = {0};
	struct store_txn *txn = sweep->txn;
	char thresholds[REASON_MAX];
	uint64_t now_us = entry_time_now(txn, clock_now_us(sweep->context->clock));
	struct edit_author author = {.owner = principal_intern(txn, SCAVENGER),
				     .owner_text = SCAVENGER,
				     .now = now_us / 1000000,
				     .class = RECORD_DYNAMIC};
	struct entry entry = {.time_us = now_us,
			      .kind = ENTRY_SCAVENGE,
			      .principal = SCAVENGER,
			      .run = sweep->result->run,
			      .reason = thresholds};
	struct node_record record = {.window = (uint16_t)window};
	struct age_windows windows = plan_windows(txn, &record, &sweep->windows);
	sweep_print_thresholds(&windows, thresholds);
	struct edit *edit = edit_open(txn, zone, &author, &arena);
	if (what & REMOVE_OTHERS)
		remove_targets(sweep, edit, zone, window, false);
	if (what & REMOVE_TICKETS)
		remove_targets(sweep, edit, zone, window, true);
	edit_commit(edit, &entry);
	arena_free(&arena);
}

static void run_removal(struct writer_job *job, struct store_txn *txn)
{
	struct sweep *sweep = sweep_of(job);
	struct zone zone;
	uint64_t now = entry_time_now(txn, clock_now_us(sweep->context->clock)) / 1000000;
	sweep->removed = sweep->skipped = 0;
	/* The zone may be gone by now, have been taken out of aging, or have got other windows. */
	if (!zone_get_by_id(txn, sweep->zone.id, &zone) ||
	    plan_zone_hold(&zone, now) != PLAN_MAY_RUN ||
	    !run_proposal_has_rules_of(&sweep->run, &zone)) {
		sweep->is_at_end = true;
		return;
	}
	store_use_reserve(txn);
	sweep->txn = txn;
	int first = sweep_window_after(sweep, -1);
	if (first >= 0 && sweep_window_after(sweep, first) < 0) {
		remove_window(sweep, &zone, first, REMOVE_OTHERS | REMOVE_TICKETS);
		first = -1;
	}
	/* Tickets go behind the addresses of all classes. */
	for (int w = first; w >= 0; w = sweep_window_after(sweep, w))
		remove_window(sweep, &zone, w, REMOVE_OTHERS);
	for (int w = first; w >= 0; w = sweep_window_after(sweep, w))
		remove_window(sweep, &zone, w, REMOVE_TICKETS);
	sweep->txn = NULL;
}

static struct entry sweep_entry_of(const struct sweep *sweep, struct store_txn *txn)
{
	struct entry entry = {.time_us = entry_time_now(txn, clock_now_us(sweep->context->clock)),
			      .kind = ENTRY_RUN,
			      .has_zone = true,
			      .zone_id = sweep->zone.id,
			      .zone = sweep->zone.apex,
			      .principal = sweep->context->asker.principal,
			      .person = sweep->context->asker.person,
			      .comment = sweep->context->asker.comment,
			      .event = sweep->event,
			      .reason = sweep->reason};
	entry.serial_before = entry.serial_after = zone_serial(txn, &sweep->zone);
	return entry;
}

static void sweep_hold(struct sweep *sweep, unsigned holds)
{
	sweep->result->holds = holds;
	sweep->result->hold = plan_first_hold(holds);
}

/* It may have been deleted since it was looked at: no run waits, or ends, for a zone that is gone.
 */
static bool is_gone(struct sweep *sweep, struct store_txn *txn)
{
	struct zone zone;
	if (zone_get_by_id(txn, sweep->zone.id, &zone) || txn->error)
		return false;
	sweep_hold(sweep, PLAN_BIT(PLAN_ZONE_GONE));
	return true;
}

/* The entry, with the run as it stands from now on. */
static void sweep_append_event(struct store_txn *txn, struct entry *entry, const struct run *run)
{
	struct arena arena = {0};
	struct state_edit rows = state_edit_of(txn, &arena);
	run_put(&rows, run);
	entry->run = run->id;
	entry->rows = state_edit_changes(&rows, &entry->row_count);
	store_use_reserve(txn);
	journal_append(txn, entry, &arena);
	arena_free(&arena);
}

static void sweep_begin_run(struct sweep *sweep, struct store_txn *txn, enum run_state state)
{
	struct entry entry = sweep_entry_of(sweep, txn);
	struct run run = run_new(txn, RUN_SCAVENGE, state, &entry);
	run.stale = sweep->result->stale;
	run.contested = sweep->result->contested;
	run.overdue = sweep->result->overdue;
	run.of_run = sweep->of_run;
	run.judged_at = sweep->when;
	run.judged_seq = sweep->seq;
	run.no_refresh = sweep->windows.no_refresh;
	run.refresh = sweep->windows.refresh;
	memcpy(run.keep_types, sweep->zone.keep_types, sizeof(run.keep_types));
	memcpy(run.note, sweep->result->note, sizeof(run.note));
	sweep->run = run;
	sweep->result->run = run.id;
	sweep_append_event(txn, &entry, &run);
}

static void run_start(struct writer_job *job, struct store_txn *txn)
{
	struct sweep *sweep = sweep_of(job);
	if (is_gone(sweep, txn))
		return;
	sweep_begin_run(sweep, txn, RUN_UNDER_WAY);
}

/* Another run of the zone cannot have been held since: one run at a time. */
static void run_hold(struct writer_job *job, struct store_txn *txn)
{
	struct sweep *sweep = sweep_of(job);
	if (is_gone(sweep, txn))
		return;
	sweep_begin_run(sweep, txn, RUN_HELD);
}

static void run_approval(struct writer_job *job, struct store_txn *txn)
{
	struct sweep *sweep = sweep_of(job);
	struct entry entry = sweep_entry_of(sweep, txn);
	/* It may have been cancelled since it was looked at. */
	sweep->is_approved =
		run_get(txn, sweep->run.id, &sweep->run) && sweep->run.state == RUN_HELD;
	if (!sweep->is_approved)
		return;
	sweep->run.state = RUN_UNDER_WAY;
	sweep->run.approved_us = entry.time_us;
	sweep_append_event(txn, &entry, &sweep->run);
}

/* Contested records of a run that ended go by a run of their own, which can be undone alone. */
static void run_contested_approval(struct writer_job *job, struct store_txn *txn)
{
	struct sweep *sweep = sweep_of(job);
	if (is_gone(sweep, txn))
		return;
	sweep_begin_run(sweep, txn, RUN_UNDER_WAY);
	sweep->is_approved = true;
}

static void run_contested_hold(struct writer_job *job, struct store_txn *txn)
{
	struct sweep *sweep = sweep_of(job);
	struct arena arena = {0};
	struct zone zone;
	struct entry entry = sweep_entry_of(sweep, txn);
	if (!zone_get_by_id(txn, sweep->zone.id, &zone))
		return;
	entry.run = sweep->result->run;
	contested_hold_name(&sweep->contested, &entry);
	store_use_reserve(txn);
	journal_append(txn, &entry, &arena);
	arena_free(&arena);
}

static bool is_stopped(const struct sweep *sweep)
{
	return sweep->context->stop && *sweep->context->stop;
}

static void run_end(struct writer_job *job, struct store_txn *txn)
{
	struct sweep *sweep = sweep_of(job);
	struct entry entry = sweep_entry_of(sweep, txn);
	struct run run;
	if (!run_get(txn, sweep->result->run, &run))
		return;
	run.state = RUN_DONE;
	run.note[0] = '\0';
	run.skipped = sweep->result->skipped;
	run.contested = sweep->result->contested;
	run.overdue = sweep->result->overdue;
	if (run.overdue)
		contested_hold_print(run.overdue, run.note, sizeof(run.note));
	if (sweep->result->error) {
		run.state = RUN_FAILED;
		snprintf(run.note, sizeof(run.note), "%s", store_error_text(sweep->result->error));
	} else if (is_stopped(sweep)) {
		run.state = RUN_ABANDONED;
		snprintf(run.note, sizeof(run.note), "the server was stopped");
	}
	sweep_append_event(txn, &entry, &run);
}

static void sweep_call(struct sweep *sweep, void (*run)(struct writer_job *, struct store_txn *))
{
	sweep->job = (struct writer_job){.run = run};
	enum store_error error = writer_call(sweep->context->writer, &sweep->job, WRITER_IDLE);
	if (error)
		sweep->result->error = error;
}

static void write_event(struct sweep *sweep, enum event_kind event, const char *reason,
			void (*run)(struct writer_job *, struct store_txn *))
{
	sweep->event = event;
	snprintf(sweep->reason, sizeof(sweep->reason), "%s", reason);
	sweep_call(sweep, run);
}

static void remove_stale(struct sweep *sweep)
{
	while (!sweep->is_at_end && !sweep->result->error && !is_stopped(sweep)) {
		find_targets(sweep);
		if (!sweep->first || sweep->result->error)
			continue;
		sweep_call(sweep, run_removal);
		if (sweep->result->error)
			return;
		sweep->result->records_removed += sweep->removed;
		sweep->result->skipped += sweep->skipped;
	}
}

static void set_windows(struct sweep *sweep, uint64_t when, const struct age_windows *windows)
{
	sweep->windows = *windows;
	sweep->when = when;
	sweep_print_thresholds(windows, sweep->thresholds);
}

/* False ends the walk: the server stops. */
static bool sweep_see(void *context, const struct plan_item *item)
{
	struct sweep *sweep = context;
	contested_hold_add(&sweep->contested, item);
	return !is_stopped(sweep);
}

/* What is contested for too long, behind what the brake says. */
static void add_contested(struct sweep *sweep)
{
	char *note = sweep->result->note;
	size_t len = strlen(note);
	if (!sweep->contested.records || !sweep->is_too_much)
		return;
	snprintf(note + len, RUN_NOTE_MAX - len, "; ");
	contested_hold_print(sweep->contested.records, note + len + 2, RUN_NOTE_MAX - len - 2);
}

/* The zone as it is now, whether it may run, and what is stale in it: one snapshot. The caller's
 * copy of the zone may be older. */
static void sweep_look(struct sweep *sweep, const struct zone *zone)
{
	struct store_txn txn;
	uint64_t now = clock_now(sweep->context->clock);
	store_read_begin(sweep->context->store, &txn);
	if (!zone_get_by_id(&txn, zone->id, &sweep->zone)) {
		sweep_hold(sweep, PLAN_BIT(PLAN_ZONE_GONE));
	} else {
		zone = &sweep->zone;
		sweep_hold(sweep, plan_holds(&txn, zone, now));
		sweep->result->run = run_held(&txn, zone->id);
		if (sweep->result->run && run_get(&txn, sweep->result->run, &sweep->run)) {
			sweep->result->contested = sweep->run.contested;
			sweep->result->overdue = sweep->run.overdue;
		}
		set_windows(sweep, now, &(struct age_windows){zone->no_refresh, zone->refresh});
	}
	if (!sweep->result->holds) {
		sweep->seq = journal_next_seq(&txn) - 1;
		sweep->goes = plan_walk(&txn, zone, now, &sweep->windows, sweep_see, sweep);
		sweep->result->stale = sweep->goes.records;
		sweep->result->contested = sweep->goes.contested;
		sweep->result->overdue = sweep->goes.overdue;
		sweep->is_too_much =
			brake_would_hold(&txn, zone, &sweep->goes, sweep->result->note);
		add_contested(sweep);
	}
	sweep->result->error = txn.error;
	store_read_end(&txn);
}

static void sweep_finish(struct sweep *sweep, uint64_t started)
{
	struct sweep_result *result = sweep->result;
	char counts[REASON_MAX];
	remove_stale(sweep);
	/* What was refreshed since stands elsewhere in the index, and is not met. */
	if (sweep->is_approved)
		result->skipped = result->stale - result->records_removed;
	result->duration_us = clock_monotonic_us() - started;
	snprintf(counts, sizeof(counts), "names=%llu removed=%llu skipped=%llu duration-us=%llu%s",
		 (unsigned long long)result->names_visited,
		 (unsigned long long)result->records_removed, (unsigned long long)result->skipped,
		 (unsigned long long)result->duration_us, result->error ? " error" : "");
	enum store_error error = result->error;
	write_event(sweep, EVENT_SCAVENGE_END, counts, run_end);
	if (error)
		result->error = error;
	arena_free(&sweep->arena);
}

static void sweep_brake(struct sweep *sweep)
{
	char zone[DNS_NAME_TEXT_MAX];
	write_event(sweep, EVENT_BRAKE_HOLD, sweep->result->note, run_hold);
	if (sweep->result->holds)
		return;
	sweep_hold(sweep, PLAN_BIT(PLAN_BRAKE));
	log_warning("a scavenging run is held", "zone=%s run=%llu why=\"%s\"",
		    dns_name_show(&sweep->zone.apex, zone), (unsigned long long)sweep->result->run,
		    sweep->result->note);
}

/* The run goes on without them; the entry says which they are. */
static void sweep_hold_contested(struct sweep *sweep)
{
	char zone[DNS_NAME_TEXT_MAX], text[REASON_MAX];
	if (!sweep->contested.records)
		return;
	contested_hold_print(sweep->contested.records, text, sizeof(text));
	write_event(sweep, EVENT_CONTESTED_HOLD, text, run_contested_hold);
	log_warning("a scavenging run leaves records until somebody decides",
		    "zone=%s run=%llu why=\"%s\"", dns_name_show(&sweep->zone.apex, zone),
		    (unsigned long long)sweep->result->run, text);
}

static void sweep_begin(struct sweep *sweep, const struct zone *zone)
{
	struct sweep_result *result = sweep->result;
	uint64_t started = clock_monotonic_us();
	sweep_look(sweep, zone);
	if (result->holds || result->error || is_stopped(sweep))
		return;
	if (sweep->is_too_much) {
		sweep_brake(sweep);
		return;
	}
	write_event(sweep, EVENT_SCAVENGE_START, sweep->thresholds, run_start);
	if (!result->error && !result->holds)
		sweep_hold_contested(sweep);
	if (!result->error && !result->holds)
		sweep_finish(sweep, started);
}

void sweep_zone(const struct sweep_context *context, const struct zone *zone,
		struct sweep_result *result)
{
	struct sweep sweep = {.context = context, .result = result};
	*result = (struct sweep_result){.started_us = clock_now_us(context->clock)};
	sweep.contested.arena = &sweep.names;
	sweep_begin(&sweep, zone);
	arena_free(&sweep.names);
}

static bool is_run_with_contested(const struct run *run)
{
	return run->kind == RUN_SCAVENGE && run->state == RUN_DONE && run->contested > 0;
}

static bool sweep_count_wanted(void *context, const struct plan_item *item)
{
	struct sweep *sweep = context;
	bool is_wanted = item->is_contested && sweep_wants(sweep, item);
	sweep->wanted += is_wanted;
	sweep->wanted_overdue += is_wanted && item->is_overdue;
	return !is_stopped(sweep);
}

/* How many records the approved run is to remove, and how many contested ones it leaves. */
static void sweep_count_approved(struct sweep *sweep, struct store_txn *txn)
{
	const struct run *run = &sweep->run;
	struct sweep_result *result = sweep->result;
	struct plan_count count = {.contested = run->contested, .overdue = run->overdue};
	if (sweep_takes_contested(sweep))
		count = plan_walk(txn, &sweep->zone, run->judged_at, &sweep->windows,
				  sweep_count_wanted, sweep);
	result->stale = (sweep->of_run ? 0 : run->stale) + sweep->wanted;
	result->contested = count.contested - sweep->wanted;
	result->overdue = count.overdue - sweep->wanted_overdue;
}

/* Whether the run may go on, by the zone as it is now. */
static void look_again(struct sweep *sweep)
{
	struct store_txn txn;
	struct run *run = &sweep->run;
	uint64_t now = clock_now(sweep->context->clock), id = sweep->approval->run;
	store_read_begin(sweep->context->store, &txn);
	bool is_there = run_get(&txn, id, run), is_held = is_there && run->state == RUN_HELD;
	if (is_there && sweep_takes_contested(sweep) && is_run_with_contested(run))
		sweep->of_run = id;
	if (!is_held && !sweep->of_run)
		sweep_hold(sweep, PLAN_BIT(PLAN_NOT_HELD));
	else if (!zone_get_by_id(&txn, run->zone_id, &sweep->zone))
		sweep_hold(sweep, PLAN_BIT(PLAN_ZONE_GONE));
	else if (!run_proposal_has_rules_of(run, &sweep->zone))
		sweep_hold(sweep, PLAN_BIT(PLAN_OTHER_RULES));
	else
		sweep_hold(sweep, plan_holds(&txn, &sweep->zone, now) &
					  ~(is_held ? PLAN_BIT(PLAN_RUN_HELD) : 0));
	if (!sweep->result->holds) {
		set_windows(sweep, run->judged_at,
			    &(struct age_windows){run->no_refresh, run->refresh});
		sweep_count_approved(sweep, &txn);
	}
	sweep->result->error = txn.error;
	store_read_end(&txn);
}

/* Writes that the run goes on, or begins, by somebody's word. */
static void sweep_approve(struct sweep *sweep)
{
	char text[REASON_MAX];
	if (!sweep->of_run) {
		write_event(sweep, EVENT_SCAVENGE_APPROVE, sweep->run.note, run_approval);
		return;
	}
	sweep->seq = sweep->run.judged_seq;
	snprintf(text, sizeof(text), "contested records that run %llu left",
		 (unsigned long long)sweep->of_run);
	write_event(sweep, EVENT_SCAVENGE_APPROVE, text, run_contested_approval);
}

void sweep_approved(const struct sweep_context *context, const struct sweep_approval *approval,
		    struct sweep_result *result)
{
	struct sweep sweep = {.context = context, .result = result, .approval = approval};
	uint64_t started = clock_monotonic_us();
	*result = (struct sweep_result){.run = approval->run,
					.started_us = clock_now_us(context->clock)};
	look_again(&sweep);
	if (result->holds || result->error)
		return;
	sweep_approve(&sweep);
	if (result->error || result->holds)
		return;
	if (!sweep.is_approved) {
		sweep_hold(&sweep, PLAN_BIT(PLAN_NOT_HELD));
		return;
	}
	sweep_finish(&sweep, started);
}

enum plan_hold sweep_cancel(struct store_txn *txn, uint64_t id, struct entry *as)
{
	struct run run;
	struct zone zone;
	struct arena arena = {0};
	struct state_edit rows = state_edit_of(txn, &arena);
	if (!run_get(txn, id, &run) || run.state != RUN_HELD)
		return PLAN_NOT_HELD;
	run.state = RUN_CANCELLED;
	run_put(&rows, &run);
	as->rows = state_edit_changes(&rows, &as->row_count);
	as->has_zone = run.has_zone;
	as->zone_id = run.zone_id;
	as->zone = run.zone;
	as->event = EVENT_SCAVENGE_CANCEL;
	as->reason = run.note;
	as->run = id;
	if (zone_get_by_id(txn, run.zone_id, &zone))
		as->serial_before = as->serial_after = zone_serial(txn, &zone);
	journal_append(txn, as, &arena);
	arena_free(&arena);
	return PLAN_MAY_RUN;
}
