/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/writer.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/container.h"
#include "base/log.h"
#include <assert.h>
#include <inttypes.h>
#include <semaphore.h>
#include <stdlib.h>

struct writer {
	struct store *store;
	void (*forget)(void *);
	void *context;
	struct writer_hook hook; /* with the lock, until the first job */
	struct turns *urgent;    /* with the lock */
	struct queue idle;
	pthread_t thread;
	/* One bell for both, and for stopping. */
	pthread_mutex_t lock;
	pthread_cond_t bell;
	bool is_rung, is_stopping, is_joined;
	struct {
		void (*wake)(void *);
		void *context;
	} watchers[WRITER_WATCHERS_MAX]; /* with the lock */
	size_t watcher_count;
	/* The thread's own */
	uint64_t cost_us; /* of the urgent job that ran last; not charged yet */
	uint64_t last_idle_us, idle_took_us, last_urgent_us;
	struct queue_link *dropped; /* at the stop */
	_Atomic uint64_t jobs, batches, commits, largest_batch, failed_commits, longest_us, stopped;
	struct histogram commit_times, batch_sizes;
};

/* The jobs of one transaction, in the order in which they ran. */
struct batch {
	struct writer_job *jobs[WRITER_BATCH_MAX + 1];
	/* Of the urgent ones, which come first. */
	struct turns_key turns[WRITER_BATCH_MAX];
	uint64_t cost_us[WRITER_BATCH_MAX], all_us;
	size_t count, urgent;
};

static struct writer_job *job_of(struct queue_link *link)
{
	return container_of(link, struct writer_job, link);
}

static void writer_ring(void *context)
{
	struct writer *w = context;
	pthread_mutex_lock(&w->lock);
	w->is_rung = true;
	pthread_cond_signal(&w->bell);
	pthread_mutex_unlock(&w->lock);
}

/* When an idle job is owed, whatever else there is. */
static uint64_t idle_owed_us(const struct writer *w)
{
	uint64_t wait = w->idle_took_us * WRITER_IDLE_PART;
	return w->last_idle_us + (wait > WRITER_IDLE_SHARE_US ? wait : WRITER_IDLE_SHARE_US);
}

/* When an idle job may run although nothing is known of the next urgent one. */
static uint64_t idle_due_us(const struct writer *w)
{
	uint64_t quiet = w->last_urgent_us + WRITER_QUIET_US, owed = idle_owed_us(w);
	return quiet < owed ? quiet : owed;
}

/* With the lock held: until the bell, a stop, or so long. */
static void sleep_until_rung(struct writer *w, uint64_t until_us)
{
	while (!w->is_rung && !w->is_stopping && condition_wait(&w->bell, &w->lock, until_us))
		;
}

static bool writer_has_urgent(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	bool has_urgent = turns_waiting(w->urgent) > 0;
	pthread_mutex_unlock(&w->lock);
	return has_urgent;
}

/* False: nothing waits, and nothing will come. */
static bool wait_for_work(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	for (;;) {
		bool is_stopping = w->is_stopping;
		w->is_rung = false;
		pthread_mutex_unlock(&w->lock);
		bool is_whole = store_mend(w->store);
		bool has_idle = queue_count(&w->idle) != 0;
		uint64_t due = has_idle ? idle_due_us(w) : CONDITION_FOREVER;
		if (writer_has_urgent(w))
			return true;
		if (has_idle && (is_stopping || clock_monotonic_us() >= due))
			return true;
		if (is_stopping)
			return false;
		if (!is_whole && clock_monotonic_us() + WRITER_MEND_US < due)
			due = clock_monotonic_us() + WRITER_MEND_US;
		pthread_mutex_lock(&w->lock);
		sleep_until_rung(w, due);
	}
}

static struct writer_job *next_urgent(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	turns_charge(w->urgent, w->cost_us);
	if (w->is_stopping && !w->dropped)
		w->dropped = turns_drop_clients(w->urgent);
	struct queue_link *link = turns_take(w->urgent);
	pthread_mutex_unlock(&w->lock);
	w->cost_us = 0;
	return link ? job_of(link) : NULL;
}

/* An idle job is taken when it is its time and nothing urgent came, or when it is owed. */
static struct writer_job *next_idle(struct writer *w, size_t urgent_count)
{
	if (urgent_count && clock_monotonic_us() < idle_owed_us(w))
		return NULL;
	struct queue_link *link = queue_take(&w->idle, 1);
	return link ? job_of(link) : NULL;
}

static void writer_run_one(struct writer_job *job, struct store_txn *txn)
{
	txn->may_use_reserve = false;
	txn->puts = 0;
	job->run(job, txn);
}

/* Runs what waits until the batch is full, its time is over, or the transaction is spoiled. */
static void writer_fill(struct writer *w, struct batch *batch, struct store_txn *txn)
{
	uint64_t started = clock_monotonic_us(), before = started;
	batch->count = batch->urgent = batch->all_us = 0;
	for (struct writer_job *job; (job = next_urgent(w)) != NULL;) {
		batch->turns[batch->count] = job->turn;
		batch->jobs[batch->count++] = job;
		if (!txn->error)
			writer_run_one(job, txn);
		uint64_t now = clock_monotonic_us();
		w->cost_us = now - before;
		before = now;
		batch->cost_us[batch->urgent++] = w->cost_us;
		batch->all_us += w->cost_us;
		if (w->cost_us > w->longest_us)
			w->longest_us = w->cost_us;
		if (txn->error || batch->count == WRITER_BATCH_MAX ||
		    now - started >= WRITER_BATCH_US)
			break;
	}
	struct writer_job *idle = next_idle(w, batch->count);
	if (!idle)
		return;
	w->last_idle_us = clock_monotonic_us();
	batch->jobs[batch->count++] = idle;
	if (!txn->error)
		writer_run_one(idle, txn);
	w->idle_took_us = clock_monotonic_us() - w->last_idle_us;
}

static void wake_watchers(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < w->watcher_count; i++)
		w->watchers[i].wake(w->watchers[i].context);
	pthread_mutex_unlock(&w->lock);
}

/* The end of a transaction. */
static enum store_error writer_finish(struct writer *w, struct store_txn *txn)
{
	bool is_dirty = txn->is_dirty;
	uint64_t began_us = clock_monotonic_us();
	enum store_error error = store_commit(txn);
	if (!error) {
		w->commits += is_dirty;
		if (is_dirty) {
			histogram_add(&w->commit_times, clock_monotonic_us() - began_us, 1);
			wake_watchers(w);
		}
		return STORE_OK;
	}
	w->failed_commits++;
	if (w->forget)
		w->forget(w->context);
	return error;
}

static void writer_begin(struct writer *w, struct store_txn *txn)
{
	store_write_begin(w->store, txn);
	if (w->hook.begin && !txn->error)
		w->hook.begin(w->hook.context, txn);
}

static enum store_error writer_end(struct writer *w, struct store_txn *txn)
{
	enum store_error error = writer_finish(w, txn);
	if (w->hook.end)
		w->hook.end(w->hook.context, !error);
	return error;
}

static void writer_charge(struct writer *w, const struct turns_key *turn, uint64_t us)
{
	pthread_mutex_lock(&w->lock);
	turns_charge_more(w->urgent, turn, us);
	pthread_mutex_unlock(&w->lock);
}

/* What the commit took is its jobs', as their runs are: who writes much makes it long. */
static void charge_commit(struct writer *w, const struct batch *batch, uint64_t us)
{
	pthread_mutex_lock(&w->lock);
	for (size_t i = 0; i < batch->urgent; i++) {
		uint64_t share = us * (batch->cost_us[i] + 1) / (batch->all_us + batch->urgent);
		turns_charge_more(w->urgent, &batch->turns[i], share);
	}
	pthread_mutex_unlock(&w->lock);
}

static enum store_error run_alone(struct writer *w, struct writer_job *job)
{
	struct store_txn txn;
	uint64_t started = clock_monotonic_us();
	struct turns_key turn = job->turn;
	writer_begin(w, &txn);
	if (!txn.error)
		writer_run_one(job, &txn);
	enum store_error error = writer_end(w, &txn);
	writer_charge(w, &turn, clock_monotonic_us() - started);
	return error;
}

/* The clients were not answered, and ask again. */
static void drop_waiting(struct writer *w)
{
	while (w->dropped) {
		struct writer_job *job = job_of(w->dropped);
		w->dropped = w->dropped->next;
		w->stopped++;
		job->outcome = TURNS_CLOSED;
		if (job->done)
			job->done(job, STORE_BROKEN);
	}
}

static void run_batch(struct writer *w, struct batch *batch)
{
	struct store_txn txn;
	writer_begin(w, &txn);
	writer_fill(w, batch, &txn);
	uint64_t filled = clock_monotonic_us();
	enum store_error error = writer_end(w, &txn);
	charge_commit(w, batch, clock_monotonic_us() - filled);
	w->batches++;
	w->jobs += batch->count;
	histogram_add(&w->batch_sizes, batch->count, 1);
	if (batch->count > w->largest_batch)
		w->largest_batch = batch->count;
	bool is_apart = error && batch->count > 1;
	for (size_t i = 0; i < batch->count; i++) {
		struct writer_job *job = batch->jobs[i];
		enum store_error own = is_apart ? run_alone(w, job) : error;
		if (job->done)
			job->done(job, own);
	}
	drop_waiting(w);
}

static void *write_on(void *context)
{
	struct writer *w = context;
	struct batch batch;
	w->last_idle_us = clock_monotonic_us();
	while (wait_for_work(w)) {
		bool is_urgent = writer_has_urgent(w);
		run_batch(w, &batch);
		/* Clients may answer from now on. */
		if (is_urgent)
			w->last_urgent_us = clock_monotonic_us();
	}
	if (w->stopped)
		log_info("updates that waited at the stop were dropped; their clients ask again",
			 "count=%" PRIu64, w->stopped);
	return NULL;
}

struct writer *writer_start(struct store *store, void (*forget)(void *), void *context)
{
	struct writer *w = calloc(1, sizeof *w);
	assert(w);
	w->store = store;
	w->forget = forget;
	w->context = context;
	w->commit_times.bounds = histogram_times;
	w->batch_sizes.bounds = histogram_numbers;
	w->urgent = turns_new();
	queue_init(&w->idle, WRITER_QUEUE_MAX, writer_ring, w);
	condition_init(&w->bell);
	int failed =
		pthread_mutex_init(&w->lock, NULL) || pthread_create(&w->thread, NULL, write_on, w);
	assert(!failed);
	return w;
}

void writer_begin_with(struct writer *w, const struct writer_hook *hook)
{
	pthread_mutex_lock(&w->lock);
	w->hook = *hook;
	pthread_mutex_unlock(&w->lock);
}

void writer_watch(struct writer *w, void (*wake)(void *), void *context)
{
	pthread_mutex_lock(&w->lock);
	assert(w->watcher_count < WRITER_WATCHERS_MAX);
	w->watchers[w->watcher_count].wake = wake;
	w->watchers[w->watcher_count++].context = context;
	pthread_mutex_unlock(&w->lock);
}

void writer_stop(struct writer *w)
{
	if (w->is_joined)
		return;
	assert(!pthread_equal(pthread_self(), w->thread));
	queue_close(&w->idle);
	pthread_mutex_lock(&w->lock);
	turns_close(w->urgent);
	w->is_stopping = true;
	pthread_cond_signal(&w->bell);
	pthread_mutex_unlock(&w->lock);
	int failed = pthread_join(w->thread, NULL);
	assert(!failed);
	w->is_joined = true;
}

void writer_free(struct writer *w)
{
	if (!w)
		return;
	writer_stop(w);
	pthread_cond_destroy(&w->bell);
	pthread_mutex_destroy(&w->lock);
	turns_free(w->urgent);
	queue_free(&w->idle);
	free(w);
}

bool writer_post(struct writer *w, struct writer_job *job, enum writer_urgency urgency)
{
	assert(job->run);
	if (urgency == WRITER_IDLE)
		return queue_put(&w->idle, &job->link);
	pthread_mutex_lock(&w->lock);
	enum turns_outcome outcome = turns_put(w->urgent, &job->turn, &job->link);
	/* A job that was put may be gone already when the lock is. */
	if (outcome != TURNS_PUT)
		job->outcome = outcome;
	w->is_rung = true;
	pthread_cond_signal(&w->bell);
	pthread_mutex_unlock(&w->lock);
	return outcome == TURNS_PUT;
}

struct writer_part writer_part_begin(uint64_t steps_max)
{
	return (struct writer_part){.until_us = clock_monotonic_us() + WRITER_PART_US,
				    .steps_max = steps_max};
}

bool writer_part_is_over(struct writer_part *part)
{
	part->steps++;
	return part->steps_max ? part->steps >= part->steps_max
			       : clock_monotonic_us() >= part->until_us;
}

/* Stands in the queue for a job that somebody waits for. */
struct call {
	struct writer_job job, *of;
	enum store_error error;
	sem_t is_done;
};

static void writer_call_run(struct writer_job *job, struct store_txn *txn)
{
	struct call *call = container_of(job, struct call, job);
	call->of->run(call->of, txn);
}

static void call_done(struct writer_job *job, enum store_error error)
{
	struct call *call = container_of(job, struct call, job);
	if (call->of->done)
		call->of->done(call->of, error);
	call->error = error;
	sem_post(&call->is_done);
}

enum store_error writer_call(struct writer *w, struct writer_job *job, enum writer_urgency urgency)
{
	struct call call = {.job = {.turn = job->turn, .run = writer_call_run, .done = call_done},
			    .of = job};
	assert(w->is_joined || !pthread_equal(pthread_self(), w->thread));
	sem_init(&call.is_done, 0, 0);
	if (!writer_post(w, &call.job, urgency))
		call.error = STORE_BROKEN;
	else
		while (sem_wait(&call.is_done) != 0)
			continue;
	sem_destroy(&call.is_done);
	return call.error;
}

void writer_stats(struct writer *w, struct writer_stats *stats)
{
	pthread_mutex_lock(&w->lock);
	uint64_t urgent = turns_waiting(w->urgent),
		 client_full = turns_refused(w->urgent, TURNS_CLIENT_FULL),
		 class_full = turns_refused(w->urgent, TURNS_CLASS_FULL);
	pthread_mutex_unlock(&w->lock);
	*stats = (struct writer_stats){
		.jobs = w->jobs,
		.batches = w->batches,
		.commits = w->commits,
		.largest_batch = w->largest_batch,
		.failed_commits = w->failed_commits,
		.waiting = urgent + queue_count(&w->idle),
		.client_full = client_full,
		.class_full = class_full,
		.longest_us = w->longest_us,
		.stopped = w->stopped,
	};
}

struct writer_histograms writer_histograms(const struct writer *w)
{
	return (struct writer_histograms){&w->commit_times, &w->batch_sizes};
}
