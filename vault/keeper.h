/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The log's keeper: a thread of the lowest priority that prunes what retention no longer keeps
 * (journal/retention.h), in small slices that wait until the writer has nothing better to do, and
 * has the chain's head signed in time (vault/checkpoints.h).
 */
#include "store/store.h"
#include <stdbool.h>
#include <stdint.h>

struct checkpoints;
struct clock;
struct keeper;
struct writer;

/* All of it outlives the thread. */
struct keeper_options {
	struct store *store;
	struct writer *writer;
	struct clock *clock;
	struct checkpoints *checkpoints; /* NULL: nothing is signed */
};
struct keeper *keeper_start(const struct keeper_options *);
/* Ends the thread; the writer must still take jobs. NULL: nothing to end. */
void keeper_stop(struct keeper *);
/* Something was set: look now. NULL: nobody does. */
void keeper_wake(struct keeper *);
