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
 * The clock is looked at before each transaction of the writer: a hook of the writer's. A step of
 * more than ENTRY_TIME_SLACK_US is an entry `clock-step` of its own, before any that is written by
 * the new time:
 *
 *      forward   entries go on with the wall clock. By more than outage-grace, or of a machine that
 *                slept so long: nothing is scavenged for one refresh window of each zone, and the
 *                log and the bin are kept by the time without it (journal/clock_state.h), unless an
 *                administrator approves
 *      back      what takes back such a step, not yet approved, begins a new era (journal/era.h);
 *                the entry brings back available times of zones, the next and the last scavenging
 *                run. Otherwise time stands at the last entry's until the clock passes it, or an
 *                administrator says that it is right, which begins a new era too
 *
 * All rows that a step changes stand in its entry. A clock that comes back to where the log stands
 * is noted, and changes nothing.
 */
#include "base/clock.h"
#include "scavenger/scavenge_settings.h"
#include "store/writer.h"

#define CLOCK_WATCH_BEAT_SECONDS 120

/* What a clock showed when it was last believed. One owner, beside the writer. */
struct clock_watch {
	const struct clock *clock;
	_Atomic bool is_open;
	_Atomic int64_t offset_us; /* what it shows less what passed, when it was last believed */
	/* The writer's thread: a step that the transaction notes, and the last look. */
	bool has_noted;
	int64_t noted_offset_us;
	uint64_t shown_us, log_seq;
};

/* Closed: nothing but a clock that is behind the log is noted until clock_watch_begin. */
void clock_watch_init(struct clock_watch *, const struct clock *);
/* The hook for the writer (writer_begin_with). */
struct writer_hook clock_watch_hook(struct clock_watch *);

/* In a writer's job, once after the store was opened: an outage, a clock that was set meanwhile. A
 * missing beat is the first start. From now on steps are noted. */
void clock_watch_begin(struct clock_watch *, struct store_txn *);
/* In a writer's job. A clock that is behind the log beats nothing. */
void clock_watch_beat(struct store_txn *, uint64_t now);

/* Whether the clock was set since the last transaction. Any thread. */
bool clock_watch_is_stepped(const struct clock_watch *);

/* A step, as the hook notes it. Microseconds. */
struct clock_step {
	uint64_t from_us, to_us; /* what the clock would show, and shows */
	uint64_t since_us;       /* the first time that it can have shown since; forward */
	uint64_t left_seq;       /* the first entry that can have that time; forward */
};
void clock_watch_note(struct store_txn *, const struct clock_step *);

/* When the clock was set forward; 0: it was not, or that was approved. */
uint64_t clock_watch_jumped_at(struct store_txn *);
/* Whether that still holds a zone with this refresh window. */
bool clock_watch_holds(struct store_txn *, uint32_t refresh, uint64_t now);
/* Whether the log's time stands since the clock is behind it. */
bool clock_watch_is_behind(struct store_txn *, uint64_t now_us);
/* Whether there is anything to approve: a step forward, or a clock that is behind the log. */
bool clock_watch_is_in_doubt(struct store_txn *, uint64_t now_us);
/* An administrator says that the clock, which shows `now_us`, is right. For an entry of the log; if
 * the clock is behind the log, the entry that begins an era is written first. */
void clock_watch_approve(struct state_edit *, uint64_t now_us);
