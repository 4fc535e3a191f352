/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/queue.h"
#include "base/clock.h"
#include <assert.h>
#include <errno.h>
#include <time.h>

static void queue_lock(struct queue *q)
{
	int failed = pthread_mutex_lock(&q->lock);
	assert(!failed);
}

static void queue_unlock(struct queue *q)
{
	int failed = pthread_mutex_unlock(&q->lock);
	assert(!failed);
}

static struct timespec deadline_after(uint64_t timeout_us)
{
	uint64_t us = clock_monotonic_us() + timeout_us;
	return (struct timespec){.tv_sec = (time_t)(us / 1000000),
				 .tv_nsec = (long)(us % 1000000 * 1000)};
}

void queue_init(struct queue *q, size_t limit, void (*wake)(void *), void *context)
{
	*q = (struct queue){.limit = limit, .wake = wake, .context = context};
	q->last = &q->first;
	pthread_condattr_t attr;
	int failed = pthread_mutex_init(&q->lock, NULL) || pthread_condattr_init(&attr) ||
		     pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) ||
		     pthread_cond_init(&q->filled, &attr);
	assert(!failed);
	pthread_condattr_destroy(&attr);
}

void queue_free(struct queue *q)
{
	pthread_cond_destroy(&q->filled);
	pthread_mutex_destroy(&q->lock);
}

bool queue_put(struct queue *q, struct queue_link *item)
{
	queue_lock(q);
	bool taken = !q->is_closed && q->count < q->limit;
	if (taken) {
		item->next = NULL;
		*q->last = item;
		q->last = &item->next;
		q->count++;
		pthread_cond_signal(&q->filled);
	}
	queue_unlock(q);
	if (taken && q->wake)
		q->wake(q->context);
	return taken;
}

struct queue_link *queue_take(struct queue *q, size_t most)
{
	queue_lock(q);
	struct queue_link *list = most ? q->first : NULL, **end = &list;
	for (size_t n = 0; n < most && *end; n++) {
		end = &(*end)->next;
		q->count--;
	}
	if (list) {
		q->first = *end;
		*end = NULL;
	}
	if (!q->first)
		q->last = &q->first;
	queue_unlock(q);
	return list;
}

bool queue_wait(struct queue *q, uint64_t timeout_us)
{
	bool forever = timeout_us == UINT64_MAX;
	struct timespec deadline = {0};
	if (!forever)
		deadline = deadline_after(timeout_us);
	queue_lock(q);
	int failed = 0;
	while (!q->first && !q->is_closed && failed != ETIMEDOUT) {
		if (forever)
			failed = pthread_cond_wait(&q->filled, &q->lock);
		else
			failed = pthread_cond_timedwait(&q->filled, &q->lock, &deadline);
		assert(failed == 0 || failed == ETIMEDOUT);
	}
	bool filled = q->first != NULL;
	queue_unlock(q);
	return filled;
}

void queue_close(struct queue *q)
{
	queue_lock(q);
	q->is_closed = true;
	pthread_cond_broadcast(&q->filled);
	queue_unlock(q);
	if (q->wake)
		q->wake(q->context);
}

size_t queue_count(struct queue *q)
{
	queue_lock(q);
	size_t count = q->count;
	queue_unlock(q);
	return count;
}
