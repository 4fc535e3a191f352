/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/update_delay.h"
#include "base/condition.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

/* The clock may be set, by an operator or by a test: it is looked at so often while some are held.
 */
#define LOOK_EVERY_US 10000

struct update_delay {
	const struct clock *clock;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_stopping;
	struct delayed_update *heap[UPDATE_DELAY_HELD_MAX]; /* the first is due first */
	size_t count, bytes;
	uint64_t number;
	uint16_t held_of[UPDATE_RATE_SLOTS]; /* and not gone yet */
};

static bool update_delay_is_before(const struct delayed_update *a, const struct delayed_update *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->number < b->number;
}

static void update_delay_put(struct update_delay *update_delay, struct delayed_update *held)
{
	size_t at = update_delay->count++;
	for (; at > 0 && update_delay_is_before(held, update_delay->heap[(at - 1) / 2]);
	     at = (at - 1) / 2)
		update_delay->heap[at] = update_delay->heap[(at - 1) / 2];
	update_delay->heap[at] = held;
}

static struct delayed_update *update_delay_take(struct update_delay *update_delay)
{
	struct delayed_update *first = update_delay->heap[0],
			      *last = update_delay->heap[--update_delay->count];
	size_t at = 0;
	for (size_t child; (child = 2 * at + 1) < update_delay->count; at = child) {
		if (child + 1 < update_delay->count &&
		    update_delay_is_before(update_delay->heap[child + 1],
					   update_delay->heap[child]))
			child++;
		if (update_delay_is_before(last, update_delay->heap[child]))
			break;
		update_delay->heap[at] = update_delay->heap[child];
	}
	update_delay->heap[at] = last;
	return first;
}

/* With the lock held: until something is due, or a short while. */
static void update_delay_nap(struct update_delay *update_delay)
{
	uint64_t until_us =
		update_delay->count > 0 ? condition_after(LOOK_EVERY_US) : CONDITION_FOREVER;
	condition_wait(&update_delay->changed, &update_delay->lock, until_us);
}

/* With the lock held; without it while the held one goes. What comes meanwhile of its slot is held
 * behind it. */
static void let_go(struct update_delay *update_delay)
{
	struct delayed_update *held = update_delay_take(update_delay);
	size_t slot = held->slot, bytes = held->bytes;
	pthread_mutex_unlock(&update_delay->lock);
	held->go(held);
	pthread_mutex_lock(&update_delay->lock);
	update_delay->held_of[slot]--;
	update_delay->bytes -= bytes;
}

static void *update_delay_run(void *argument)
{
	struct update_delay *update_delay = argument;
	pthread_mutex_lock(&update_delay->lock);
	while (update_delay->count > 0 || !update_delay->is_stopping) {
		if (update_delay->count > 0 &&
		    (update_delay->is_stopping ||
		     update_delay->heap[0]->due_us <= clock_now_us(update_delay->clock)))
			let_go(update_delay);
		else
			update_delay_nap(update_delay);
	}
	pthread_mutex_unlock(&update_delay->lock);
	return NULL;
}

struct update_delay *update_delay_start(const struct clock *clock)
{
	struct update_delay *update_delay = calloc(1, sizeof(*update_delay));
	assert(update_delay);
	update_delay->clock = clock;
	int failed = pthread_mutex_init(&update_delay->lock, NULL);
	condition_init(&update_delay->changed);
	failed |= pthread_create(&update_delay->thread, NULL, update_delay_run, update_delay);
	assert(!failed);
	return update_delay;
}

void update_delay_stop(struct update_delay *update_delay)
{
	pthread_mutex_lock(&update_delay->lock);
	update_delay->is_stopping = true;
	pthread_cond_signal(&update_delay->changed);
	pthread_mutex_unlock(&update_delay->lock);
	pthread_join(update_delay->thread, NULL);
	pthread_cond_destroy(&update_delay->changed);
	pthread_mutex_destroy(&update_delay->lock);
	free(update_delay);
}

enum update_delay_outcome update_delay_hold(struct update_delay *update_delay,
					    struct delayed_update *held,
					    const struct update_rate_slot *rate_slot)
{
	enum update_delay_outcome outcome = UPDATE_DELAY_HELD;
	pthread_mutex_lock(&update_delay->lock);
	if (rate_slot->due_us <= clock_now_us(update_delay->clock) &&
	    update_delay->held_of[rate_slot->slot] == 0) {
		outcome = UPDATE_DELAY_AT_ONCE;
	} else if (update_delay->count == UPDATE_DELAY_HELD_MAX ||
		   update_delay->bytes + held->bytes > UPDATE_DELAY_BYTES_MAX) {
		outcome = UPDATE_DELAY_FULL;
	} else {
		held->due_us = rate_slot->due_us;
		held->slot = rate_slot->slot;
		held->number = ++update_delay->number;
		update_delay->held_of[rate_slot->slot]++;
		update_delay->bytes += held->bytes;
		update_delay_put(update_delay, held);
		pthread_cond_signal(&update_delay->changed);
	}
	pthread_mutex_unlock(&update_delay->lock);
	return outcome;
}

uint64_t update_delay_next_due(struct update_delay *update_delay)
{
	pthread_mutex_lock(&update_delay->lock);
	uint64_t due = update_delay->count > 0 ? update_delay->heap[0]->due_us : 0;
	pthread_mutex_unlock(&update_delay->lock);
	return due;
}
