/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A scavenging run: stale records are removed in small writer's jobs, each record guarded by its
 * stamp: one that was refreshed meanwhile is skipped. Runs in the caller's thread (the schedule's,
 * or a control connection's) and waits for the writer; one run at a time.
 */
#include "base/clock.h"
#include "scavenger/plan.h"
#include "store/writer.h"

#define SWEEP_NAMES_PER_JOB 64

struct sweep_result {
	uint64_t run;
	uint64_t names_visited, records_removed, skipped; /* skipped: refreshed meanwhile */
	uint64_t started_us, duration_us;
	enum plan_hold hold; /* why nothing was done */
	enum store_error error;
};

struct sweep_context {
	struct store *store;
	struct writer *writer;
	const struct clock *clock;
	_Atomic bool *stop;    /* set: end between jobs */
	const char *principal; /* who asked: "system:scavenger", or the administrator */
};

/* One zone. Writes entries: run start (552), each removal (521), run end (554) with counts. */
void sweep_zone(const struct sweep_context *, const struct zone *, struct sweep_result *);
