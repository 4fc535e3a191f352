/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A set of the log's entries that can be walked both ways by search: all of them, those of some
 * zones (journal/index.h), or a list. Who filters the log walks the smallest set that holds what he
 * looks for, so that a question costs what its answer is long. One thread, one snapshot.
 */
#include "journal/index.h"

#define SEQ_SET_ZONES_MAX 64

struct seq_set {
	struct store_txn *txn;
	struct index_piece *lanes; /* a zone each, with the piece that was read last */
	size_t lane_count;
	uint64_t *list; /* ascending, without doubles */
	size_t list_count;
	bool is_zones, is_list;
};

struct seq_set seq_set_all(struct store_txn *);
/* At most SEQ_SET_ZONES_MAX zones. */
struct seq_set seq_set_of_zones(struct store_txn *, const uint32_t *ids, size_t count);
/* Takes the list, which malloc made, and sorts it. */
struct seq_set seq_set_of_list(struct store_txn *, uint64_t *list, size_t count);
void seq_set_end(struct seq_set *);

/* The first of the set at or above `at`; of all: `at` itself. */
bool seq_set_from(struct seq_set *, uint64_t at, uint64_t *seq);
/* The last of the set at or below `at`. */
bool seq_set_to(struct seq_set *, uint64_t at, uint64_t *seq);
