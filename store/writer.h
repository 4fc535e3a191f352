/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The one hand that writes: a thread that takes what waits, runs each job in one write transaction,
 * commits once, and only then tells each job that it is done. So an answer that says NOERROR is
 * about something that is on disk, and one fsync serves the whole batch.
 *
 * Urgent jobs are taken in turns (store/turns.h), by whose they are and by the time that each took,
 * its share of the commit included, so that nobody waits for all that another has sent. A job is
 * never interrupted: what is long must come as several jobs, each of which does what fits into
 * WRITER_PART_US (writer_part).
 *
 * A batch that cannot be committed (the map or the disk is full) is run again job by job, each in a
 * transaction of its own, so that only what does not fit fails: a job may run twice, and must leave
 * nothing behind but what it puts into the transaction and into itself.
 *
 * Idle jobs (the scavenger's) run when nothing urgent came for WRITER_QUIET_US: clients that answer
 * each answer with the next request leave the queue empty for moments that are not idle. Under a
 * load without such a pause they are guaranteed a share: one in WRITER_IDLE_SHARE_US, in the commit
 * of what is urgent, unless that were more than one part in WRITER_IDLE_PART of the writer's time.
 */
#include "base/histogram.h"
#include "base/must_use.h"
#include "base/queue.h"
#include "store/store.h"
#include "store/turns.h"

#define WRITER_BATCH_MAX     256   /* jobs to a commit */
#define WRITER_BATCH_US      4000  /* and the longest a batch runs before it is committed */
#define WRITER_QUEUE_MAX     16384 /* idle jobs that wait; more are not taken */
#define WRITER_PART_US       8000  /* how long a part of something long may run */
#define WRITER_QUIET_US      2000
#define WRITER_IDLE_SHARE_US 25000
#define WRITER_IDLE_PART     80
#define WRITER_MEND_US       1000000 /* between two tries to open a failed store anew */

enum writer_urgency { WRITER_URGENT, WRITER_IDLE };

struct writer_job {
	struct queue_link link;     /* the writer's while the job is posted */
	struct turns_key turn;      /* whose it is; for urgent jobs */
	enum turns_outcome outcome; /* why an urgent job was not taken, or TURNS_CLOSED: dropped */
	/* Reads and writes through the transaction; sees what earlier jobs of the batch did. */
	void (*run)(struct writer_job *, struct store_txn *);
	/* After the commit, or after it failed for good (`run` may then never have been called); in
	 * the writer's thread. The job is the caller's again as soon as this is entered. With
	 * STORE_BROKEN and TURNS_CLOSED a client's job was dropped at the stop: it has not run. */
	void (*done)(struct writer_job *, enum store_error);
};

struct writer;

/*
 * Starts the thread. `forget` (may be NULL) is called in the writer's thread whenever a transaction
 * was thrown away: what jobs kept in memory from it is not so.
 */
MUST_USE struct writer *writer_start(struct store *, void (*forget)(void *context), void *context);

/*
 * What is done in each transaction before its jobs. `begin` may write; its error is the
 * transaction's. `end` tells whether what it wrote was committed. Both in the writer's thread.
 */
struct writer_hook {
	void (*begin)(void *context, struct store_txn *);
	void (*end)(void *context, bool is_committed);
	void *context;
};
/* Before the first job is posted. */
void writer_begin_with(struct writer *, const struct writer_hook *);

/*
 * `wake` is called in the writer's thread after each commit that wrote something: for who follows
 * what is on disk. It must be short, and wait for nothing. WRITER_WATCHERS_MAX at most; what it
 * touches must stay until writer_free.
 */
#define WRITER_WATCHERS_MAX 4
void writer_watch(struct writer *, void (*wake)(void *context), void *context);

/* Runs what waits of the server and of administrators, drops what waits of clients, who were not
 * answered and ask again, and ends the thread. Later posts are refused. */
void writer_stop(struct writer *);

/* Stops it if need be. The memory goes: for when nobody posts any more. */
void writer_free(struct writer *);

/* Any thread. False: too much waits, or the writer stops; the job stays the caller's. A client
 * tries again. */
MUST_USE bool writer_post(struct writer *, struct writer_job *, enum writer_urgency);

/* Posts and waits until it is done; `done` of the job may be NULL. Not from the writer's thread.
 * STORE_BROKEN if it could not be posted. */
MUST_USE enum store_error writer_call(struct writer *, struct writer_job *, enum writer_urgency);

/*
 * The time that a part of something long has. To be begun in `run`, and asked after each step; what
 * is left is for the next job. `steps_max` bounds a part instead of time in tests, whose
 * machines differ; 0: time does.
 */
struct writer_part {
	uint64_t until_us, steps, steps_max;
};
struct writer_part writer_part_begin(uint64_t steps_max);
bool writer_part_is_over(struct writer_part *);

struct writer_stats {
	uint64_t jobs, batches, commits, largest_batch, failed_commits, waiting;
	uint64_t client_full, class_full; /* jobs that were not taken (store/turns.h) */
	uint64_t longest_us;              /* that one job ran */
	uint64_t stopped;                 /* jobs of clients that were dropped at the stop */
};
void writer_stats(struct writer *, struct writer_stats *);

/* How long commits took that wrote something, in microseconds; and how many jobs the batches had.
 * They live as long as the writer. */
struct writer_histograms {
	const struct histogram *commits, *batches;
};
struct writer_histograms writer_histograms(const struct writer *);
