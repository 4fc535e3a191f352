/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The one log: append in the transaction of the change, read by seq, by zone and serial, verify the
 * chain. The head (last seq and digest) stands in STORE_META.
 */
#include "journal/entry.h"
#include "store/store.h"

/*
 * Gives the entry the next seq and its digest, and appends it; if its serials differ it can be
 * found by the serial before. Writer's thread. Returns the seq (0 after an error of the
 * transaction).
 */
uint64_t journal_append(struct store_txn *, struct entry *, struct arena *);

/* The seq that the next journal_append will give: for what is stored beside the entry. */
uint64_t journal_next_seq(struct store_txn *);

/* First and last seq that are there; 0 and 0: none. */
void journal_range(struct store_txn *, uint64_t *first, uint64_t *last);

/* False: not there (pruned, or never was). A damaged one is an error of the transaction. */
bool journal_read(struct store_txn *, uint64_t seq, struct entry *, struct arena *);

/* The first entry that led from `serial` onward. False: unknown. */
bool journal_at_serial(struct store_txn *, uint32_t zone_id, uint32_t serial, uint64_t *seq);

/* A new number for a run (scavenging, import). */
uint64_t journal_next_run(struct store_txn *);

/* Walks the chain. `*bad` is the first seq whose digest, CRC or order is wrong. True: all whole. */
bool journal_verify(struct store_txn *, uint64_t *checked, uint64_t *bad);
