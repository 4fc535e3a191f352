/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The one engine of undo: what a set of changes of the log made of the zones, taken back where
 * nobody has changed it since. Reverts, the undo of runs, the restore of records and of deleted
 * zones are different sets for it.
 *
 * Changes are taken oldest first; of what they did to a record only the net counts. Then, record by
 * record:
 *
 *      added      is removed, or stays if somebody changed it since
 *      removed    comes back with its data, owner, stamp, class and TTL, unless its name was taken
 *                 by another, its set has got other data, or it cannot stand beside what is there
 *      altered    gets back those of TTL, owner, class and stamp that were altered
 *      refreshed  gets its stamp back, unless it was refreshed again
 *
 * A refresh is no change: it keeps nothing from being taken back. A zone keeps its SOA and its last
 * name server; serials move forward. What cannot be taken back is a conflict, and is left alone.
 *
 * A plan and an application walk the same way; only the latter writes. doc/decisions/012.
 */
#include "zonedb/deleted_zone.h"
#include "zonedb/edit.h"

#define REVERT_CHANGES_MAX 5000000

struct revert;

struct revert *revert_open(void);
void revert_free(struct revert *);

/* The change is to be undone; everything is copied. False: these would be too many. */
bool revert_take(struct revert *, const struct entry *, const struct change *);
/* Not all changes of an entry were taken: what it added besides counts as changed since. */
void revert_take_parts(struct revert *);
/* What this run did does not count as changed since: it undid what is to be undone again, say. */
void revert_ignore_run(struct revert *, uint64_t run);
/* A deleted zone comes back, under its id, before its records do. No zone has its apex. */
void revert_revive(struct revert *, const struct deleted_zone *);

/* Changes that were taken. */
size_t revert_count(const struct revert *);

/* What stands in the way. */
struct revert_conflict {
	const struct zone *zone; /* its apex and id alone, if it is no longer here */
	const struct dns_name *name;
	uint16_t type;
	struct bytes rdata;
	uint64_t undoes;  /* the entry that would have been undone, the last for this record */
	uint64_t seq;     /* the entry that is in the way; 0: none is */
	const char *by;   /* whose entry that is; NULL: nobody's */
	const char *text; /* "was changed since", "the name was claimed by key:b", ... */
	size_t records;   /* 1; more: all that were to be undone in a zone */
};

/* Told as they are found; what is told lives until the call returns. */
struct revert_listener {
	void (*change)(void *context, const struct zone *, const struct change *);
	void (*conflict)(void *context, const struct revert_conflict *);
	void *context;
};

struct revert_result {
	uint64_t added, removed, altered, refreshed;
	uint64_t conflicts; /* records */
	uint64_t standing;  /* records that are as they were before already */
	uint64_t run;       /* 0: nothing was written */
	uint64_t first_seq, last_seq;
};

/* Tells what revert_apply would do now. */
void revert_plan(struct revert *, struct store_txn *, const struct revert_listener *,
		 struct revert_result *);

/*
 * Does it: entries of the run of `as`, made from `as`, one for each zone where it fits, bounded
 * ones with one step of the serial otherwise. Rows of `as` go with the first, and are taken out of
 * it. In one transaction; writer's thread.
 */
void revert_apply(struct revert *, struct store_txn *, struct entry *as,
		  const struct revert_listener *, struct revert_result *);
