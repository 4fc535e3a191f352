/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The owners in a zone: principals and groups that own records there, or have owned some, or for
 * which a name is kept: a row for each zone and owner, written with the owner's first record. It
 * remains when the last record goes, until the zone is deleted. Whether an owner has names now is
 * what their count says (zonedb/owned_names.h); without a row it has none, and nothing else needs
 * to be looked at.
 *
 *      STORE_ZONE_OWNERS:  4  zone id    4  owner's id   ->  nothing, or
 *              5  when a record of its was refreshed last, seconds, late by up to an hour
 *
 * Reads: any thread. Writes: writer's thread.
 */
#include "zonedb/edit.h"

bool zone_owner_has(struct store_txn *, uint32_t zone_id, uint32_t owner);
void zone_owner_put(struct store_txn *, uint32_t zone_id, uint32_t owner);
/* Adds the owners of all these records. */
void zone_owner_put_all(struct store_txn *, uint32_t zone_id, const struct edit_rrset *);

/* Fills the index by a walk over all zones, once, for a store of a version without it. */
void zone_owners_fill(struct store_txn *);

/* Notes that an update refreshed a record of the owner, when an hour has passed since the last
 * note. `anonymous` is many, and not noted. */
#define ZONE_OWNER_REFRESH_S 3600
void zone_owner_refreshed(struct store_txn *, uint32_t zone_id, uint32_t owner, uint64_t when);
/* When a record of the owner was refreshed last; 0: never, as far as the log reached back. */
uint64_t zone_owner_refresh(struct store_txn *, uint32_t zone_id, uint32_t owner);
