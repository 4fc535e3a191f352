/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Watches the clock, so that neither an outage nor a clock that was set wrong makes records stale:
 * it notes when the server was running, and whether the clock moves as time passes.
 *
 * A beat ("alive at") is stored each CLOCK_WATCH_BEAT_SECONDS and at the end. What lies between the
 * last beat and the start is an outage, if it is longer than outage-grace: each zone that ages
 * then becomes available later by as long as the server was down, counted from the start, one
 * refresh window at most.
 *
 * While the server runs, a clock that was set forward by more than outage-grace (or a machine that
 * slept so long) holds all scavenging for one refresh window of each zone, unless an administrator
 * approves. A clock that is set back holds nothing, ends a hold that began later than now, and
 * brings back zones that would be available later than one refresh window from now.
 *
 * Until the clock went on for a refresh window, or an administrator approves, the log and the bin
 * are kept by the time without a jump or an outage (journal/clock_state.h).
 */
#include "base/clock.h"
#include "scavenger/scavenge_settings.h"

#define CLOCK_WATCH_BEAT_SECONDS 120

/* In a writer's job, once after the store was opened; a missing beat is the first start. */
void clock_watch_begin(struct store_txn *, uint64_t now_us);
/* In a writer's job. */
void clock_watch_beat(struct store_txn *, uint64_t now);

/* What a clock showed when it was last believed. One owner. */
struct clock_watch {
	uint64_t shown_us, passed_us;
};
void clock_watch_open(struct clock_watch *, const struct clock *);
/* Seconds by which the clock was set, forward or back, if that is more than `grace`; else 0. */
int64_t clock_watch_jump(const struct clock_watch *, const struct clock *, uint32_t grace);
/* In a writer's job: the hold, and the entry of the log. */
void clock_watch_note_jump(struct store_txn *, uint64_t now_us, int64_t seconds);

/* When the clock was set forward; 0: it was not, or that was approved. */
uint64_t clock_watch_jumped_at(struct store_txn *);
/* Whether that still holds a zone with this refresh window. */
bool clock_watch_holds(struct store_txn *, uint32_t refresh, uint64_t now);
/* Whether there is anything to approve: a jump, or a clock that may be ahead. */
bool clock_watch_is_in_doubt(struct store_txn *, uint64_t now);
/* An administrator says that the clock is right. For an entry of the log. */
void clock_watch_approve(struct state_edit *);
