/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The indexes made anew: delegations, due, serials, the log's two, tombstones, numbers of
 * delegations and of dynamic records, ids of zones and principals, the log's head. From names, log,
 * zones and principals, into a store whose indexes are empty.
 */
#include "vault/report.h"

#define REPAIR_KEPT_MAX 64

/* False: `report->error`. */
bool rebuild_indexes(struct store *, struct report *);

/*
 * A store in `data` made anew from what is whole in it: rows of names, zones, keys, log, ... as
 * they are, the damaged ones too; the indexes from these. The old file stays under the name that
 * `kept` gets. False: `report->error`: the damage is in what nothing else holds.
 */
bool repair_store(const char *data, uint64_t map_size, char kept[REPAIR_KEPT_MAX], struct report *);
