/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/brake.h"
#include <inttypes.h>
#include <stdio.h>

bool brake_holds(const struct zone *zone, uint64_t stale, uint64_t dynamic, char note[RUN_NOTE_MAX])
{
	/* Rounded up, so that what is shown is above the limit where the share is. */
	uint64_t percent = dynamic ? (stale * 100 + dynamic - 1) / dynamic : 100;
	if (zone->max_count && stale > zone->max_count) {
		snprintf(note, RUN_NOTE_MAX,
			 "would remove %" PRIu64 " records, max-count is %" PRIu32, stale,
			 zone->max_count);
		return true;
	}
	if (zone->max_share && stale > BRAKE_FEW && stale * 100 > zone->max_share * dynamic) {
		snprintf(note, RUN_NOTE_MAX,
			 "would remove %" PRIu64 " of %" PRIu64 " dynamic records (%" PRIu64
			 "%%), max-share is %" PRIu32 "%%",
			 stale, dynamic, percent, zone->max_share);
		return true;
	}
	return false;
}
