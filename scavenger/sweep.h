/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A scavenging run: counts the stale records of a zone and, unless the brake holds the run, removes
 * them in small writer's jobs. A record that was refreshed meanwhile is skipped. Records are judged
 * by the moment at which the run began. Contested records are left (scavenger/plan.h); those that
 * are contested for more than two refresh windows are held until a person decides, which an entry
 * says (scavenger/contested_hold.h). They hold nothing else: whoever renews in vain on purpose
 * keeps no other record. Runs in the calling thread (the scavenger's, or that of a call) and waits
 * for the writer; one run at a time.
 */
#include "base/clock.h"
#include "journal/run.h"
#include "scavenger/plan.h"
#include "store/writer.h"

#define SWEEP_NAMES_PER_JOB 64

struct sweep_result {
	uint64_t run; /* 0: none was begun; of PLAN_RUN_HELD and PLAN_BRAKE the one that is held */
	uint64_t stale, names_visited, records_removed;
	uint64_t contested; /* stale, and left; not in `stale` */
	uint64_t overdue;   /* of these: held until a person decides */
	uint64_t skipped;   /* refreshed or changed meanwhile */
	uint64_t started_us, duration_us;
	enum plan_hold hold; /* why nothing was done: the first of `holds` */
	unsigned holds;
	char note[RUN_NOTE_MAX]; /* of the brake */
	enum store_error error;
};

/* Who asked for it. */
struct sweep_asker {
	const char *principal; /* "system:scavenger", or the administrator */
	const char *person;    /* who logged in behind it; NULL: the same */
	const char *comment;   /* why; NULL: it was not said */
};

struct sweep_context {
	struct store *store;
	struct writer *writer;
	const struct clock *clock;
	_Atomic bool *stop; /* set: end between jobs */
	struct sweep_asker asker;
};

/* Scavenges one zone. Appends the entries of its start (552), its removals (521) and its end (554),
 * or that of a held run. */
void sweep_zone(const struct sweep_context *, const struct zone *, struct sweep_result *);

struct sweep_approval {
	uint64_t run;
	bool takes_contested;
	/* Whether the contested record is meant; NULL: all are. */
	bool (*wants)(void *context, const struct zone *, const struct plan_item *);
	void *context;
};

/*
 * Goes on with a held run: removes at most the records that it proposed, and those that were
 * contested then if `takes_contested`. With `takes_contested` the run may also be one that ended
 * and left such records: a new run then removes these. A record is skipped if its name changed
 * since, or a delegation above it. If another condition of the zone fails, the run remains held.
 */
void sweep_approved(const struct sweep_context *, const struct sweep_approval *,
		    struct sweep_result *);

/* Cancels a held run; its entry is made from `as`. PLAN_MAY_RUN, or why the run is not held.
 * Writer's thread. */
enum plan_hold sweep_cancel(struct store_txn *, uint64_t run, struct entry *as);
