/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/run_recovery.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "zonedb/zone.h"
#include <inttypes.h>
#include <stdio.h>

static void log_abandoned(struct store_txn *txn, const struct run *run, uint64_t now_us)
{
	struct arena arena = {0};
	struct zone zone;
	char reason[RUN_NOTE_MAX + 64];
	struct state_edit rows = state_edit_of(txn, &arena);
	struct entry entry = {.time_us = now_us,
			      .kind = ENTRY_RUN,
			      .has_zone = run->has_zone,
			      .zone_id = run->zone_id,
			      .zone = run->zone,
			      .principal = "system:server",
			      .event = EVENT_RUN_ABANDON,
			      .reason = reason,
			      .run = run->id};
	snprintf(reason, sizeof(reason), "%s; removed=%" PRIu64, run->note, run->removed);
	if (run->has_zone && zone_get_by_id(txn, run->zone_id, &zone))
		entry.serial_before = entry.serial_after = zone_serial(txn, &zone);
	run_put(&rows, run);
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(txn, &entry, &arena);
	arena_free(&arena);
}

size_t run_recovery_abandon(struct store_txn *txn, uint64_t now_us)
{
	struct run run;
	size_t count = 0;
	for (uint64_t id = UINT64_MAX - 1; run_under_way(txn, id, &run); id = run.id - 1) {
		struct zone zone;
		/* The deletion of a zone goes on. */
		if (run.kind == RUN_ZONE_DELETE && run.has_zone &&
		    zone_get_by_id(txn, run.zone_id, &zone) && zone.deleting == run.id)
			continue;
		count++;
		run.state = RUN_ABANDONED;
		snprintf(run.note, sizeof(run.note), "the server ended in it");
		log_abandoned(txn, &run, now_us);
	}
	return count;
}
