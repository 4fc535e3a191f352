/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The deletion of a zone: writes its records into the log as removed, so that the deletion can be
 * read, undone and replayed as other changes can. A large zone is deleted in parts
 * (zonedb/removal_parts.h). Writer's thread.
 */
#include "journal/journal.h"
#include "zonedb/zone.h"

/*
 * Appends entries, each made from `as` (kind, principal, run), that hold every record of the zone,
 * and writes a tombstone for each name. The first has the rows of `as`, which then has none. The
 * caller then calls removal_end. Returns the number of records.
 */
uint64_t removal_records(struct store_txn *, const struct zone *, struct entry *as);

/*
 * Appends the last entry of the deletion, which removes the zone's row, rules, reservations and
 * notes, adds the deleted zone (zonedb/deleted_zone.h), and cancels a held run. What is derived
 * from the row is removed with it.
 */
void removal_end(struct store_txn *, const struct zone *, const struct entry *as);
