/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Runs: work that takes more than one entry of the log, or that waits between two (a scavenging
 * run, an import, the deletion of a zone, a revert). An entry that names a run belongs to it.
 *
 * A run's row says what it is, how it stands and what it was judged by: a row of decided state
 * (journal/state.h, STATE_RUN), changed by entries only. The first entry of the run makes it:
 *
 *      kind, state, zone, principal, zone-id, started, stale, skipped, undone-by, judged-at,
 *      judged-seq, no-refresh, refresh, keep-types ("A AAAA"), note
 *
 * What is empty or 0 is left out. Which entries belong to a run, and how many records they removed,
 * is derived from the log: journal_append keeps it in STORE_LOG_RUN (run_span). run_get gives both.
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
	uint64_t first_seq, last_seq; /* 0 and 0: no entry of it is known */
	uint64_t stale;               /* what a scavenging run found before it removed anything */
	uint64_t removed;             /* records that its entries removed */
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

/* Whether the row's fields make a run. */
bool run_is_row(struct bytes row);

/* For an entry of the log; nothing is stored before it is appended. What is derived of entries
 * (first_seq, last_seq, removed, ended_us) is not put. */
void run_put(struct state_edit *, const struct run *);
void run_del(struct state_edit *, uint64_t id);

/* A new run, not stored: its number is above all that were ever given; zone, principal and time are
 * those of the entry that its entries will be made from. Its row must be part of the next entry
 * that is appended: until then the number is not taken. */
struct run run_new(struct store_txn *, enum run_kind, enum run_state, const struct entry *as);
/* The same, put into the rows: the entry gets its number, and the rows so far. Where several
 * entries are made from it only the first may have the rows. */
void run_begin(struct state_edit *, enum run_kind, enum run_state, struct entry *as);

/* Of a zone's scavenging runs: the one that is held, and the last that began. 0: there is none.
 * Derived from rows. */
uint64_t run_held(struct store_txn *, uint32_t zone_id);
uint64_t run_last(struct store_txn *, uint32_t zone_id);
/* The zone's run that waits for approval, if there is one, is cancelled: its zone goes. */
void run_cancel_held(struct state_edit *, uint32_t zone_id, const char *note);

/*
 * For journal/state_derived.c, journal_append and replay. run_derive: the row is, or is not, there
 * from now on. run_note: the entry, which has its seq, and whose rows are written, belongs to its
 * run; that of a run without a row is passed over.
 */
void run_derive(struct store_txn *, const struct state_change *);
void run_note(struct store_txn *, const struct entry *);

/* Which entries belong to a run. */
struct run_span {
	uint64_t first_seq, last_seq, removed, ended_us;
};
/* False: none was noted. */
bool run_span(struct store_txn *, uint64_t id, struct run_span *);
/* It will be noted anew (vault/rebuild). */
void run_span_drop(struct store_txn *, uint64_t id);

/* The newest run, at or below `id`, that is under way. False: there is none. */
bool run_under_way(struct store_txn *, uint64_t id, struct run *);

/* Newest first; a false from `each` ends it. */
void run_walk(struct store_txn *, bool (*each)(void *context, const struct run *), void *context);

const char *run_kind_name(enum run_kind);
const char *run_state_name(enum run_state);
