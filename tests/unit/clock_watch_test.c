/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/bin.h"
#include "journal/journal.h"
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
	return entry.event ? entry.event : "";
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
		struct zone zone = t.zone;
		zone.available_at = rows[i].armed;
		rows_zone_put(&t.txn, &zone);
		clock_watch_beat(&t.txn, T0 + 30 * DAY);
		clock_watch_begin(&t.txn, (T0 + 30 * DAY + rows[i].down) * SEC);
		cr_expect_eq(available(), rows[i].wanted, "row %zu: %lld", i,
			     (long long)(available() - T0));
	}
}

Test(clock_watch, the_first_start_is_no_outage)
{
	uint64_t next = journal_next_seq(&t.txn);
	clock_watch_begin(&t.txn, (T0 + 400 * DAY) * SEC);
	cr_expect_eq(available(), T0);
	cr_expect_eq(journal_next_seq(&t.txn), next);
	clock_watch_begin(&t.txn, (T0 + 401 * DAY) * SEC);
	cr_expect_gt(available(), T0);
	cr_expect_str_eq(last_event(), "outage");
}

Test(clock_watch, a_clock_is_compared_with_the_time_that_passed)
{
	struct clock clock;
	struct clock_watch clock_watch;
	clock_by_hand(&clock, T0 * SEC);
	clock_watch_open(&clock_watch, &clock);
	clock_pass_to(&clock, (T0 + 400 * DAY) * SEC);
	cr_expect_eq(clock_watch_jump(&clock_watch, &clock, HOUR), 0, "time passes");
	clock_move_to(&clock, (T0 + 400 * DAY + HOUR) * SEC);
	cr_expect_eq(clock_watch_jump(&clock_watch, &clock, HOUR), 0, "within the grace");
	clock_move_to(&clock, (T0 + 400 * DAY + HOUR + 1) * SEC);
	cr_expect_eq(clock_watch_jump(&clock_watch, &clock, HOUR), (int64_t)HOUR + 1,
		     "small ones add up");
	clock_move_to(&clock, (T0 + 399 * DAY) * SEC);
	cr_expect_eq(clock_watch_jump(&clock_watch, &clock, HOUR), -(int64_t)DAY);
	clock_watch_open(&clock_watch, &clock);
	cr_expect_eq(clock_watch_jump(&clock_watch, &clock, 0), 0);
}

Test(clock_watch, a_jump_holds_each_zone_for_its_refresh_window)
{
	cr_expect_not(clock_watch_holds(&t.txn, 7 * DAY, T0));
	clock_watch_note_jump(&t.txn, (T0 + 365 * DAY) * SEC, 365 * DAY);
	cr_expect_str_eq(last_event(), "clock-jump");
	cr_expect(clock_watch_holds(&t.txn, 7 * DAY, T0 + 365 * DAY));
	cr_expect(clock_watch_holds(&t.txn, 7 * DAY, T0 + 372 * DAY));
	cr_expect_not(clock_watch_holds(&t.txn, 7 * DAY, T0 + 372 * DAY + 1));
	cr_expect_not(clock_watch_holds(&t.txn, 3 * DAY, T0 + 370 * DAY));
	/* Put right again: the wait begins now, and not in a year. */
	clock_watch_note_jump(&t.txn, T0 * SEC, -(int64_t)(365 * DAY));
	cr_expect(clock_watch_holds(&t.txn, 7 * DAY, T0 + 7 * DAY));
	cr_expect_not(clock_watch_holds(&t.txn, 7 * DAY, T0 + 7 * DAY + 1));
	ROWS_WRITE(&t.txn, clock_watch_approve(rows));
	cr_expect_not(clock_watch_holds(&t.txn, 7 * DAY, T0));
}

/* Entries before this time go by age. */
static uint64_t pruned_before(uint64_t now)
{
	return retention_rule(&t.txn, now * SEC, 1 << 30).before_us / SEC + RETENTION_AGE;
}

static uint64_t bin_until(uint64_t now)
{
	return retention_rule(&t.txn, now * SEC, 1 << 30).keep_us / SEC + BIN_DEFAULT_SECONDS;
}

Test(clock_watch, a_start_with_a_clock_that_is_ahead_prunes_nothing_by_it)
{
	uint64_t now = T0 + 500 * DAY, wrong = now + 450 * DAY;
	clock_watch_beat(&t.txn, now);
	cr_expect_eq(pruned_before(now), now);
	/* Whoever asks first, before the clock was looked at, or after. */
	cr_expect_eq(pruned_before(wrong), now);
	clock_watch_begin(&t.txn, wrong * SEC);
	cr_expect_eq(pruned_before(wrong), now);
	cr_expect_eq(bin_until(wrong), now);
	cr_expect_eq(pruned_before(wrong + 60), now + 60, "it goes on");
	cr_expect(clock_watch_is_in_doubt(&t.txn, wrong));
	/* Another start does not make it right. */
	clock_watch_beat(&t.txn, wrong + 60);
	clock_watch_begin(&t.txn, (wrong + 61) * SEC);
	cr_expect_eq(pruned_before(wrong + 61), now + 61);
	/* The log's own pace does. */
	for (uint64_t day = 1; day <= 7; day++)
		clock_watch_beat(&t.txn, wrong + day * DAY);
	cr_expect_eq(pruned_before(wrong + 7 * DAY - 1), now + 7 * DAY - 1);
	cr_expect_eq(pruned_before(wrong + 7 * DAY), wrong + 7 * DAY);
	cr_expect_not(clock_watch_is_in_doubt(&t.txn, wrong + 7 * DAY));
}

Test(clock_watch, an_approved_clock_is_believed_at_once)
{
	uint64_t now = T0 + 500 * DAY, later = now + 450 * DAY;
	clock_watch_note_jump(&t.txn, later * SEC, (int64_t)(450 * DAY));
	cr_expect_eq(pruned_before(later), now);
	/* Steps add up. */
	clock_watch_note_jump(&t.txn, (later + DAY) * SEC, (int64_t)DAY);
	cr_expect_eq(pruned_before(later + DAY), now);
	ROWS_WRITE(&t.txn, clock_watch_approve(rows));
	cr_expect_eq(pruned_before(later + DAY), later + DAY);
	cr_expect_not(clock_watch_is_in_doubt(&t.txn, later));
}

Test(clock_watch, a_clock_that_is_put_right_leaves_nothing_in_the_future)
{
	uint64_t now = T0 + 500 * DAY, wrong = now + 3650 * DAY;
	clock_watch_beat(&t.txn, now);
	clock_watch_begin(&t.txn, wrong * SEC);
	cr_expect_eq(available(), wrong + 7 * DAY);
	clock_watch_note_jump(&t.txn, (now + 60) * SEC, -(int64_t)(3650 * DAY));
	cr_expect_eq(available(), now + 60 + 7 * DAY);
	cr_expect_eq(pruned_before(now + 60), now + 60);
	cr_expect_eq(bin_until(now + 60), now + 60);
	cr_expect_not(clock_watch_is_in_doubt(&t.txn, now + 60));
}

Test(clock_watch, a_store_without_a_beat_is_judged_by_its_log)
{
	uint64_t then = T0 + 500 * DAY, now = then + 450 * DAY;
	struct entry e = {.time_us = then * SEC, .kind = ENTRY_SETTING, .principal = "local:root"};
	journal_append(&t.txn, &e, &t.arena);
	clock_watch_begin(&t.txn, now * SEC);
	cr_expect_str_eq(last_event(), "clock-jump");
	cr_expect_eq(pruned_before(now), then);
	cr_expect_neq(available(), now + 7 * DAY, "nobody was out");
}

Test(clock_watch, a_clock_that_goes_back_brings_the_next_cycle_nearer)
{
	struct scavenge_settings settings;
	scavenge_settings_read(&t.txn, &settings);
	settings.period = DAY;
	ROWS_WRITE(&t.txn, scavenge_settings_put(rows, &settings, T0 + 365 * DAY));
	clock_watch_note_jump(&t.txn, T0 * SEC, -(int64_t)(365 * DAY));
	cr_expect_eq(scavenge_settings_due(&t.txn), T0 + DAY);
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
	cr_expect_str_eq(read.event, "run-abandon");
	cr_expect_eq(read.time_us, 77);
	cr_expect_eq(read.serial_after, zone_serial(&t.txn, &t.zone), "the log knows the serial");
	cr_expect_eq(run_recovery_abandon(&t.txn, 78), 0);
}
