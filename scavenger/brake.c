/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/brake.h"
#include "base/counted.h"
#include <inttypes.h>
#include <stdio.h>

uint64_t brake_reach(const struct zone *zone, uint64_t names)
{
	return zone->max_share && names > BRAKE_FEW ? names * 100 / zone->max_share + 1 : 0;
}

bool brake_holds(const struct zone *zone, const struct plan_count *goes, uint64_t all,
		 char note[RUN_NOTE_MAX])
{
	char count[COUNTED_TEXT_MAX];
	/* Rounded up, so that what is shown is above the limit where the share is. */
	uint64_t percent = all ? (goes->names * 100 + all - 1) / all : 100;
	if (zone->max_count && goes->records > zone->max_count) {
		snprintf(note, RUN_NOTE_MAX, "would remove %s, max-count is %" PRIu32,
			 counted(goes->records, "record", count), zone->max_count);
		return true;
	}
	if (zone->max_share && goes->names > BRAKE_FEW &&
	    goes->names * 100 > zone->max_share * all) {
		snprintf(note, RUN_NOTE_MAX,
			 "would remove records of %" PRIu64 " of %s (%" PRIu64
			 "%%), max-share is %" PRIu32 "%%",
			 goes->names, counted(all, "name", count), percent, zone->max_share);
		return true;
	}
	return false;
}

bool brake_would_hold(struct store_txn *txn, const struct zone *zone, const struct plan_count *goes,
		      char note[RUN_NOTE_MAX])
{
	return brake_holds(zone, goes, due_count(txn, zone, brake_reach(zone, goes->names)), note);
}
