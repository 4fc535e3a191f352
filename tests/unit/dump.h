/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a store holds of its zones, as text that two stores can be compared by: nodes with their
 * seq, owners by name; tombstones, cuts and the due index. The ids of principals do not show.
 */
#include "store/store.h"
#include "zonedb/zone.h"

/* On the heap. */
char *dump_store(struct store_txn *);
/* Runs, and which entries are theirs. */
char *dump_runs(struct store_txn *);
/* The records of one zone, as lines `name ttl type data owner stamp class`; without seqs. */
char *dump_zone(struct store_txn *, const struct zone *);
/* The same as of an entry of the log (zonedb/zone_at.h). */
char *dump_zone_at(struct store_txn *, const struct zone *, uint64_t seq);
