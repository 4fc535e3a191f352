/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * When to look: a thread at the lowest priority the kernel gives (SCHED_IDLE, idle I/O class) that
 * runs a cycle over all zones each period. The period, the last and next run stand in STORE_META,
 * so that they survive restarts. An explicit run does not move the schedule.
 */
#include "scavenger/sweep.h"

struct schedule;

struct schedule *schedule_start(struct store *, struct writer *, const struct clock *);
/* Ends a cycle, and an explicit run, between two jobs; none begins any more. Waits for nothing. */
void schedule_halt(struct schedule *);
/* Halts, waits for the end, frees. */
void schedule_stop(struct schedule *);

/* The period or the clock was changed: look again. */
void schedule_wake(struct schedule *);

/* Period in seconds, 0: off. In a writer's job; log entry is the caller's. */
void schedule_set_period(struct store_txn *, uint32_t period, uint64_t now);

struct schedule_status {
	uint32_t period;
	uint64_t last_run, next_run; /* 0: never, none */
	uint64_t last_removed, last_duration_us;
	bool is_running;
};
void schedule_status(struct schedule *, struct store_txn *, struct schedule_status *);

/* Runs one zone (or all, NULL) now, in the caller's thread; waits for a running cycle to end.
 * `result` is called for each zone. */
void schedule_run_now(struct schedule *, const struct dns_name *zone, const char *principal,
		      void (*result)(void *context, const struct zone *,
				     const struct sweep_result *),
		      void *context);
