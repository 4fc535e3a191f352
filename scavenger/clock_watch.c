/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/clock_watch.h"
#include "base/log.h"
#include "base/timeword.h"
#include "journal/journal.h"
#include "journal/local.h"
#include "journal/state_server.h"
#include <inttypes.h>
#include <stdio.h>

/* A word of STORE_LOCAL. */
#define ALIVE_AT "alive-at"
/* A row of the server's state. */
#define CLOCK     "clock"
#define JUMPED_AT "jumped-at"

#define SERVER     "system:server"
#define REASON_MAX 160
#define SECOND     1000000ll

static void append(struct state_edit *rows, uint64_t now_us, const char *event, const char *reason)
{
	struct entry entry = {.time_us = now_us,
			      .kind = ENTRY_RUN,
			      .principal = SERVER,
			      .event = event,
			      .reason = reason};
	entry.rows = state_edit_changes(rows, &entry.row_count);
	journal_append(rows->txn, &entry, rows->arena);
}

static void put_jumped_at(struct state_edit *rows, uint64_t when)
{
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_number(&row, JUMPED_AT, when);
	server_put(rows, CLOCK, &row);
}

static uint32_t clip(uint64_t seconds)
{
	return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
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
	moved.available_at = larger(zone->available_at, larger(rest, now + lost));
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
	zoneset_free(zones);
	duration_print(clip(down), lasted);
	snprintf(reason, sizeof(reason),
		 "the server was down for %s: zones are scavenged later, by as much", lasted);
	append(&rows, now_us, "outage", reason);
	arena_free(&arena);
	log_warning("the server was down longer than outage-grace: zones are scavenged later",
		    "down=%s", lasted);
}

void clock_watch_begin(struct store_txn *txn, uint64_t now_us)
{
	struct scavenge_settings settings;
	uint64_t now = now_us / SECOND, alive = local_number(txn, ALIVE_AT);
	scavenge_settings_read(txn, &settings);
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

void clock_watch_note_jump(struct store_txn *txn, uint64_t now_us, int64_t seconds)
{
	char by[TIMEWORD_TEXT_MAX], reason[REASON_MAX];
	uint64_t now = now_us / SECOND, since = clock_watch_jumped_at(txn);
	struct arena arena = {0};
	struct state_edit rows = state_edit_of(txn, &arena);
	duration_print(clip((uint64_t)(seconds < 0 ? -seconds : seconds)), by);
	if (seconds > 0) {
		put_jumped_at(&rows, now);
		snprintf(reason, sizeof(reason),
			 "the clock went forward by %s: scavenging waits for one refresh window, "
			 "or for `scavenge approve clock`",
			 by);
		log_warning("the clock was set forward, and scavenging waits", "by=%s", by);
	} else {
		if (since > now)
			put_jumped_at(&rows, now);
		bring_due_nearer(&rows, now);
		snprintf(reason, sizeof(reason), "the clock went back by %s", by);
		log_warning("the clock was set back", "by=%s", by);
	}
	append(&rows, now_us, "clock-jump", reason);
	arena_free(&arena);
}

uint64_t clock_watch_jumped_at(struct store_txn *txn)
{
	uint64_t when = 0;
	server_number(txn, CLOCK, JUMPED_AT, &when);
	return when;
}

bool clock_watch_holds(struct store_txn *txn, uint32_t refresh, uint64_t now)
{
	uint64_t since = clock_watch_jumped_at(txn);
	return since && now <= since + refresh;
}

void clock_watch_approve(struct state_edit *rows)
{
	put_jumped_at(rows, 0);
}
