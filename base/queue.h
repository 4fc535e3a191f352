/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A bounded queue: many threads put, one takes. Intrusive: an item embeds `struct queue_link`, so
 * putting allocates nothing. The taker may sleep in `queue_wait`, or be woken by a call of its own
 * (an event loop's async watcher). Items come out in the order in which they went in.
 */
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

/* `limit` items at most. `wake` is called from the putting thread. */
void queue_init(struct queue *, size_t limit, void (*wake)(void *), void *context);
void queue_free(struct queue *);

/* False: full or closed; the item stays the caller's. */
bool queue_put(struct queue *, struct queue_link *);

/* Everything that waits, up to `most`, as a list in order; NULL if nothing waits. Never blocks. */
struct queue_link *queue_take(struct queue *, size_t most);

/* Blocks until something waits, the queue is closed, or `timeout_us` passed (UINT64_MAX: never).
 * True: something waits. */
bool queue_wait(struct queue *, uint64_t timeout_us);

/* No more puts; a waiting taker wakes. What is in the queue can still be taken. */
void queue_close(struct queue *);

size_t queue_count(struct queue *);
