/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "vault/keeper.h"
#include "base/clock.h"
#include "base/log.h"
#include "journal/retention.h"
#include "store/writer.h"
#include "vault/checkpoints.h"
#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RETAINER "system:retention"
/* Entries that one transaction prunes, and the rest between two. */
#define SLICE         200
#define REST_MS       20
#define LOOK_SECONDS  5
#define PRUNE_SECONDS 3600 /* between two passes, in real time */

struct keeper {
	struct keeper_options in;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	_Atomic bool stop;
	bool is_woken; /* under the lock */
};

struct slice {
	struct writer_job job;
	const struct keeper_options *in;
	struct prune_result result;
	uint64_t before; /* entries that earlier slices of the pass pruned */
};

static void run_slice(struct writer_job *job, struct store_txn *txn)
{
	struct slice *slice = (struct slice *)(void *)job;
	struct store_usage usage;
	uint64_t now = clock_now_us(slice->in->clock);
	store_usage(slice->in->store, &usage);
	struct prune_rule rule = retention_rule(txn, now, usage.size);
	slice->result = (struct prune_result){0};
	struct entry as = {.time_us = now, .principal = RETAINER, .transport = ENTRY_LOCAL};
	journal_prune(txn, &rule, SLICE, &as, &slice->result);
}

/* Between two slices, and between two looks. */
static void rest(struct keeper *keeper, uint64_t milliseconds)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(milliseconds / 1000);
	until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&keeper->lock);
	int expired = 0;
	while (!keeper->is_woken && !keeper->stop && !expired)
		expired = pthread_cond_timedwait(&keeper->woken, &keeper->lock, &until);
	pthread_mutex_unlock(&keeper->lock);
}

static void prune(struct keeper *keeper)
{
	struct slice slice = {.job = {.run = run_slice}, .in = &keeper->in};
	enum store_error error;
	do {
		error = writer_call(keeper->in.writer, &slice.job, WRITER_IDLE);
		slice.before += slice.result.entries;
		if (!error && slice.result.has_more)
			rest(keeper, REST_MS);
	} while (!error && slice.result.has_more && !keeper->stop);
	if (error && !keeper->stop)
		log_warning("the log could not be pruned", "error=\"%s\"", store_error_text(error));
	else if (slice.before)
		log_info("log pruned", "entries=%llu", (unsigned long long)slice.before);
}

/* Whether somebody woke it since the last look. */
static bool take_wake(struct keeper *keeper)
{
	pthread_mutex_lock(&keeper->lock);
	bool is_woken = keeper->is_woken;
	keeper->is_woken = false;
	pthread_mutex_unlock(&keeper->lock);
	return is_woken;
}

static void *keep(void *argument)
{
	struct keeper *keeper = argument;
	struct sched_param none = {.sched_priority = 0};
	uint64_t last_us = clock_monotonic_us();
	if (sched_setscheduler(0, SCHED_IDLE, &none) != 0)
		log_debug("the log's keeper cannot lower its priority", "policy=idle");
	while (!keeper->stop) {
		uint64_t now_us = clock_monotonic_us();
		if (take_wake(keeper) || now_us - last_us >= PRUNE_SECONDS * 1000000ull) {
			prune(keeper);
			last_us = now_us;
		}
		checkpoints_look(keeper->in.checkpoints, false);
		rest(keeper, LOOK_SECONDS * 1000);
	}
	checkpoints_look(keeper->in.checkpoints, true);
	return NULL;
}

struct keeper *keeper_start(const struct keeper_options *options)
{
	struct keeper *keeper = calloc(1, sizeof *keeper);
	assert(keeper);
	keeper->in = *options;
	keeper->is_woken = true;
	pthread_condattr_t attributes;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&keeper->woken, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&keeper->lock, NULL);
	int failed = pthread_create(&keeper->thread, NULL, keep, keeper);
	assert(!failed);
	return keeper;
}

void keeper_stop(struct keeper *keeper)
{
	if (!keeper)
		return;
	keeper->stop = true;
	keeper_wake(keeper);
	pthread_join(keeper->thread, NULL);
	pthread_cond_destroy(&keeper->woken);
	pthread_mutex_destroy(&keeper->lock);
	free(keeper);
}

void keeper_wake(struct keeper *keeper)
{
	if (!keeper)
		return;
	pthread_mutex_lock(&keeper->lock);
	keeper->is_woken = true;
	pthread_cond_signal(&keeper->woken);
	pthread_mutex_unlock(&keeper->lock);
}
