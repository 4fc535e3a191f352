/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a store holds of its zones, as text that two stores can be compared by: nodes with their
 * seq, owners by name; tombs, cuts and the due index. The ids of principals do not show.
 */
#include "store/store.h"
#include "zonedb/zone.h"

/* On the heap. */
char *dump_store(struct store_txn *);
/* The records of one zone, as lines `name ttl type data owner stamp class`; without seqs. */
char *dump_zone(struct store_txn *, const struct zone *);
