/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What is left of a deleted zone besides its log entries: which id it had, when it went, its
 * settings and rules; and under its id the tombs of its names. So the past of its names can be
 * found, and the zone can be brought back as the same zone, under the same id. It goes when the
 * last entry of the deletion is pruned (journal/prune.c).
 *
 * STORE_ZONES: 'd', apex in key form, 00, id ->
 *
 *      8  seq of the first entry of the deletion    8  of the last    8  time, seconds
 *      2  length    n  settings, as in the zone's row
 *      n  rules, as in STORE_RULES; nothing: it had none
 */
#include "zonedb/zone.h"

struct grave {
	struct zone zone; /* with its settings */
	uint64_t first_seq, last_seq, when;
};

/* Writer's thread; the zone is still there, its row and rules are copied. */
void grave_dig(struct store_txn *, const struct grave *);

/* The next grave of the apex with an id above `id`, ascending: 0 begins. False: there is no more.
 */
bool grave_next(struct store_txn *, const struct dns_name *apex, uint32_t id, struct grave *);

/* The youngest of the apex; false: no zone of that name was deleted. */
bool grave_last(struct store_txn *, const struct dns_name *apex, struct grave *);

/*
 * The zone comes back under its id, with its settings and rules and no records; the grave is gone,
 * the tombs stay. Asserts that no zone has the apex. Writer's thread.
 */
void grave_open(struct store_txn *, const struct grave *, struct zone *);

/*
 * The closest apex at or above `name` for which there is a grave. False: there is none.
 */
bool grave_find(struct store_txn *, const struct dns_name *name, struct dns_name *apex);
