/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/clock_watch.h"
#include "base/log.h"
#include "base/timeword.h"
#include "journal/clock_state.h"
#include "journal/journal.h"
#include "journal/local.h"
#include <inttypes.h>
#include <stdio.h>

/* A word of STORE_LOCAL. */
#define ALIVE_AT "alive-at"

#define SERVER     "system:server"
#define REASON_MAX 160
#define SECOND     1000000ll

static void clock_watch_append(struct state_edit *rows, uint64_t now_us, const char *event,
			       const char *reason)
{
	struct entry entry = {.time_us = now_us,
			      .kind = ENTRY_RUN,
			      .principal = SERVER,
			      .event = event,
			      .reason = reason};
	entry.rows = state_edit_changes(rows, &entry.row_count);
	journal_append(rows->txn, &entry, rows->arena);
}

static uint32_t clock_watch_clip(uint64_t seconds)
{
	return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

static uint64_t clock_watch_larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* For so long a clock in doubt must go on: the longest refresh window that anything waits for. */
static uint64_t longest_refresh(struct store_txn *txn, const struct zoneset *zones)
{
	struct scavenge_settings settings;
	scavenge_settings_read(txn, &settings);
	uint64_t longest = settings.new_refresh;
	for (size_t i = 0; i < zoneset_count(zones); i++) {
		const struct zone *zone = zoneset_at(zones, i);
		if (zone->is_aging)
			longest = clock_watch_larger(longest, zone->refresh);
	}
	return longest;
}

/* Clients could not refresh while nobody was there: they get back what they lost. */
static void move_zone(struct state_edit *rows, const struct zone *zone, uint64_t now, uint64_t down)
{
	struct zone moved = *zone;
	uint64_t lost = down < zone->refresh ? down : zone->refresh;
	/* One that was not available yet had the rest of its wait before it. */
	uint64_t rest =
		zone->available_at + down <= now + zone->refresh ? zone->available_at + down : 0;
	if (!zone->is_aging)
		return;
	moved.available_at =
		clock_watch_larger(zone->available_at, clock_watch_larger(rest, now + lost));
	if (moved.available_at != zone->available_at)
		zone_put(rows, &moved);
}

static void note_outage(struct store_txn *txn, uint64_t now_us, uint64_t down)
{
	char lasted[TIMEWORD_TEXT_MAX], reason[REASON_MAX];
	struct arena arena = {0};
	struct state_edit rows = state_edit_of(txn, &arena);
	struct zoneset *zones = zoneset_load(txn);
	for (size_t i = 0; i < zoneset_count(zones); i++)
		move_zone(&rows, zoneset_at(zones, i), now_us / SECOND, down);
	struct clock_state clock = clock_state_get(txn);
	clock_state_step(&clock, now_us / SECOND, (int64_t)down, longest_refresh(txn, zones));
	clock_state_put(&rows, &clock);
	zoneset_free(zones);
	duration_print(clock_watch_clip(down), lasted);
	snprintf(reason, sizeof(reason),
		 "the server was down for %s: zones are scavenged later, by as much", lasted);
	clock_watch_append(&rows, now_us, "outage", reason);
	arena_free(&arena);
	log_warning("the server was down longer than outage-grace: zones are scavenged later",
		    "down=%s", lasted);
}

/* The time of the log's last entry, in seconds; 0: there is none. */
static uint64_t last_entry_at(struct store_txn *txn)
{
	struct arena arena = {0};
	struct entry entry;
	uint64_t at = 0;
	if (journal_read(txn, journal_head(txn).seq, &entry, &arena))
		at = entry.time_us / SECOND;
	arena_free(&arena);
	return at;
}

/* A store that was never seen alive, of a backup say, with a log that ends long ago. */
static void note_old_log(struct store_txn *txn, uint64_t now_us, uint64_t ago)
{
	char since[TIMEWORD_TEXT_MAX], reason[REASON_MAX];
	struct arena arena = {0};
	struct state_edit rows = state_edit_of(txn, &arena);
	struct zoneset *zones = zoneset_load(txn);
	struct clock_state clock = clock_state_get(txn);
	clock_state_step(&clock, now_us / SECOND, (int64_t)ago, longest_refresh(txn, zones));
	clock_state_put(&rows, &clock);
	zoneset_free(zones);
	duration_print(clock_watch_clip(ago), since);
	snprintf(reason, sizeof(reason),
		 "the log's last entry is %s old: the log and the bin are kept by its time for one "
		 "refresh window, or until `scavenge approve clock`",
		 since);
	clock_watch_append(&rows, now_us, "clock-jump", reason);
	arena_free(&arena);
}

void clock_watch_begin(struct store_txn *txn, uint64_t now_us)
{
	struct scavenge_settings settings;
	uint64_t now = now_us / SECOND, alive = local_number(txn, ALIVE_AT);
	scavenge_settings_read(txn, &settings);
	uint64_t last = alive ? 0 : last_entry_at(txn);
	if (last && now > last && now - last > settings.grace)
		note_old_log(txn, now_us, now - last);
	if (alive && now > alive && now - alive > settings.grace)
		note_outage(txn, now_us, now - alive);
	if (alive > now && alive - now > settings.grace)
		clock_watch_note_jump(txn, now_us, -(int64_t)(alive - now));
	clock_watch_beat(txn, now);
}

void clock_watch_beat(struct store_txn *txn, uint64_t now)
{
	local_set_number(txn, ALIVE_AT, now);
}

void clock_watch_open(struct clock_watch *clock_watch, const struct clock *clock)
{
	clock_watch->shown_us = clock_now_us(clock);
	clock_watch->passed_us = clock_passed_us(clock);
}

int64_t clock_watch_jump(const struct clock_watch *clock_watch, const struct clock *clock,
			 uint32_t grace)
{
	int64_t shown = (int64_t)(clock_now_us(clock) - clock_watch->shown_us);
	int64_t passed = (int64_t)(clock_passed_us(clock) - clock_watch->passed_us);
	int64_t set = (shown - passed) / SECOND;
	return set > (int64_t)grace || set < -(int64_t)grace ? set : 0;
}

/* The next cycle after a clock that was set back would be as far away as that. */
static void bring_due_nearer(struct state_edit *rows, uint64_t now)
{
	struct scavenge_settings settings;
	scavenge_settings_read(rows->txn, &settings);
	uint64_t due = scavenge_settings_due(rows->txn),
		 next = scavenge_settings_next(&settings, now);
	if (due > next)
		scavenge_settings_put_due(rows, next);
}

/* No zone waits longer than one refresh window from now on, by the right clock. */
static void bring_zones_nearer(struct state_edit *rows, const struct zoneset *zones, uint64_t now)
{
	for (size_t i = 0; i < zoneset_count(zones); i++) {
		struct zone zone = *zoneset_at(zones, i);
		if (zone.available_at <= now + zone.refresh)
			continue;
		zone.available_at = now + zone.refresh;
		zone_put(rows, &zone);
	}
}

void clock_watch_note_jump(struct store_txn *txn, uint64_t now_us, int64_t seconds)
{
	char by[TIMEWORD_TEXT_MAX], reason[REASON_MAX];
	uint64_t now = now_us / SECOND;
	struct arena arena = {0};
	struct state_edit rows = state_edit_of(txn, &arena);
	struct clock_state clock = clock_state_get(txn);
	struct zoneset *zones = zoneset_load(txn);
	clock_state_step(&clock, now, seconds, longest_refresh(txn, zones));
	duration_print(clock_watch_clip((uint64_t)(seconds < 0 ? -seconds : seconds)), by);
	if (seconds > 0) {
		clock.jumped_at = now;
		snprintf(reason, sizeof(reason),
			 "the clock went forward by %s: scavenging waits for one refresh window, "
			 "or for `scavenge approve clock`",
			 by);
		log_warning("the clock was set forward, and scavenging waits", "by=%s", by);
	} else {
		if (clock.jumped_at > now)
			clock.jumped_at = now;
		bring_zones_nearer(&rows, zones, now);
		bring_due_nearer(&rows, now);
		snprintf(reason, sizeof(reason), "the clock went back by %s", by);
		log_warning("the clock was set back", "by=%s", by);
	}
	clock_state_put(&rows, &clock);
	zoneset_free(zones);
	clock_watch_append(&rows, now_us, "clock-jump", reason);
	arena_free(&arena);
}

uint64_t clock_watch_jumped_at(struct store_txn *txn)
{
	return clock_state_get(txn).jumped_at;
}

bool clock_watch_is_in_doubt(struct store_txn *txn, uint64_t now)
{
	struct clock_state clock = clock_state_get(txn);
	return clock.jumped_at || clock_state_ahead(&clock, now);
}

bool clock_watch_holds(struct store_txn *txn, uint32_t refresh, uint64_t now)
{
	uint64_t since = clock_watch_jumped_at(txn);
	return since && now <= since + refresh;
}

void clock_watch_approve(struct state_edit *rows)
{
	clock_state_put(rows, &(struct clock_state){0});
}
