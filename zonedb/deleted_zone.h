/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A deleted zone: what the store keeps of a zone after its deletion, which is its id, settings and
 * rules, and under the id the tombstones of its names. By these the history of the names is found,
 * and the zone can be restored under the same id. It is removed when the last entry of the deletion
 * is pruned (journal/prune.c). Reads: any thread; changes: for an entry of the log, writer's
 * thread.
 *
 * A row of decided state (journal/state.h, STATE_DELETED_ZONE): the fields of the zone's row, and
 * "first-seq", "last-seq" (of the entries that removed its records), "deleted-at" (seconds),
 * "rules" (their text, where it had some).
 */
#include "zonedb/zone.h"

struct deleted_zone {
	struct zone zone; /* with its settings */
	uint64_t first_seq, last_seq, when;
};

/* Puts the row of the deleted zone; to be called before zone_delete, since it copies the zone's row
 * and rules. */
void deleted_zone_put(struct state_edit *, const struct deleted_zone *);

/* Reads the deleted zone of the apex with the lowest id above `id`; 0 begins. False: there is none.
 */
bool deleted_zone_next(struct store_txn *, const struct dns_name *apex, uint32_t id,
		       struct deleted_zone *);

/* That of the apex which was deleted last, whose id need not be the highest: one that came back may
 * have been deleted again. False: no zone of that name was deleted. */
bool deleted_zone_last(struct store_txn *, const struct dns_name *apex, struct deleted_zone *);

/*
 * Restores the zone under its id, with its settings and rules and without records, and removes the
 * row of the deleted zone; the tombstones remain. Writes the zone to the last argument.
 */
void deleted_zone_restore(struct state_edit *, const struct deleted_zone *, struct zone *);

/* Finds the closest apex at or above `name` of which there is a deleted zone. False: there is none.
 */
bool deleted_zone_find(struct store_txn *, const struct dns_name *name, struct dns_name *apex);
