/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The records of a zone that is about to go, written into the log as removed: so that the deletion
 * of a zone can be read, undone and replayed like any other change.
 */
#include "journal/journal.h"
#include "zonedb/zone.h"

/*
 * Appends entries, each made from `as` (kind, principal, run), that hold every record of the zone,
 * and leaves a tombstone for each name. Rows of `as` go with the first, and are taken out of it.
 * removal_end comes after it. Returns the number of records.
 */
uint64_t removal_records(struct store_txn *, const struct zone *, struct entry *as);

/*
 * Appends the last entry of the deletion: the zone's row, rules, reservations and notes go, what
 * is left of the zone is written (zonedb/deleted_zone.h), and a run that waits for approval is
 * cancelled. With the row goes all that is derived of it.
 */
void removal_end(struct store_txn *, const struct zone *, const struct entry *as);
