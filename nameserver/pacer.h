/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Updates that are held until their turn (nameserver/rate.h): a principal that sends faster than
 * max-rate allows gets its updates applied later, in their order, and nobody else waits for them.
 * A thread of its own hands each on when it is due. Bounded: PACER_HELD_MAX of all principals,
 * PACER_BYTES_MAX, and of each what falls into RATE_QUEUE_US. Any thread may hold.
 */
#include "base/clock.h"
#include "nameserver/rate.h"

#define PACER_HELD_MAX  2048
#define PACER_BYTES_MAX (4u << 20)

/* Embedded in what is held. */
struct held {
	uint64_t due_us, number;
	size_t slot, bytes;
	/* Its turn has come: called once, in the pacer's thread. */
	void (*go)(struct held *);
};

struct pacer;
struct pacer *pacer_start(const struct clock *);
/* What is still held goes at once. */
void pacer_stop(struct pacer *);

enum pacer_outcome {
	PACER_AT_ONCE, /* it is due, and nothing of its slot is held: `go` is not called */
	PACER_HELD,
	PACER_FULL,
};
/* `go` and `bytes` are set. */
enum pacer_outcome pacer_hold(struct pacer *, struct held *, const struct rate_turn *);

/* When the next is due; 0: nothing is held. For tests, whose clock stands still. */
uint64_t pacer_next_due(struct pacer *);
