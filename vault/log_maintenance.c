/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "vault/log_maintenance.h"
#include "base/clock.h"
#include "base/condition.h"
#include "base/container.h"
#include "base/log.h"
#include "journal/retention.h"
#include "store/writer.h"
#include "vault/checkpoints.h"
#include "vault/removals.h"
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#define RETAINER "system:retention"
/* Entries that one transaction prunes, and the rest between two. */
#define SLICE         200
#define REST_MS       20
#define LOOK_SECONDS  5
#define PRUNE_SECONDS 3600 /* between two passes, in real time */

struct log_maintenance {
	struct log_maintenance_options in;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	_Atomic bool stop;
	bool is_woken; /* under the lock */
};

struct slice {
	struct writer_job job;
	const struct log_maintenance_options *in;
	enum journal_log log;
	struct prune_result result;
	uint64_t before; /* entries that earlier slices of the pass pruned */
};

static void run_slice(struct writer_job *job, struct store_txn *txn)
{
	struct slice *slice = container_of(job, struct slice, job);
	struct store_usage usage;
	uint64_t now = clock_now_us(slice->in->clock);
	store_usage(slice->in->store, &usage);
	struct prune_rule rule = retention_rule(txn, slice->log, now, usage.size);
	slice->result = (struct prune_result){0};
	struct entry as = {.time_us = now, .principal = RETAINER, .transport = ENTRY_LOCAL};
	journal_prune(txn, &rule, SLICE, &as, &slice->result);
}

/* Between two slices, and between two looks. */
static void log_maintenance_rest(struct log_maintenance *log_maintenance, uint64_t milliseconds)
{
	uint64_t until_us = condition_after(milliseconds * 1000);
	pthread_mutex_lock(&log_maintenance->lock);
	while (!log_maintenance->is_woken && !log_maintenance->stop &&
	       condition_wait(&log_maintenance->woken, &log_maintenance->lock, until_us))
		;
	pthread_mutex_unlock(&log_maintenance->lock);
}

static void log_maintenance_prune(struct log_maintenance *log_maintenance, enum journal_log log)
{
	struct slice slice = {.job = {.run = run_slice}, .in = &log_maintenance->in, .log = log};
	enum store_error error;
	do {
		error = writer_call(log_maintenance->in.writer, &slice.job, WRITER_IDLE);
		slice.before += slice.result.entries;
		if (!error && slice.result.has_more)
			log_maintenance_rest(log_maintenance, REST_MS);
	} while (!error && slice.result.has_more && !log_maintenance->stop);
	if (error && !log_maintenance->stop)
		log_warning("the log could not be pruned", "log=%s error=\"%s\"",
			    journal_log_word(log), store_error_text(error));
	else if (slice.before)
		log_info("log pruned", "log=%s entries=%llu", journal_log_word(log),
			 (unsigned long long)slice.before);
}

/* Whether somebody woke it since the last look. */
static bool take_wake(struct log_maintenance *log_maintenance)
{
	pthread_mutex_lock(&log_maintenance->lock);
	bool is_woken = log_maintenance->is_woken;
	log_maintenance->is_woken = false;
	pthread_mutex_unlock(&log_maintenance->lock);
	return is_woken;
}

/* What was begun and interrupted. */
static void log_maintenance_finish(struct log_maintenance *log_maintenance)
{
	const struct log_maintenance_options *in = &log_maintenance->in;
	struct ptr_sync ptr = {.may = in->may_ptr, .context = in->may_context};
	removals_finish(in->writer, in->clock, &log_maintenance->stop);
	removals_make_ptr(in->writer, in->clock, &ptr, &log_maintenance->stop);
}

static void *log_maintenance_keep(void *argument)
{
	struct log_maintenance *log_maintenance = argument;
	struct sched_param none = {.sched_priority = 0};
	uint64_t last_us = clock_monotonic_us();
	if (sched_setscheduler(0, SCHED_IDLE, &none) != 0)
		log_debug("the log's keeper cannot lower its priority", "policy=idle");
	while (!log_maintenance->stop) {
		uint64_t now_us = clock_monotonic_us();
		bool is_woken = take_wake(log_maintenance);
		if (is_woken)
			log_maintenance_finish(log_maintenance);
		if (is_woken || now_us - last_us >= PRUNE_SECONDS * 1000000ull) {
			for (unsigned log = 0; log < JOURNAL_LOGS; log++)
				log_maintenance_prune(log_maintenance, (enum journal_log)log);
			last_us = now_us;
		}
		checkpoints_look(log_maintenance->in.checkpoints, false);
		log_maintenance_rest(log_maintenance, LOOK_SECONDS * 1000);
	}
	checkpoints_look(log_maintenance->in.checkpoints, true);
	return NULL;
}

struct log_maintenance *log_maintenance_start(const struct log_maintenance_options *options)
{
	struct log_maintenance *log_maintenance = calloc(1, sizeof *log_maintenance);
	assert(log_maintenance);
	log_maintenance->in = *options;
	log_maintenance->is_woken = true;
	condition_init(&log_maintenance->woken);
	pthread_mutex_init(&log_maintenance->lock, NULL);
	int failed = pthread_create(&log_maintenance->thread, NULL, log_maintenance_keep,
				    log_maintenance);
	assert(!failed);
	return log_maintenance;
}

void log_maintenance_stop(struct log_maintenance *log_maintenance)
{
	if (!log_maintenance)
		return;
	log_maintenance->stop = true;
	log_maintenance_wake(log_maintenance);
	pthread_join(log_maintenance->thread, NULL);
	pthread_cond_destroy(&log_maintenance->woken);
	pthread_mutex_destroy(&log_maintenance->lock);
	free(log_maintenance);
}

void log_maintenance_wake(struct log_maintenance *log_maintenance)
{
	if (!log_maintenance)
		return;
	pthread_mutex_lock(&log_maintenance->lock);
	log_maintenance->is_woken = true;
	pthread_cond_signal(&log_maintenance->woken);
	pthread_mutex_unlock(&log_maintenance->lock);
}
