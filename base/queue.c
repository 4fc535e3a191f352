/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/queue.h"
#include "base/condition.h"
#include <assert.h>

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

void queue_init(struct queue *q, size_t limit, void (*wake)(void *), void *context)
{
	assert(limit > 0);
	*q = (struct queue){.limit = limit, .wake = wake, .context = context};
	q->last = &q->first;
	int failed = pthread_mutex_init(&q->lock, NULL);
	assert(!failed);
	condition_init(&q->filled);
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
	uint64_t until_us = condition_after(timeout_us);
	queue_lock(q);
	while (!q->first && !q->is_closed && condition_wait(&q->filled, &q->lock, until_us))
		;
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
