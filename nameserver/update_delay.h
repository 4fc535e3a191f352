/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Updates that are held until their turn (nameserver/update_rate.h): a principal that sends faster
 * than max-rate allows gets its updates applied later, in their order, and nobody else waits for
 * them. A thread of its own hands each on when it is due. Bounded: UPDATE_DELAY_HELD_MAX of all
 * principals, UPDATE_DELAY_BYTES_MAX, and of each what falls into UPDATE_RATE_QUEUE_US. Any thread
 * may hold.
 */
#include "base/clock.h"
#include "nameserver/update_rate.h"

#define UPDATE_DELAY_HELD_MAX  2048
#define UPDATE_DELAY_BYTES_MAX (4u << 20)

/* Embedded in what is held. */
struct delayed_update {
	uint64_t due_us, number;
	size_t slot, bytes;
	/* Its turn has come: called once, in the thread that delays. */
	void (*go)(struct delayed_update *);
};

struct update_delay;
struct update_delay *update_delay_start(const struct clock *);
/* What is still held goes at once. */
void update_delay_stop(struct update_delay *);

enum update_delay_outcome {
	UPDATE_DELAY_AT_ONCE, /* it is due, and nothing of its slot is held: `go` is not called */
	UPDATE_DELAY_HELD,
	UPDATE_DELAY_FULL,
};
/* `go` and `bytes` are set. */
enum update_delay_outcome update_delay_hold(struct update_delay *, struct delayed_update *,
					    const struct update_rate_slot *);

/* When the next is due; 0: nothing is held. For tests, whose clock stands still. */
uint64_t update_delay_next_due(struct update_delay *);
