/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Makes the indexes of a store again from its names, log, zones and principals: delegations, due
 * index, serials, the indexes of the log, tombstones, the numbers of delegations and dynamic
 * records, the highest ids, the head of the log. For a store that no other process has open.
 */
#include "vault/report.h"

#define REPAIR_KEPT_MAX 64

/* Fills the indexes, which must be empty. False: `report->error` says why. */
bool rebuild_indexes(struct store *, struct report *);

/*
 * Makes the store in `data` again: copies the rows of all tables that are not indexes, also damaged
 * ones, and makes the indexes from them. The old file keeps a name that is written to `kept`.
 * False: `report->error` says why, as when the damage is in data that no other table holds.
 */
bool repair_store(const char *data, uint64_t map_size, char kept[REPAIR_KEPT_MAX], struct report *);
