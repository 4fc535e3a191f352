/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * When to look: a thread at the lowest priority the kernel gives (SCHED_IDLE, idle I/O class) that
 * runs a cycle over all zones when one is due (scavenger/scavenge_settings.h), and looks at the
 * clock (scavenger/clock_watch.h) at least each minute. The last and next run stand in STORE_META,
 * so that they survive restarts. An explicit run does not move the schedule.
 */
#include "scavenger/clock_watch.h"
#include "scavenger/sweep.h"

struct schedule;

/* What a start finds: an outage, runs that the last end cut short, zones that were never counted.
 * schedule_start does it; alone it is for a core without the thread. */
enum store_error schedule_settle(struct writer *, const struct clock *);
/* The server was there now. */
enum store_error schedule_beat(struct writer *, const struct clock *);

struct schedule *schedule_start(struct store *, struct writer *, const struct clock *);
/* Ends a cycle, and an explicit run, between two jobs; none begins any more. Waits for nothing. */
void schedule_halt(struct schedule *);
/* Halts, waits for the end, frees. */
void schedule_stop(struct schedule *);

/* The period or the clock was changed: look again. */
void schedule_wake(struct schedule *);
/* The clock is looked at, and what it did is stored, before this returns. False: it could not be.
 */
bool schedule_look(struct schedule *);

struct schedule_status {
	struct scavenge_settings settings;
	uint64_t last_run, next_run; /* 0: never, none */
	uint64_t last_removed, last_duration_us;
	uint64_t overdue;   /* seconds since the next cycle should have been */
	uint64_t jumped_at; /* when the clock was set forward; 0: it was not */
	bool is_running;
};
void schedule_status(struct schedule *, struct store_txn *, struct schedule_status *);

/* Runs one zone (or all, NULL) now, in the caller's thread; waits for a running cycle to end.
 * `result` is called for each zone. False: what the clock did could not be stored, and what no
 * `result` was told of did not run.
 */
bool schedule_run_now(struct schedule *, const struct dns_name *zone, const char *principal,
		      void (*result)(void *context, const struct zone *,
				     const struct sweep_result *),
		      void *context);

/* Goes on with a held run (sweep_approved), in the caller's thread. */
bool schedule_approve(struct schedule *, uint64_t run, const char *principal,
		      struct sweep_result *);
