/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reverts changes of records: takes back a set of changes of the log, record by record, unless a
 * record was changed since. `audit revert`, `scavenge undo`, `record restore` and `zone restore`
 * choose different sets (doc/decisions/012).
 *
 * Changes are taken oldest first, and their net effect on each record counts. Then a record that
 * was
 *
 *      added      is removed, unless it was changed since
 *      removed    comes back with its data, owner, stamp, class and TTL, unless its name was taken
 *                 by another owner, its RRset has got other data, or a CNAME prevents it
 *      altered    gets back those of TTL, owner, class and stamp that were altered
 *      refreshed  gets its stamp back, unless it was refreshed again
 *
 * A refresh does not count as a change since, nor does that a record went, as with its zone, and
 * was brought back as it was by a restore. A zone keeps its SOA and its last name server; serials
 * go forward. A record that cannot be taken back is a conflict, and stays as it is.
 *
 * A plan and an application do the same; only the application writes. A revert belongs to one
 * thread.
 */
#include "store/writer.h"
#include "zonedb/deleted_zone.h"
#include "zonedb/edit.h"

#define REVERT_CHANGES_MAX 5000000

struct revert;

struct revert *revert_open(void);
void revert_free(struct revert *);

/* Adds a change to the set; everything is copied. False: there would be more than
 * REVERT_CHANGES_MAX, or more than there is memory for (base/memory_room.h). */
bool revert_take(struct revert *, const struct entry *, const struct change *);
/* Whether memory was what it lacked. */
bool revert_lacks_memory(const struct revert *);
/* Says that only some changes of the entries were taken; their other changes then count as changes
 * since. */
void revert_take_parts(struct revert *);
/* Says that changes of this run do not count as changes since, as those of an earlier undo. */
void revert_ignore_run(struct revert *, uint64_t run);
/* Restores a deleted zone under its id, before its records. No zone may have its apex. */
void revert_revive(struct revert *, const struct deleted_zone *);

/* The number of changes in the set, and of names that they changed. */
size_t revert_count(const struct revert *);
size_t revert_names(const struct revert *);

/* A record that cannot be taken back. */
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

/* Functions that are called for each change and each conflict; either may be NULL. Their arguments
 * are valid until they return. */
struct revert_listener {
	void (*change)(void *context, const struct zone *, const struct change *);
	void (*conflict)(void *context, const struct revert_conflict *);
	void *context;
};

struct revert_result {
	uint64_t added, removed, altered, refreshed;
	uint64_t conflicts; /* records */
	uint64_t standing;  /* records that are already as they were before */
	uint64_t run;       /* 0: nothing was written */
	uint64_t first_seq, last_seq;
	uint64_t looked; /* entries of the log in which it was looked for changes since */
};

/* Calls the listener for what revert_apply would do now. Any thread, with its own transaction. */
void revert_plan(struct revert *, struct store_txn *, const struct revert_listener *,
		 struct revert_result *);

/*
 * Takes the changes back. Appends entries made from `as`, of its run: one for each zone, or several
 * if one would be too large, of which the first raises the serial. The first entry has the rows of
 * `as`, which then has none. Writer's thread.
 */
void revert_apply(struct revert *, struct store_txn *, struct entry *as,
		  const struct revert_listener *, struct revert_result *);

/*
 * Reads the histories of `count` names from name `at` on, as far as they are long, with a
 * transaction of the caller's: what was changed since a name's change that is to be undone is
 * looked for in them, and one client can make millions of entries about one name. The writer then
 * reads only those that came meanwhile. May be called again.
 */
void revert_look(struct revert *, struct store_txn *, size_t at, size_t count);

/* Sorts the names, when all changes are taken: otherwise the first plan or application does so,
 * which takes long for many, and should not in the writer's thread. */
void revert_sort(struct revert *);

/*
 * The same in parts, each in a transaction of its own: goes on at the name `*at`, 0 at first, and
 * adds to the result. What was changed between two parts counts as changed since. Each part raises
 * the serial of a zone that it changes. True: all is done.
 */
bool revert_apply_part(struct revert *, struct store_txn *, struct entry *as,
		       const struct revert_listener *, struct revert_result *, size_t *at,
		       struct writer_part *);
