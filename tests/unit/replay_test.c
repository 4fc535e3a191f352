/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* Random histories: the log played again into an empty store makes the same zones, and an entry
 * that does not fit is found. */
#include "dns/type.h"
#include "journal/dynamic.h"
#include "journal/journal.h"
#include "journal/prune.h"
#include "journal/run.h"
#include "scavenger/run_recovery.h"
#include "scavenger/sweep.h"
#include "tests/unit/dump.h"
#include "tests/unit/random_history.h"
#include "zonedb/dynamic_count.h"
#include "zonedb/removal.h"
#include "zonedb/replay.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static struct tempzone t;

static void replay_all(struct store_txn *to)
{
	struct replay_fault fault;
	struct arena arena = {0};
	struct entry entry;
	uint64_t first, last;
	journal_range(&t.txn, &first, &last);
	tempzone_settle(to, "corp.example");
	for (uint64_t seq = first; seq <= last; seq++) {
		cr_assert(journal_read(&t.txn, seq, &entry, &arena));
		bool is_well = replay_next(to, &entry, &fault);
		cr_assert(is_well, "seq %llu: %s", (unsigned long long)seq, fault.text);
		run_note(to, &entry);
		arena_reset(&arena);
	}
	arena_free(&arena);
}

Test(replay, the_log_of_a_random_history_makes_the_same_zones)
{
	struct tempstore other;
	struct store_txn txn;
	struct zone replayed;
	tempzone_open(&t, "corp.example");
	for (unsigned i = 0; i < 3000; i++)
		random_step(&t, i);
	tempstore_open(&other, 0);
	store_write_begin(other.store, &txn);
	replay_all(&txn);
	char *original = dump_store(&t.txn), *copy = dump_store(&txn);
	char *runs = dump_runs(&t.txn), *same_runs = dump_runs(&txn);
	cr_assert_str_eq(original, copy);
	cr_assert_str_eq(runs, same_runs);
	cr_assert(zone_get(&txn, &t.zone.apex, &replayed));
	cr_expect_eq(replayed.id, t.zone.id);
	cr_expect_eq(replayed.cut_count, t.zone.cut_count);
	cr_expect_eq(replayed.no_refresh, t.zone.no_refresh);
	uint64_t dynamic = 0;
	cr_expect(dynamic_count(&txn, replayed.id, &dynamic));
	cr_expect_eq(dynamic, dynamic_count_zone(&t.txn, &t.zone));
	free(original);
	free(copy);
	free(runs);
	free(same_runs);
	store_abort(&txn);
	tempstore_free(&other);
	tempzone_free(&t);
}

static struct entry run_entry(enum event_kind event)
{
	return (struct entry){.time_us = journal_next_seq(&t.txn) * 1000,
			      .kind = ENTRY_RUN,
			      .has_zone = true,
			      .zone_id = t.zone.id,
			      .zone = t.zone.apex,
			      .principal = "system:scavenger",
			      .event = event};
}

/* An entry that says how the run stands. */
static void log_run(const struct run *run, enum event_kind event)
{
	struct entry entry = run_entry(event);
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	run_put(&rows, run);
	entry.run = run->id;
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(&t.txn, &entry, &t.arena);
}

static struct run begin_run(enum run_state state)
{
	struct entry as = run_entry(EVENT_NONE);
	struct run run = run_new(&t.txn, RUN_SCAVENGE, state, &as);
	run.stale = 7;
	run.judged_at = 1000;
	run.judged_seq = journal_next_seq(&t.txn) - 1;
	run.no_refresh = 3600;
	run.keep_types[0] = DNS_TYPE_NS;
	log_run(&run, EVENT_SCAVENGE_START);
	return run;
}

static void expect_same_state(struct store_txn *a, struct store_txn *b, unsigned step)
{
	char *original = dump_store(a), *copy = dump_store(b);
	char *runs = dump_runs(a), *same_runs = dump_runs(b);
	cr_assert_str_eq(original, copy, "step %u", step);
	cr_assert_str_eq(runs, same_runs, "step %u", step);
	cr_expect_eq(run_held(a, t.zone.id), run_held(b, t.zone.id), "step %u", step);
	cr_expect_eq(run_last(a, t.zone.id), run_last(b, t.zone.id), "step %u", step);
	cr_expect_eq(run_new(a, RUN_OTHER, RUN_DONE, &(struct entry){0}).id,
		     run_new(b, RUN_OTHER, RUN_DONE, &(struct entry){0}).id);
	free(original);
	free(copy);
	free(runs);
	free(same_runs);
}

static void delete_zone(void)
{
	struct entry entry = run_entry(EVENT_NONE);
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	entry.kind = ENTRY_ADMIN;
	entry.serial_before = entry.serial_after = zone_serial(&t.txn, &t.zone);
	run_begin(&rows, RUN_ZONE_DELETE, RUN_DONE, &entry);
	removal_records(&t.txn, &t.zone, &entry);
	entry.event = EVENT_ZONE_DELETE;
	removal_end(&t.txn, &t.zone, &entry);
}

static void prune_to(uint64_t time_us)
{
	struct prune_rule rule = {.before_us = time_us, .bytes = UINT64_MAX, .keep_us = UINT64_MAX};
	struct prune_result result = {0};
	struct entry as = run_entry(EVENT_NONE);
	journal_prune(&t.txn, &rule, UINT64_MAX, &as, &result);
	cr_assert_gt(result.entries, 0);
}

/* One step in the life of a run. */
static void run_step(unsigned step)
{
	static struct run run;
	struct entry cancel = run_entry(EVENT_NONE);
	switch (step) {
	case 0: /* held, approved, ended */
		run = begin_run(RUN_HELD);
		return;
	case 1:
		run.state = RUN_UNDER_WAY;
		log_run(&run, EVENT_SCAVENGE_APPROVE);
		return;
	case 2:
		run.state = RUN_DONE;
		run.skipped = 2;
		log_run(&run, EVENT_SCAVENGE_END);
		return;
	case 3: /* held, cancelled */
		run = begin_run(RUN_HELD);
		return;
	case 4:
		cr_assert_eq(sweep_cancel(&t.txn, run.id, &cancel), PLAN_MAY_RUN);
		return;
	case 5: /* the server ended in it */
		begin_run(RUN_UNDER_WAY);
		return;
	case 6:
		cr_assert_eq(run_recovery_abandon(&t.txn, cancel.time_us), 1);
		return;
	case 7: /* what waits when its zone goes */
		run = begin_run(RUN_HELD);
		return;
	case 8:
		delete_zone();
		cr_assert(run_get(&t.txn, run.id, &run));
		cr_expect_eq(run.state, RUN_CANCELLED);
		cr_expect_str_eq(run.note, "the zone was deleted");
		cr_expect_eq(run_held(&t.txn, t.zone.id), 0);
		return;
	default: /* the first run's entries go */
		prune_to(run.started_us);
		cr_expect_not(run_get(&t.txn, 1, &run));
	}
}

Test(replay, each_change_of_a_run_is_part_of_an_entry)
{
	struct tempstore other;
	struct store_txn txn;
	struct replay_fault fault;
	struct entry entry;
	uint64_t first, last, done = 0;
	tempzone_open(&t, "corp.example");
	tempzone_run(&t, "key:a", 1, "add www 60 A 10.0.0.1");
	tempstore_open(&other, 0);
	store_write_begin(other.store, &txn);
	tempzone_settle(&txn, "corp.example");
	for (unsigned step = 0; step < 10; step++) {
		run_step(step);
		journal_range(&t.txn, &first, &last);
		cr_assert_gt(last, done);
		for (uint64_t seq = done + 1; seq <= last; seq++) {
			cr_assert(journal_read(&t.txn, seq, &entry, &t.arena));
			cr_assert(replay_next(&txn, &entry, &fault), "%s", fault.text);
			run_note(&txn, &entry);
		}
		done = last;
		if (step < 9)
			expect_same_state(&t.txn, &txn, step);
	}
	struct run run;
	cr_expect_not(run_get(&txn, 1, &run), "the entry of the pruning says which rows went");
	cr_expect_eq(run_last(&t.txn, t.zone.id), run_last(&txn, t.zone.id));
	store_abort(&txn);
	tempstore_free(&other);
	tempzone_free(&t);
}

static const char *mismatch(const char *first, const char *second, void (*spoil)(struct entry *))
{
	static struct replay_fault fault;
	struct tempstore other;
	struct store_txn txn;
	struct entry entry;
	tempzone_open(&t, "corp.example");
	tempzone_run(&t, "key:a", 1000, first);
	tempzone_run(&t, "key:a", 9000000, second);
	tempstore_open(&other, 0);
	store_write_begin(other.store, &txn);
	tempzone_settle(&txn, "corp.example");
	for (uint64_t seq = 1; seq <= 3; seq++) {
		cr_assert(journal_read(&t.txn, seq, &entry, &t.arena));
		char *before = dump_store(&txn);
		if (seq == 3)
			spoil(&entry);
		bool is_well = replay_next(&txn, &entry, &fault);
		char *after = dump_store(&txn);
		cr_expect_eq(is_well, seq < 3);
		cr_expect(seq < 3 || strcmp(before, after) == 0, "nothing is written");
		free(before);
		free(after);
	}
	cr_expect_eq(fault.seq, 3);
	store_abort(&txn);
	tempstore_free(&other);
	tempzone_free(&t);
	return fault.text;
}

static struct change *first_change(struct entry *entry)
{
	return (struct change *)(uintptr_t)&entry->changes[0];
}

static void spoil_stamp(struct entry *entry)
{
	first_change(entry)->was.stamp++;
}
static void spoil_ttl(struct entry *entry)
{
	first_change(entry)->was.ttl++;
}
static void spoil_owner(struct entry *entry)
{
	first_change(entry)->was.owner = "key:b";
}
static void spoil_class(struct entry *entry)
{
	first_change(entry)->was.class = RECORD_PINNED;
}
static void spoil_guest(struct entry *entry)
{
	first_change(entry)->was.is_guest = true;
}
static void spoil_windows(struct entry *entry)
{
	first_change(entry)->was.windows.refresh = 9;
}
static void spoil_previous(struct entry *entry)
{
	first_change(entry)->previous = 1;
}
static void spoil_data(struct entry *entry)
{
	first_change(entry)->rdata = bytes_of("\x0a\x00\x00\x09", 4);
}
static void spoil_what(struct entry *entry)
{
	first_change(entry)->what = CHANGE_ADDED;
}

Test(replay, the_first_change_that_does_not_fit_is_named_and_nothing_is_written)
{
	static const struct {
		void (*spoil)(struct entry *);
		const char *text;
	} rows[] = {
		{spoil_stamp, "www.corp.example A: has another stamp than the entry says"},
		{spoil_ttl, "www.corp.example A: has another TTL than the entry says"},
		{spoil_owner, "www.corp.example A: has another owner than the entry says"},
		{spoil_class, "www.corp.example A: has another class than the entry says"},
		{spoil_guest, "www.corp.example A: is a guest or not, unlike the entry says"},
		{spoil_windows, "www.corp.example A: has other windows than the entry says"},
		{spoil_previous, "www.corp.example A: was changed last by another entry than the "
				 "one named"},
		{spoil_data, "www.corp.example A: is not there, and should be"},
		{spoil_what, "www.corp.example A: is there already"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_str_eq(mismatch("add www 60 A 10.0.0.1", "del www A", rows[i].spoil),
				 rows[i].text);
}
