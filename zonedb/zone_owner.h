/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The owners in a zone: principals and groups that own records there, or did. Before anything
 * of a zone is told to somebody he must have some right in it (ownership.md, step 4), and that must
 * not cost a walk of the zone: one row for each zone and owner, written with the first record. It
 * stays when the last one goes; it goes with the zone.
 *
 *      STORE_ZONE_OWNERS:  4  zone id    4  owner's id   ->  nothing
 *
 * Reads: any thread. Writes: in a write transaction.
 */
#include "zonedb/edit.h"

bool zone_owner_has(struct store_txn *, uint32_t zone_id, uint32_t owner);
void zone_owner_put(struct store_txn *, uint32_t zone_id, uint32_t owner);
/* Of all who own records there. */
void zone_owner_put_all(struct store_txn *, uint32_t zone_id, const struct edit_rrset *);

/* Once, for a store of before there were zone owners: a walk over all zones. */
void zone_owners_fill(struct store_txn *);
