/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/presence.h"
#include "base/log.h"
#include "base/timeword.h"
#include "journal/journal.h"
#include <inttypes.h>
#include <stdio.h>

/* Words of STORE_META. */
#define ALIVE_AT  "alive-at"
#define JUMPED_AT "clock-jumped"

#define SERVER     "system:server"
#define REASON_MAX 160
#define SECOND     1000000ll

static void append(struct store_txn *txn, uint64_t now_us, const char *event, const char *reason)
{
	struct arena arena = {0};
	struct entry entry = {.time_us = now_us,
			      .kind = ENTRY_RUN,
			      .principal = SERVER,
			      .event = event,
			      .reason = reason};
	journal_append(txn, &entry, &arena);
	arena_free(&arena);
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
static void move_zone(struct store_txn *txn, const struct zone *zone, uint64_t now, uint64_t down)
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
		zone_put(txn, &moved);
}

static void note_outage(struct store_txn *txn, uint64_t now_us, uint64_t down)
{
	char lasted[TIMEWORD_TEXT_MAX], reason[REASON_MAX];
	struct zoneset *zones = zoneset_load(txn);
	for (size_t i = 0; i < zoneset_count(zones); i++)
		move_zone(txn, zoneset_at(zones, i), now_us / SECOND, down);
	zoneset_free(zones);
	duration_print(clip(down), lasted);
	snprintf(reason, sizeof(reason),
		 "the server was down for %s: zones are scavenged later, by as much", lasted);
	append(txn, now_us, "outage", reason);
	log_warning("the server was down longer than outage-grace: zones are scavenged later",
		    "down=%s", lasted);
}

void presence_begin(struct store_txn *txn, uint64_t now_us)
{
	struct routine routine;
	uint64_t now = now_us / SECOND, alive = store_number(txn, ALIVE_AT);
	routine_read(txn, &routine);
	if (alive && now > alive && now - alive > routine.grace)
		note_outage(txn, now_us, now - alive);
	if (alive > now && alive - now > routine.grace)
		presence_note_jump(txn, now_us, -(int64_t)(alive - now));
	presence_beat(txn, now);
}

void presence_beat(struct store_txn *txn, uint64_t now)
{
	store_set_number(txn, ALIVE_AT, now);
}

void presence_open(struct presence *presence, const struct clock *clock)
{
	presence->shown_us = clock_now_us(clock);
	presence->passed_us = clock_passed_us(clock);
}

int64_t presence_jump(const struct presence *presence, const struct clock *clock, uint32_t grace)
{
	int64_t shown = (int64_t)(clock_now_us(clock) - presence->shown_us);
	int64_t passed = (int64_t)(clock_passed_us(clock) - presence->passed_us);
	int64_t set = (shown - passed) / SECOND;
	return set > (int64_t)grace || set < -(int64_t)grace ? set : 0;
}

/* The next cycle after a clock that was set back would be as far away as that. */
static void bring_due_nearer(struct store_txn *txn, uint64_t now)
{
	struct routine routine;
	routine_read(txn, &routine);
	uint64_t due = routine_due(txn), next = routine_next(&routine, now);
	if (due > next)
		routine_set_due(txn, next);
}

void presence_note_jump(struct store_txn *txn, uint64_t now_us, int64_t seconds)
{
	char by[TIMEWORD_TEXT_MAX], reason[REASON_MAX];
	uint64_t now = now_us / SECOND, since = store_number(txn, JUMPED_AT);
	duration_print(clip((uint64_t)(seconds < 0 ? -seconds : seconds)), by);
	if (seconds > 0) {
		store_set_number(txn, JUMPED_AT, now);
		snprintf(reason, sizeof(reason),
			 "the clock went forward by %s: scavenging waits for one refresh window, "
			 "or for `scavenge approve clock`",
			 by);
		log_warning("the clock was set forward, and scavenging waits", "by=%s", by);
	} else {
		if (since > now)
			store_set_number(txn, JUMPED_AT, now);
		bring_due_nearer(txn, now);
		snprintf(reason, sizeof(reason), "the clock went back by %s", by);
		log_warning("the clock was set back", "by=%s", by);
	}
	append(txn, now_us, "clock-jump", reason);
}

uint64_t presence_jumped_at(struct store_txn *txn)
{
	return store_number(txn, JUMPED_AT);
}

bool presence_holds(struct store_txn *txn, uint32_t refresh, uint64_t now)
{
	uint64_t since = presence_jumped_at(txn);
	return since && now <= since + refresh;
}

void presence_approve(struct store_txn *txn)
{
	store_set_number(txn, JUMPED_AT, 0);
}
