/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What is left of a deleted zone besides its log entries: which id it had, when it went, its
 * settings and rules; and under its id the tombstones of its names. So the past of its names can be
 * found, and the zone can be brought back as the same zone, under the same id. It goes when the
 * last entry of the deletion is pruned (journal/prune.c).
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

/* For the entry that deletes the zone, before zone_delete: its row and rules are copied. */
void deleted_zone_put(struct state_edit *, const struct deleted_zone *);

/* The next deleted zone of the apex with an id above `id`, ascending: 0 begins. False: there is no
 * more.
 */
bool deleted_zone_next(struct store_txn *, const struct dns_name *apex, uint32_t id,
		       struct deleted_zone *);

/* That of the apex which was deleted last, whose id need not be the highest: one that came back may
 * have been deleted again. False: no zone of that name was deleted. */
bool deleted_zone_last(struct store_txn *, const struct dns_name *apex, struct deleted_zone *);

/*
 * The zone comes back under its id, with its settings and rules and no records; the deleted zone is
 * gone, the tombstones stay. For an entry of the log; nothing is stored before it is appended.
 */
void deleted_zone_restore(struct state_edit *, const struct deleted_zone *, struct zone *);

/*
 * The closest apex at or above `name` for which there is a deleted zone. False: there is none.
 */
bool deleted_zone_find(struct store_txn *, const struct dns_name *name, struct dns_name *apex);
