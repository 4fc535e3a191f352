/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Runs: work that consists of several entries of the log, or waits between two of them: a
 * scavenging run, an import, the deletion of a zone, a revert. An entry that names a run belongs to
 * it.
 *
 * A run's row (journal/state.h, STATE_RUN) holds its kind, its state and what it was judged by. The
 * first entry of the run makes it:
 *
 *      kind, state, zone, principal, zone-id, started, stale, skipped, undone-by, judged-at,
 *      judged-seq, no-refresh, refresh, contested, overdue, of-run, approved, keep-types ("A
 * AAAA"), note
 *
 * A field that is empty or 0 is absent. Which entries belong to a run, and how many records they
 * removed, is derived from the log: journal_append keeps it in STORE_LOG_RUN (run_span). run_get
 * gives both.
 */
#include "journal/entry.h"
#include "store/store.h"

#define RUN_NOTE_MAX       256
#define RUN_KEEP_TYPES_MAX 16

/* Kinds and states, with the words of their rows. */
#define RUN_KINDS(X)                                                                               \
	X(OTHER, "other")                                                                          \
	X(SCAVENGE, "scavenge")                                                                    \
	X(IMPORT, "import")                                                                        \
	X(ZONE_DELETE, "zone-delete")                                                              \
	X(REVERT, "revert")

enum run_kind {
#define RUN_KIND(name, word) RUN_##name,
	RUN_KINDS(RUN_KIND)
#undef RUN_KIND
		RUN_KIND_END,
};

#define RUN_STATES(X)                                                                              \
	X(DONE, "done")                                                                            \
	X(UNDER_WAY, "under-way")                                                                  \
	X(HELD, "held")           /* by the brake: it waits for approve or cancel */               \
	X(CANCELLED, "cancelled") /* by an administrator, while it was held */                     \
	X(ABANDONED, "abandoned") /* the server ended in it; its changes remain */                 \
	X(FAILED, "failed")

enum run_state {
#define RUN_STATE(name, word) RUN_##name,
	RUN_STATES(RUN_STATE)
#undef RUN_STATE
		RUN_STATE_END,
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
	uint64_t contested;           /* stale, and left since others renew them in vain */
	uint64_t overdue;             /* of these: held until a person decides */
	uint64_t of_run;              /* whose contested records it removes; 0: it is no such run */
	uint64_t undone_by;           /* the run that reverted it; 0: none did */
	char note[RUN_NOTE_MAX];      /* why it is held, failed, ... */
	/* Of a scavenging run: by what it was judged, which determines what it proposed. */
	uint64_t judged_at;   /* seconds */
	uint64_t judged_seq;  /* the last entry of the log that it had seen */
	uint64_t approved_us; /* when it went on after it was held; 0: it did not, or a version
				 before 0.2.0 wrote it */
	uint32_t no_refresh, refresh;
	uint16_t keep_types[RUN_KEEP_TYPES_MAX]; /* 0 ends */
};

/* Reads a run: its row, and what is derived from its entries. False: there is none. */
bool run_get(struct store_txn *, uint64_t id, struct run *);

/* Whether the row is that of a run. */
bool run_is_row(struct bytes row);

/* Put and remove a run's row, for an entry of the log; nothing is stored before that is appended.
 * first_seq, last_seq, removed and ended_us are not put: they are derived. Writer's thread. */
void run_put(struct state_edit *, const struct run *);
void run_del(struct state_edit *, uint64_t id);

/* Returns a new run that is not stored. Its number is higher than all before; zone, principal and
 * time are those of `as`, from which its entries are made. Its row must be in the next entry that
 * is appended; until then the number is not taken. */
struct run run_new(struct store_txn *, enum run_kind, enum run_state, const struct entry *as);
/* Makes a new run and puts its row into the rows; `as` gets its number and the rows. If several
 * entries are made from `as`, only the first may have the rows. */
void run_begin(struct state_edit *, enum run_kind, enum run_state, struct entry *as);

/* The number of the zone's scavenging run that is held, and of the one that began last; 0: there is
 * none. */
uint64_t run_held(struct store_txn *, uint32_t zone_id);
uint64_t run_last(struct store_txn *, uint32_t zone_id);
/* Cancels the zone's run that is held, if there is one, since the zone is deleted. */
void run_cancel_held(struct state_edit *, uint32_t zone_id, const char *note);

/*
 * For journal/state_derived.c, journal_append and replay alone. run_derive updates what is derived
 * from a row that changes. run_note adds an entry, which has its seq and whose rows are written, to
 * its run; an entry of a run without a row has no effect.
 */
void run_derive(struct store_txn *, const struct state_change *);
void run_note(struct store_txn *, const struct entry *);

/* The entries of a run. */
struct run_span {
	uint64_t first_seq, last_seq, removed, ended_us;
};
/* Reads them. False: no entry of the run was noted. */
bool run_span(struct store_txn *, uint64_t id, struct run_span *);
/* Removes them, before they are noted again (vault/rebuild.h). */
void run_span_drop(struct store_txn *, uint64_t id);

/* Reads the newest run with a number of at most `id` that is under way. False: there is none. */
bool run_under_way(struct store_txn *, uint64_t id, struct run *);

/* Calls `each` for each run, the newest first, until it returns false. */
void run_walk(struct store_txn *, bool (*each)(void *context, const struct run *), void *context);

/* How long it worked, without the time for which it was held; of one that was only held 0. */
uint64_t run_worked_us(const struct run *);

const char *run_kind_name(enum run_kind);
const char *run_state_name(enum run_state);
