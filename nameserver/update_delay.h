/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Delays updates over max-rate (nameserver/update_rate.h): holds them until they are due, in their
 * order, without delaying other principals. A thread passes each on at its time. Bounds: at most
 * UPDATE_DELAY_HELD_MAX updates and UPDATE_DELAY_BYTES_MAX bytes, and of each principal those due
 * within UPDATE_RATE_QUEUE_US. Any thread may call these functions.
 */
#include "base/clock.h"
#include "nameserver/update_rate.h"

#define UPDATE_DELAY_HELD_MAX  2048
#define UPDATE_DELAY_BYTES_MAX (4u << 20)

/* A member of the struct that is held. */
struct delayed_update {
	uint64_t due_us, number;
	size_t slot, bytes;
	/* Called once when it is due, in the thread of the delay. */
	void (*go)(struct delayed_update *);
};

struct update_delay;
struct update_delay *update_delay_start(const struct clock *);
/* Passes on all updates that are held, ends the thread and frees. */
void update_delay_stop(struct update_delay *);

enum update_delay_outcome {
	UPDATE_DELAY_AT_ONCE, /* it is due, and nothing of its slot is held: `go` is not called */
	UPDATE_DELAY_HELD,
	UPDATE_DELAY_FULL,
};
/* Holds an update, of which `go` and `bytes` are set. */
enum update_delay_outcome update_delay_hold(struct update_delay *, struct delayed_update *,
					    const struct update_rate_slot *);

/* When the next update is due; 0: none is held. For tests, whose clock stands still. */
uint64_t update_delay_next_due(struct update_delay *);
