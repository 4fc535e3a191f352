/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Runs: work that takes more than one entry of the log, or that waits between two (a scavenging
 * run, an import, the deletion of a zone, a revert). A run's row says what it is, how it stands,
 * and which entries are its; it can be rebuilt from the log. journal_append keeps the span, and how
 * many records the run's entries removed: an entry that names a run belongs to it.
 *
 * Rows live in STORE_RUNS under the run's number, tagged fields in any order, as zones do.
 */
#include "journal/entry.h"
#include "store/store.h"

#define RUN_NOTE_MAX       256
#define RUN_KEEP_TYPES_MAX 16

enum run_kind { RUN_OTHER = 0, RUN_SCAVENGE, RUN_IMPORT, RUN_ZONE_DELETE, RUN_REVERT };

enum run_state {
	RUN_DONE = 0,
	RUN_UNDER_WAY,
	RUN_HELD,      /* the brake: waits for approve or cancel */
	RUN_CANCELLED, /* by an administrator, while it was held */
	RUN_ABANDONED, /* the server ended in it; what it did stands, and can be undone */
	RUN_FAILED,
};

struct run {
	uint64_t id;
	enum run_kind kind;
	enum run_state state;
	bool has_zone;
	uint32_t zone_id;
	struct dns_name zone;
	char principal[ENTRY_PRINCIPAL_MAX];
	uint64_t started_us, ended_us;
	uint64_t first_seq, last_seq; /* 0 and 0: no entry of it was written yet */
	uint64_t stale;               /* what a scavenging run found before it removed anything */
	uint64_t removed;             /* records that its entries removed; journal_append counts */
	uint64_t skipped;             /* stale, and refreshed before they were removed */
	uint64_t undone_by;           /* the run that reverted it; 0: none did */
	char note[RUN_NOTE_MAX];      /* why it is held, failed, ... */
	/* Of a scavenging run: what it was judged by, so that what was proposed stays what it is.
	 */
	uint64_t judged_at;  /* seconds */
	uint64_t judged_seq; /* the last entry of the log that it had seen */
	uint32_t no_refresh, refresh;
	uint16_t keep_types[RUN_KEEP_TYPES_MAX]; /* 0 ends */
};

/* False: not there. */
bool run_get(struct store_txn *, uint64_t id, struct run *);
/* Writer's thread. */
void run_put(struct store_txn *, const struct run *);

/* A new run, whose row is stored: number by journal_next_run; zone, principal and time as the
 * entry has them that its entries will be made from. Writer's thread. */
struct run run_begin(struct store_txn *, enum run_kind, enum run_state, const struct entry *as);

/* In journal_append: the entry, which has its seq, belongs to the run. Makes the row where there is
 * none. */
void run_note(struct store_txn *, const struct entry *);

/* Of a zone's scavenging runs: the one that is held, and the last that began. 0: there is none.
 * run_put keeps these. */
uint64_t run_held(struct store_txn *, uint32_t zone_id);
uint64_t run_last(struct store_txn *, uint32_t zone_id);
/* The zone goes, and what waits for its approval is cancelled. */
void run_forget_zone(struct store_txn *, uint32_t zone_id);

/* The newest run, at or below `id`, that is under way. False: there is none. */
bool run_under_way(struct store_txn *, uint64_t id, struct run *);

/* Drops rows of runs that ended and whose entries were all pruned: none is at `first_seq` or above.
 * At most `count`. Writer's thread. */
size_t run_prune(struct store_txn *, uint64_t first_seq, size_t count);

/* Newest first; a false from `each` ends it. */
void run_walk(struct store_txn *, bool (*each)(void *context, const struct run *), void *context);

const char *run_kind_name(enum run_kind);
const char *run_state_name(enum run_state);
