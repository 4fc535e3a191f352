/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/pacer.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* The clock may be set, by an operator or by a test: it is looked at so often while some are held.
 */
#define LOOK_EVERY_US 10000

struct pacer {
	const struct clock *clock;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_stopping;
	struct held *heap[PACER_HELD_MAX]; /* the first is due first */
	size_t count, bytes;
	uint64_t number;
	uint16_t held_of[RATE_SLOTS]; /* and not gone yet */
};

static bool is_before(const struct held *a, const struct held *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->number < b->number;
}

static void put(struct pacer *pacer, struct held *held)
{
	size_t at = pacer->count++;
	for (; at > 0 && is_before(held, pacer->heap[(at - 1) / 2]); at = (at - 1) / 2)
		pacer->heap[at] = pacer->heap[(at - 1) / 2];
	pacer->heap[at] = held;
}

static struct held *take(struct pacer *pacer)
{
	struct held *first = pacer->heap[0], *last = pacer->heap[--pacer->count];
	size_t at = 0;
	for (size_t child; (child = 2 * at + 1) < pacer->count; at = child) {
		if (child + 1 < pacer->count &&
		    is_before(pacer->heap[child + 1], pacer->heap[child]))
			child++;
		if (is_before(last, pacer->heap[child]))
			break;
		pacer->heap[at] = pacer->heap[child];
	}
	pacer->heap[at] = last;
	return first;
}

/* With the lock held: until something is due, or a short while. */
static void nap(struct pacer *pacer)
{
	struct timespec until;
	if (pacer->count == 0) {
		pthread_cond_wait(&pacer->changed, &pacer->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_EVERY_US * 1000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_cond_timedwait(&pacer->changed, &pacer->lock, &until);
}

/* With the lock held; without it while the held one goes. What comes meanwhile of its slot is held
 * behind it. */
static void let_go(struct pacer *pacer)
{
	struct held *held = take(pacer);
	size_t slot = held->slot, bytes = held->bytes;
	pthread_mutex_unlock(&pacer->lock);
	held->go(held);
	pthread_mutex_lock(&pacer->lock);
	pacer->held_of[slot]--;
	pacer->bytes -= bytes;
}

static void *run(void *argument)
{
	struct pacer *pacer = argument;
	pthread_mutex_lock(&pacer->lock);
	while (pacer->count > 0 || !pacer->is_stopping) {
		if (pacer->count > 0 &&
		    (pacer->is_stopping || pacer->heap[0]->due_us <= clock_now_us(pacer->clock)))
			let_go(pacer);
		else
			nap(pacer);
	}
	pthread_mutex_unlock(&pacer->lock);
	return NULL;
}

struct pacer *pacer_start(const struct clock *clock)
{
	struct pacer *pacer = calloc(1, sizeof(*pacer));
	assert(pacer);
	pacer->clock = clock;
	int failed = pthread_mutex_init(&pacer->lock, NULL);
	pthread_condattr_t attributes;
	failed |= pthread_condattr_init(&attributes);
	failed |= pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	failed |= pthread_cond_init(&pacer->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	failed |= pthread_create(&pacer->thread, NULL, run, pacer);
	assert(!failed);
	return pacer;
}

void pacer_stop(struct pacer *pacer)
{
	pthread_mutex_lock(&pacer->lock);
	pacer->is_stopping = true;
	pthread_cond_signal(&pacer->changed);
	pthread_mutex_unlock(&pacer->lock);
	pthread_join(pacer->thread, NULL);
	pthread_cond_destroy(&pacer->changed);
	pthread_mutex_destroy(&pacer->lock);
	free(pacer);
}

enum pacer_outcome pacer_hold(struct pacer *pacer, struct held *held, const struct rate_turn *turn)
{
	enum pacer_outcome outcome = PACER_HELD;
	pthread_mutex_lock(&pacer->lock);
	if (turn->due_us <= clock_now_us(pacer->clock) && pacer->held_of[turn->slot] == 0) {
		outcome = PACER_AT_ONCE;
	} else if (pacer->count == PACER_HELD_MAX || pacer->bytes + held->bytes > PACER_BYTES_MAX) {
		outcome = PACER_FULL;
	} else {
		held->due_us = turn->due_us;
		held->slot = turn->slot;
		held->number = ++pacer->number;
		pacer->held_of[turn->slot]++;
		pacer->bytes += held->bytes;
		put(pacer, held);
		pthread_cond_signal(&pacer->changed);
	}
	pthread_mutex_unlock(&pacer->lock);
	return outcome;
}

uint64_t pacer_next_due(struct pacer *pacer)
{
	pthread_mutex_lock(&pacer->lock);
	uint64_t due = pacer->count > 0 ? pacer->heap[0]->due_us : 0;
	pthread_mutex_unlock(&pacer->lock);
	return due;
}
