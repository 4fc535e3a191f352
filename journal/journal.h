/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The one log: append in the transaction of the change, read by seq, by zone and serial, verify the
 * chain. The head (last seq and digest) stands in STORE_META.
 */
#include "journal/entry.h"
#include "store/store.h"

/*
 * Gives the entry the next seq and its digest, appends it, and writes its rows of decided state
 * (journal/state.h). If its serials differ it can be found by the serial before; if it names a run,
 * the run gets it (journal/run.h). Writer's thread.
 * Returns the seq (0 after an error of the transaction).
 */
uint64_t journal_append(struct store_txn *, struct entry *, struct arena *);

/* The seq that the next journal_append will give: for what is stored beside the entry. */
uint64_t journal_next_seq(struct store_txn *);

/* A link of the chain. `bytes` is what the entries up to it took of the store, pruned ones too. */
struct journal_link {
	uint64_t seq;
	uint64_t bytes;
	uint8_t digest[DIGEST_LEN];
};

/* The last entry's; seq 0: nothing was logged yet. */
struct journal_link journal_head(struct store_txn *);
/* The last pruned entry's, to which the first that is there is chained; seq 0: none was pruned. */
struct journal_link journal_base(struct store_txn *);
/* For who makes a store anew: what stands in the log is not touched. */
void journal_set_head(struct store_txn *, const struct journal_link *);
/* For journal/prune.c. */
void journal_set_base(struct store_txn *, const struct journal_link *);

/* What an entry takes of the store whose value is so long: with its key, or in pages of its own. */
uint64_t journal_weight(size_t value_len);

/* First and last seq that are there; 0 and 0: none. */
void journal_range(struct store_txn *, uint64_t *first, uint64_t *last);

/* False: not there (pruned, or never was). A damaged one is an error of the transaction. */
bool journal_read(struct store_txn *, uint64_t seq, struct entry *, struct arena *);

/* The first entry that led from `serial` onward. False: unknown. */
bool journal_at_serial(struct store_txn *, uint32_t zone_id, uint32_t serial, uint64_t *seq);

/* Walks the chain from the base on (journal/chain.h does so in steps, and says why). `*bad` is the
 * first seq whose digest, CRC or order is wrong. True: all whole. */
bool journal_verify(struct store_txn *, uint64_t *checked, uint64_t *bad);
