/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/bin.h"
#include "journal/entry_time.h"
#include "journal/era.h"
#include "journal/journal.h"
#include "journal/local.h"
#include "journal/retention.h"
#include "journal/run.h"
#include "scavenger/clock_watch.h"
#include "scavenger/run_recovery.h"
#include "tests/unit/rows.h"
#include "tests/unit/tempzone.h"
#include <criterion/criterion.h>

#define HOUR 3600ull
#define DAY  (24 * HOUR)
#define T0   (20000 * DAY)
#define SEC  1000000ull

static struct tempzone t;

static void begin(void)
{
	tempzone_open(&t, "corp.example");
	t.zone.is_aging = true;
	t.zone.refresh = 7 * DAY;
	t.zone.available_at = T0;
	rows_zone_put(&t.txn, &t.zone);
}

static void end(void)
{
	tempzone_free(&t);
}

TestSuite(clock_watch, .init = begin, .fini = end);

static struct clock hand;
static struct clock_watch watch;

/* A start at that time. */
static void start_at(uint64_t now)
{
	clock_by_hand(&hand, now * SEC);
	clock_watch_init(&watch, &hand);
	struct writer_hook hook = clock_watch_hook(&watch);
	hook.begin(hook.context, &t.txn);
	clock_watch_begin(&watch, &t.txn);
	hook.end(hook.context, true);
}

/* What the writer does before the jobs of a transaction. */
static void look_at(uint64_t now, bool is_committed)
{
	clock_move_to(&hand, now * SEC);
	struct writer_hook hook = clock_watch_hook(&watch);
	hook.begin(hook.context, &t.txn);
	hook.end(hook.context, is_committed);
}

static void step(uint64_t from, uint64_t to)
{
	clock_watch_note(&t.txn, &(struct clock_step){.from_us = from * SEC,
						      .to_us = to * SEC,
						      .since_us = to * SEC,
						      .left_seq = journal_next_seq(&t.txn)});
}

static struct entry last_entry(void)
{
	struct entry entry = {0};
	cr_assert(journal_read(&t.txn, journal_next_seq(&t.txn) - 1, &entry, &t.arena));
	return entry;
}

static bool last_is_step(void)
{
	return last_entry().kind == ENTRY_CLOCK_STEP && !last_entry().event;
}

static void write_at(uint64_t now)
{
	struct entry e = {.time_us = now * SEC, .kind = ENTRY_SETTING, .principal = "local:root"};
	journal_append(&t.txn, &e, &t.arena);
}

static uint64_t available(void)
{
	struct zone zone;
	cr_assert(zone_get_by_id(&t.txn, t.zone.id, &zone));
	return zone.available_at;
}

static const char *last_event(void)
{
	struct entry entry;
	cr_assert(journal_read(&t.txn, journal_next_seq(&t.txn) - 1, &entry, &t.arena));
	return entry.event ? entry_event_word(&entry) : "";
}

Test(clock_watch, a_restart_moves_zones_by_an_outage_only)
{
	/* Down from T0 + 30 d, with a zone that is available since T0, or for so long not yet. */
	static const struct {
		uint64_t armed, down, wanted;
	} rows[] = {
		{T0, 0, T0},
		{T0, HOUR, T0},
		{T0, HOUR + 1, T0 + 30 * DAY + 2 * (HOUR + 1)},
		{T0, 3 * DAY, T0 + 36 * DAY},
		{T0, 7 * DAY, T0 + 44 * DAY},
		{T0, 400 * DAY, T0 + 437 * DAY}, /* one refresh window and not more */
		{T0 + 31 * DAY, HOUR, T0 + 31 * DAY},
		{T0 + 31 * DAY, 2 * HOUR, T0 + 31 * DAY + 2 * HOUR},
		{T0 + 36 * DAY, 2 * DAY, T0 + 38 * DAY},
		{T0 + 31 * DAY, 3 * DAY, T0 + 36 * DAY},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		t.zone.available_at = rows[i].armed;
		rows_zone_put(&t.txn, &t.zone);
		clock_watch_beat(&t.txn, T0 + 30 * DAY);
		start_at(T0 + 30 * DAY + rows[i].down);
		cr_expect_eq(available(), rows[i].wanted, "row %zu: %lld", i,
			     (long long)(available() - T0));
		end();
		begin();
	}
}

Test(clock_watch, the_first_start_is_no_outage)
{
	uint64_t next = journal_next_seq(&t.txn);
	start_at(T0 + 400 * DAY);
	cr_expect_eq(available(), T0);
	cr_expect_eq(journal_next_seq(&t.txn), next);
	start_at(T0 + 401 * DAY);
	cr_expect_gt(available(), T0);
	cr_expect_str_eq(last_event(), "outage");
}

Test(clock_watch, steps_are_noted_and_small_ones_add_up)
{
	start_at(T0);
	uint64_t next = journal_next_seq(&t.txn);
	clock_pass_to(&hand, (T0 + 400 * DAY) * SEC);
	look_at(T0 + 400 * DAY, true);
	cr_expect_eq(journal_next_seq(&t.txn), next, "time passes");
	look_at(T0 + 400 * DAY + 20, true);
	look_at(T0 + 400 * DAY, true);
	cr_expect_eq(journal_next_seq(&t.txn), next, "within the slack");
	look_at(T0 + 400 * DAY + 20, true);
	cr_expect_not(clock_watch_is_stepped(&watch));
	clock_move_to(&hand, (T0 + 400 * DAY + 31) * SEC);
	cr_expect(clock_watch_is_stepped(&watch));
	/* A transaction that fails has noted nothing. */
	look_at(T0 + 400 * DAY + 31, false);
	cr_expect(clock_watch_is_stepped(&watch));
	look_at(T0 + 400 * DAY + 31, true);
	cr_expect_not(clock_watch_is_stepped(&watch));
	cr_expect(last_is_step());
	cr_expect_not(clock_watch_holds(&t.txn, 7 * DAY, T0 + 400 * DAY + 31));
	/* Small ones hold when they are an outage-grace together. */
	look_at(T0 + 400 * DAY + HOUR, true);
	cr_expect_not(clock_watch_holds(&t.txn, 7 * DAY, T0 + 400 * DAY + HOUR));
	look_at(T0 + 400 * DAY + HOUR + 31, true);
	cr_expect(clock_watch_holds(&t.txn, 7 * DAY, T0 + 400 * DAY + HOUR + 31));
}

Test(clock_watch, a_step_holds_each_zone_for_its_refresh_window)
{
	cr_expect_not(clock_watch_holds(&t.txn, 7 * DAY, T0));
	step(T0, T0 + 365 * DAY);
	cr_expect(last_is_step());
	cr_expect_eq(last_entry().time_us, (T0 + 365 * DAY) * SEC);
	cr_expect(clock_watch_holds(&t.txn, 7 * DAY, T0 + 365 * DAY));
	cr_expect(clock_watch_holds(&t.txn, 7 * DAY, T0 + 372 * DAY));
	cr_expect_not(clock_watch_holds(&t.txn, 7 * DAY, T0 + 372 * DAY + 1));
	cr_expect_not(clock_watch_holds(&t.txn, 3 * DAY, T0 + 370 * DAY));
	/* Put right in part: the wait begins now, and not in a year. */
	step(T0 + 365 * DAY, T0 + DAY);
	cr_expect_eq(last_entry().era, 2);
	cr_expect(clock_watch_holds(&t.txn, 7 * DAY, T0 + 8 * DAY));
	cr_expect_not(clock_watch_holds(&t.txn, 7 * DAY, T0 + 8 * DAY + 1));
	/* Put right: nothing waits. */
	step(T0 + DAY, T0);
	cr_expect_eq(last_entry().era, 3);
	cr_expect_not(clock_watch_holds(&t.txn, 7 * DAY, T0));
	step(T0, T0 + 365 * DAY);
	ROWS_WRITE(&t.txn, clock_watch_approve(rows, (T0 + 365 * DAY) * SEC));
	cr_expect_not(clock_watch_holds(&t.txn, 7 * DAY, T0));
	cr_expect_eq(entry_time_last(&t.txn).era, 3);
}

Test(clock_watch, an_entry_by_a_clock_that_was_set_in_its_batch_is_left_behind_too)
{
	struct eras eras;
	start_at(T0);
	write_at(T0);
	look_at(T0, true);
	uint64_t wrong = T0 + 3650 * DAY, seq = journal_next_seq(&t.txn);
	/* The batch began before, and its second entry reads the new time. */
	write_at(T0 + 1);
	write_at(wrong + 1);
	look_at(wrong + 1, true);
	cr_expect(last_is_step());
	look_at(T0 + 5, true);
	eras_read(&t.txn, &eras);
	cr_assert_eq(eras.count, 1);
	cr_expect_eq(eras.items[0].left_seq, seq + 1);
	cr_expect_eq(eras.items[0].at, T0 + 5);
	cr_expect_leq(eras.items[0].left_from, wrong + 1);
	cr_expect_geq(eras.items[0].left_to, wrong + 1);
	cr_expect_eq(eras_count(&eras, seq + 1, wrong + 1), T0 + 5);
	cr_expect_eq(eras_count(&eras, seq, T0 + 1), T0 + 1);
}

Test(clock_watch, time_stands_while_the_clock_is_behind_the_log)
{
	write_at(T0);
	local_set_number(&t.txn, "alive-at", T0 + 90);
	start_at(1000);
	struct entry entry = last_entry();
	uint64_t next = journal_next_seq(&t.txn);
	cr_expect(last_is_step());
	cr_expect_eq(entry.time_us, T0 * SEC);
	cr_expect_eq(entry.era, 1);
	cr_expect_eq(available(), T0, "nothing is brought back");
	cr_expect(clock_watch_is_in_doubt(&t.txn, 1000 * SEC));
	/* It is noted once. */
	look_at(1001, true);
	start_at(1002);
	cr_expect_eq(journal_next_seq(&t.txn), next);
	cr_expect_eq(local_number(&t.txn, "alive-at"), T0 + 90, "it beats nothing");
	/* The clock comes up with the log: that is no step of the log's time. */
	look_at(T0 + 20, true);
	cr_expect(last_is_step());
	cr_expect_eq(last_entry().time_us, (T0 + 20) * SEC);
	cr_expect_eq(last_entry().era, 1);
	cr_expect_not(clock_watch_is_in_doubt(&t.txn, (T0 + 20) * SEC));
	/* And goes back again. */
	look_at(50, true);
	cr_expect_eq(last_entry().time_us, (T0 + 20) * SEC);
	cr_expect_eq(journal_next_seq(&t.txn), next + 2);
	/* Days later it is right: who knows what was meanwhile. */
	look_at(T0 + 3 * DAY, true);
	cr_expect(clock_watch_holds(&t.txn, 7 * DAY, T0 + 3 * DAY));
}

Test(clock_watch, a_clock_behind_the_log_is_approved_by_a_new_era)
{
	struct eras eras;
	write_at(T0 + 3650 * DAY);
	start_at(T0);
	cr_expect_eq(last_entry().era, 1);
	ROWS_WRITE(&t.txn, clock_watch_approve(rows, T0 * SEC));
	cr_expect(last_is_step());
	cr_expect_eq(last_entry().era, 2);
	cr_expect_eq(last_entry().time_us, T0 * SEC);
	cr_expect_not(clock_watch_is_in_doubt(&t.txn, T0 * SEC));
	eras_read(&t.txn, &eras);
	cr_expect_eq(eras_count(&eras, 1, T0 + 3650 * DAY), T0);
}

/* Entries before this time go by age. */
static uint64_t pruned_before(uint64_t now)
{
	return retention_rule(&t.txn, JOURNAL_CHANGES, now * SEC, 1 << 30).before_us / SEC +
	       RETENTION_AGE;
}

static uint64_t bin_until(uint64_t now)
{
	return retention_rule(&t.txn, JOURNAL_CHANGES, now * SEC, 1 << 30).keep_us / SEC +
	       BIN_DEFAULT_SECONDS;
}

Test(clock_watch, a_start_with_a_clock_that_is_ahead_prunes_nothing_by_it)
{
	uint64_t now = T0 + 500 * DAY, wrong = now + 450 * DAY;
	clock_watch_beat(&t.txn, now);
	cr_expect_eq(pruned_before(now), now);
	/* Whoever asks first, before the clock was looked at, or after. */
	cr_expect_eq(pruned_before(wrong), now);
	start_at(wrong);
	cr_expect_eq(pruned_before(wrong), now);
	cr_expect_eq(bin_until(wrong), now);
	cr_expect_eq(pruned_before(wrong + 60), now + 60, "it goes on");
	cr_expect(clock_watch_is_in_doubt(&t.txn, wrong * SEC));
	/* Another start does not make it right. */
	clock_watch_beat(&t.txn, wrong + 60);
	start_at(wrong + 61);
	cr_expect_eq(pruned_before(wrong + 61), now + 61);
	/* The log's own pace does. */
	for (uint64_t day = 1; day <= 7; day++)
		clock_watch_beat(&t.txn, wrong + day * DAY);
	cr_expect_eq(pruned_before(wrong + 7 * DAY - 1), now + 7 * DAY - 1);
	cr_expect_eq(pruned_before(wrong + 7 * DAY), wrong + 7 * DAY);
	cr_expect_not(clock_watch_is_in_doubt(&t.txn, (wrong + 7 * DAY) * SEC));
}

Test(clock_watch, an_approved_clock_is_believed_at_once)
{
	uint64_t now = T0 + 500 * DAY, later = now + 450 * DAY;
	step(now, later);
	cr_expect_eq(pruned_before(later), now);
	/* Steps add up. */
	step(later, later + DAY);
	cr_expect_eq(pruned_before(later + DAY), now);
	ROWS_WRITE(&t.txn, clock_watch_approve(rows, (later + DAY) * SEC));
	cr_expect_eq(pruned_before(later + DAY), later + DAY);
	cr_expect_not(clock_watch_is_in_doubt(&t.txn, (later + DAY) * SEC));
}

Test(clock_watch, a_clock_that_is_put_right_leaves_nothing_in_the_future)
{
	uint64_t now = T0 + 500 * DAY, wrong = now + 3650 * DAY;
	clock_watch_beat(&t.txn, now);
	start_at(wrong);
	cr_expect_eq(available(), wrong + 7 * DAY);
	step(wrong + 60, now + 60);
	cr_expect_eq(available(), now + 60 + 7 * DAY);
	cr_expect_eq(pruned_before(now + 60), now + 60);
	cr_expect_eq(bin_until(now + 60), now + 60);
	cr_expect_not(clock_watch_is_in_doubt(&t.txn, (now + 60) * SEC));
}

Test(clock_watch, a_store_without_a_beat_is_judged_by_its_log)
{
	uint64_t then = T0 + 500 * DAY, now = then + 450 * DAY;
	struct entry e = {.time_us = then * SEC, .kind = ENTRY_SETTING, .principal = "local:root"};
	journal_append(&t.txn, &e, &t.arena);
	start_at(now);
	cr_expect(last_is_step());
	cr_expect_eq(pruned_before(now), then);
	cr_expect_neq(available(), now + 7 * DAY, "nobody was out");
}

Test(clock_watch, a_clock_that_goes_back_brings_the_next_cycle_nearer)
{
	struct scavenge_settings settings;
	scavenge_settings_read(&t.txn, &settings);
	settings.period = DAY;
	step(T0, T0 + 365 * DAY);
	ROWS_WRITE(&t.txn, scavenge_settings_put(rows, &settings, T0 + 365 * DAY));
	ROWS_WRITE(&t.txn,
		   scavenge_settings_put_cycle(
			   rows, &(struct scavenge_settings_cycle){.started = T0 + 365 * DAY},
			   T0 + 366 * DAY));
	step(T0 + 365 * DAY, T0);
	cr_expect_eq(scavenge_settings_due(&t.txn), T0 + DAY);
	cr_expect_eq(scavenge_settings_last_cycle(&t.txn).started, T0);
}

Test(clock_watch, what_was_under_way_when_the_server_ended_is_abandoned)
{
	static const enum run_state states[] = {RUN_UNDER_WAY, RUN_HELD, RUN_DONE, RUN_UNDER_WAY};
	struct entry e = {.kind = ENTRY_RUN,
			  .has_zone = true,
			  .zone_id = t.zone.id,
			  .zone = t.zone.apex,
			  .principal = "local:root"};
	struct entry read;
	struct run run;
	for (size_t i = 0; i < 4; i++)
		rows_run_begin(&t.txn, RUN_SCAVENGE, states[i], &e);
	cr_expect_eq(run_recovery_abandon(&t.txn, 77), 2);
	for (uint64_t id = 1; id <= 4; id++) {
		cr_assert(run_get(&t.txn, id, &run));
		cr_expect_eq(run.state,
			     states[id - 1] == RUN_UNDER_WAY ? RUN_ABANDONED : states[id - 1]);
	}
	cr_assert(run_get(&t.txn, 1, &run));
	cr_assert(journal_read(&t.txn, run.last_seq, &read, &t.arena));
	cr_expect_eq(read.event, EVENT_RUN_ABANDON);
	cr_expect_eq(read.time_us, 77);
	cr_expect_eq(read.serial_after, zone_serial(&t.txn, &t.zone), "the log knows the serial");
	cr_expect_eq(run_recovery_abandon(&t.txn, 78), 0);
}
