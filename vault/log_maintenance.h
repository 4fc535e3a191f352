/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Maintenance of the log: a thread of the lowest priority that prunes what retention no longer
 * keeps (journal/retention.h), in small slices that wait until the writer has nothing better to do,
 * and has the chain's head signed in time (vault/checkpoints.h).
 */
#include "store/store.h"
#include <stdbool.h>
#include <stdint.h>

struct checkpoints;
struct clock;
struct log_maintenance;
struct writer;

/* All of it outlives the thread. */
struct log_maintenance_options {
	struct store *store;
	struct writer *writer;
	struct clock *clock;
	struct checkpoints *checkpoints; /* NULL: nothing is signed */
};
struct log_maintenance *log_maintenance_start(const struct log_maintenance_options *);
/* Ends the thread; the writer must still take jobs. NULL: nothing to end. */
void log_maintenance_stop(struct log_maintenance *);
/* Something was set: look now. NULL: nobody does. */
void log_maintenance_wake(struct log_maintenance *);
