/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A scavenging run: what is stale is counted, and unless the brake holds it, removed in small
 * writer's jobs, each record guarded by its stamp: one that was refreshed meanwhile is skipped.
 * What is stale is judged once, by the moment at which the run began. Runs in the caller's thread
 * (the schedule's, or a control connection's) and waits for the writer; one run at a time.
 */
#include "base/clock.h"
#include "journal/run.h"
#include "scavenger/plan.h"
#include "store/writer.h"

#define SWEEP_NAMES_PER_JOB 64

struct sweep_result {
	uint64_t run; /* 0: none was begun; of PLAN_RUN_HELD and PLAN_BRAKE the one that is held */
	uint64_t stale, names_visited, records_removed;
	uint64_t skipped; /* refreshed or changed meanwhile */
	uint64_t started_us, duration_us;
	enum plan_hold hold; /* why nothing was done: the first of `holds` */
	unsigned holds;
	char note[RUN_NOTE_MAX]; /* of the brake */
	enum store_error error;
};

struct sweep_context {
	struct store *store;
	struct writer *writer;
	const struct clock *clock;
	_Atomic bool *stop;    /* set: end between jobs */
	const char *principal; /* who asked: "system:scavenger", or the administrator */
};

/* One zone. Writes entries: run start (552), each removal (521), run end (554) with counts; or the
 * one of a run that is held. */
void sweep_zone(const struct sweep_context *, const struct zone *, struct sweep_result *);

/*
 * Goes on with a run that is held: removes at most what it proposed then. A record whose name
 * changed since is skipped, and so is an address below a delegation that changed. What the zone's
 * other conditions hold stays held.
 */
void sweep_approved(const struct sweep_context *, uint64_t run, struct sweep_result *);

/* Ends a run that is held. In a writer's job; `as` is what its entry begins as. */
enum plan_hold sweep_cancel(struct store_txn *, uint64_t run, struct entry *as);
