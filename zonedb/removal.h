/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The records of a zone that is about to go, written into the log as removed: so that the deletion
 * of a zone can be read, undone and replayed like any other change.
 */
#include "journal/journal.h"
#include "zonedb/zone.h"

/*
 * Appends entries of one run, each made from `as` (kind, principal, ...), that hold every record of
 * the zone, leaves a tomb for each name, and digs the zone's grave (zonedb/grave.h). zone_delete
 * comes after it. Returns the number of records.
 */
uint64_t removal_log(struct store_txn *, const struct zone *, const struct entry *as);
