/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The maintenance of the log: a thread of idle priority that prunes entries by the retention
 * (journal/retention.h), in small writer's jobs of idle priority, and signs checkpoints
 * (vault/checkpoints.h).
 */
#include "store/store.h"
#include "zonedb/ptr_sync.h"
#include <stdbool.h>
#include <stdint.h>

struct checkpoints;
struct clock;
struct log_maintenance;
struct writer;

/* All of these must outlive the thread. */
struct log_maintenance_options {
	struct store *store;
	struct writer *writer;
	struct clock *clock;
	struct checkpoints *checkpoints; /* NULL: nothing is signed */
	/* Of which addresses PTR may be derived (zonedb/ptr_sync.h). */
	ptr_may_fn *may_ptr;
	void *may_context;
};
/* Starts the thread. */
struct log_maintenance *log_maintenance_start(const struct log_maintenance_options *);
/* Ends the thread and frees; the writer's thread must still run. NULL is allowed. */
void log_maintenance_stop(struct log_maintenance *);
/* Makes the thread look now, after a change of settings. Any thread. NULL is allowed. */
void log_maintenance_wake(struct log_maintenance *);
