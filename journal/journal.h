/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The logs: appends entries in the transaction of the change, and reads them by seq, or by zone and
 * serial. There are three (journal/journal_log.h). Functions that take no log work on the change
 * log. Each entry is chained to the one before it by its digest; the head of the chain (last seq
 * and digest) is in STORE_META, those of the logs of refusals in STORE_LOCAL. Reads: any thread,
 * with its own transaction.
 */
#include "base/must_use.h"
#include "journal/entry.h"
#include "store/store.h"

/*
 * Appends an entry to its log: sets its seq, its time (journal/entry_time.h: what `time_us` says,
 * or later), its era and its digest, and writes its rows of decided state (journal/state.h) and its
 * indexes. If its serials differ, journal_at_serial finds it; if it names a run, it belongs to the
 * run (journal/run.h). An entry of a log of refusals has no changes, rows or run, and keeps its
 * time. Returns the seq; 0 after an error of the transaction. Writer's thread.
 */
uint64_t journal_append(struct store_txn *, struct entry *, struct arena *);

/* The seq of the next entry, for rows that refer to it. */
uint64_t journal_next_seq(struct store_txn *);

/* A link of the chain. `bytes` is the size in the store of all entries up to it, pruned ones
 * included. */
struct journal_link {
	uint64_t seq;
	uint64_t bytes;
	uint8_t digest[DIGEST_LEN];
};

/* The link of the last entry; seq 0: the log is empty. */
struct journal_link journal_head(struct store_txn *);
/* The link of the last pruned entry, to which the first entry is chained; seq 0: none was pruned.
 */
struct journal_link journal_base(struct store_txn *);
/* Sets the head without changing the log, for the tools that make a store. Writer's thread. */
void journal_set_head(struct store_txn *, const struct journal_link *);
/* Sets the base, for journal/prune.c. Writer's thread. */
void journal_set_base(struct store_txn *, const struct journal_link *);
/* The same of any log. */
struct journal_link journal_log_head(struct store_txn *, enum journal_log);
struct journal_link journal_log_base(struct store_txn *, enum journal_log);
void journal_log_set_head(struct store_txn *, enum journal_log, const struct journal_link *);
void journal_log_set_base(struct store_txn *, enum journal_log, const struct journal_link *);
/* Whether a word of STORE_LOCAL is that of a head or base, and of which log. */
bool journal_log_is_base_word(struct bytes word, enum journal_log *);

/* The heads of all logs. */
struct journal_seqs journal_log_heads(struct store_txn *);

/* The size in the store of an entry whose value has this length, in bytes. */
uint64_t journal_weight(size_t value_len);

/* The first and the last seq in the log; 0 and 0 if it is empty. */
void journal_range(struct store_txn *, uint64_t *first, uint64_t *last);
void journal_log_range(struct store_txn *, enum journal_log, uint64_t *first, uint64_t *last);

/* Reads an entry into the arena; its bytes remain in the map. False: there is none with this seq. A
 * damaged entry is an error of the transaction. */
MUST_USE bool journal_read(struct store_txn *, uint64_t seq, struct entry *, struct arena *);
bool journal_log_read(struct store_txn *, enum journal_log, uint64_t seq, struct entry *,
		      struct arena *);

/* The first entry that changed the zone's serial from `serial`. False: there is none. */
MUST_USE bool journal_at_serial(struct store_txn *, uint32_t zone_id, uint32_t serial,
				uint64_t *seq);

/* Walks the chain from the base on (journal/chain.h does so in steps, and says why). `*bad` is the
 * first seq whose digest, CRC or order is wrong. True: all whole. */
MUST_USE bool journal_verify(struct store_txn *, uint64_t *checked, uint64_t *bad);

/* Removes all of a log of refusals, its head and its indexes: it begins anew. */
void journal_log_empty(struct store_txn *, enum journal_log);
