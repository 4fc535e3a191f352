/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The number of dynamic records of each zone, as `scavenge status` shows it. journal_append updates
 * it in the transaction of the change, so it is exact for every kind of change.
 *
 * It stands in STORE_META. A store of an older version has none; zonedb/dynamic_count.h counts
 * then.
 */
#include "journal/entry.h"
#include "store/store.h"

/* Reads the number. False: it was never counted. Any thread. */
bool dynamic_count(struct store_txn *, uint32_t zone_id, uint64_t *count);

/* Store the number, and remove it. Writer's thread. */
void dynamic_set(struct store_txn *, uint32_t zone_id, uint64_t count);
void dynamic_forget(struct store_txn *, uint32_t zone_id);

/* Updates the number by the changes of an entry. For journal_append; writer's thread. */
void dynamic_note(struct store_txn *, const struct entry *);
