/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The scavenger's thread: runs a cycle over all zones when one is due
 * (scavenger/scavenge_settings.h), and looks at the clock (scavenger/clock_watch.h) at least each
 * minute. It has the lowest priority of the kernel (SCHED_IDLE, idle I/O class). The times of the
 * last and the next cycle are stored, so they survive a restart. An explicit run does not change
 * them. Unless a function says otherwise, any thread but the writer's may call it.
 */
#include "scavenger/clock_watch.h"
#include "scavenger/sweep.h"

struct schedule;

/* Notes an outage, marks runs as abandoned, and counts zones without a count, at the start of the
 * server. schedule_start does this; alone it is for a core without the thread. */
enum store_error schedule_settle(struct writer *, struct clock_watch *);
/* Stores that the server is running now. */
enum store_error schedule_beat(struct writer *, const struct clock *);

/* Starts the thread. */
struct schedule *schedule_start(struct store *, struct writer *, struct clock_watch *);
/* Ends a cycle and an explicit run between two jobs, and lets no other begin. Returns at once. */
void schedule_halt(struct schedule *);
/* Halts, waits for the end of the thread, and frees. */
void schedule_stop(struct schedule *);

/* Makes the thread look again, after a change of the settings or the clock. */
void schedule_wake(struct schedule *);
/* Looks at the clock, and stores what it did, before it returns. False: that could not be stored.
 */
bool schedule_look(struct schedule *);

struct schedule_status {
	struct scavenge_settings settings;
	uint64_t last_run, next_run; /* 0: never, none */
	uint64_t last_removed, last_duration_us;
	uint64_t overdue;   /* seconds since the next cycle should have been */
	uint64_t jumped_at; /* when the clock was set forward; 0: it was not */
	bool is_behind;     /* the clock is behind the log, whose time stands */
	bool is_running;
};
/* Reads the state of the thread, and the settings from the transaction. NULL: there is no thread.
 */
void schedule_status(struct schedule *, struct store_txn *, struct schedule_status *);

/* Scavenges one zone, or all (NULL), in the calling thread, after a running cycle has ended. Calls
 * `result` for each zone. False: the state of the clock could not be stored; zones for which
 * `result` was not called were not scavenged. */
bool schedule_run_now(struct schedule *, const struct dns_name *zone, const struct sweep_asker *,
		      void (*result)(void *context, const struct zone *,
				     const struct sweep_result *),
		      void *context);

/* Goes on with a held run (sweep_approved), in the calling thread. False: the state of the clock
 * could not be stored. */
bool schedule_approve(struct schedule *, const struct sweep_approval *, const struct sweep_asker *,
		      struct sweep_result *);
