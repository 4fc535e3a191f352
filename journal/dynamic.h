/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How many dynamic records each zone has: what the brake's share is a share of. journal_append
 * keeps the number in the transaction of the change, so it is exact whatever changed the zone.
 *
 * It stands in STORE_META. A store of an older version has none; zonedb/dynamic_count.h counts
 * then.
 */
#include "journal/entry.h"
#include "store/store.h"

/* False: it was never counted. */
bool dynamic_count(struct store_txn *, uint32_t zone_id, uint64_t *count);

/* Writer's thread. */
void dynamic_set(struct store_txn *, uint32_t zone_id, uint64_t count);
void dynamic_forget(struct store_txn *, uint32_t zone_id);

/* In journal_append: what the entry's changes make of the number. */
void dynamic_note(struct store_txn *, const struct entry *);
