/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A bounded first-in, first-out queue into which many threads put items, and from which one takes
 * them. An item has a member of type struct queue_link, so putting allocates nothing. The thread
 * that takes sleeps in queue_wait, or is woken by `wake`.
 */
#include "base/must_use.h"
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queue_link {
	struct queue_link *next;
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct queue_link *first, **last;
	size_t count, limit;
	bool is_closed;
	void (*wake)(void *context); /* called after a put, lock not held; may be NULL */
	void *context;
};

/* Initialises a queue of at most `limit` items. `wake`, which may be NULL, is called by the thread
 * that puts. */
void queue_init(struct queue *, size_t limit, void (*wake)(void *), void *context);
void queue_free(struct queue *);

/* Puts an item. False: the queue is full or closed, and the item remains the caller's. */
MUST_USE bool queue_put(struct queue *, struct queue_link *);

/* Takes at most `most` items, a list in their order; NULL: the queue is empty. Never blocks. */
MUST_USE struct queue_link *queue_take(struct queue *, size_t most);

/* Waits until there is an item, the queue is closed, or `timeout_us` microseconds have passed
 * (UINT64_MAX: never). True: there is an item. */
bool queue_wait(struct queue *, uint64_t timeout_us);

/* Closes the queue for new items, and ends a queue_wait. Items in it can still be taken. */
void queue_close(struct queue *);

size_t queue_count(struct queue *);
