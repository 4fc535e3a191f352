/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A set of entries of the log that can be searched in both directions: all entries, those of some
 * zones (journal/index.h), or a list. A search of the log walks the smallest set that contains its
 * results. A set belongs to one thread and one transaction.
 */
#include "journal/index.h"

#define SEQ_SET_ZONES_MAX 64

struct seq_set {
	struct store_txn *txn;
	enum journal_log log;      /* whose entries; the change log's, unless it is set */
	struct index_piece *lanes; /* a zone each, with the piece that was read last */
	size_t lane_count;
	uint64_t *list; /* ascending, without doubles */
	size_t list_count;
	bool is_zones, is_list;
};

/* The set of all entries. seq_set_end frees each set. */
struct seq_set seq_set_all(struct store_txn *);
/* The entries of at most SEQ_SET_ZONES_MAX zones. */
struct seq_set seq_set_of_zones(struct store_txn *, const uint32_t *ids, size_t count);
/* The entries of a list, which was allocated by malloc. The set takes it, and sorts it. */
struct seq_set seq_set_of_list(struct store_txn *, uint64_t *list, size_t count);
void seq_set_end(struct seq_set *);

/* The first seq of the set at or above `at`; of the set of all entries `at` itself. False: there is
 * none. */
bool seq_set_from(struct seq_set *, uint64_t at, uint64_t *seq);
/* The last seq of the set at or below `at`. False: there is none. */
bool seq_set_to(struct seq_set *, uint64_t at, uint64_t *seq);
