/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Values that are derived from rows of decided state and stored beside them: the apex of each
 * zone's number, the highest numbers of zones and runs, the held and the last run of a zone. When a
 * zone's row is removed, so is what is stored under its number: nodes, cuts, due index, serial
 * index, owners, counts. Its tombstones remain; they hold the last change of each name. And how
 * many zones have PTR to be made anew.
 *
 * journal/state.c calls this for each row that it writes, live and in a replay. Writes: writer's
 * thread; reads: any thread.
 */
#include "journal/state.h"

/* Updates the derived values by the change of a row. */
void state_derive(struct store_txn *, const struct state_change *);

/* The number of the next zone, which was never used before. */
uint32_t state_next_zone(struct store_txn *);
/* The apex of the zone with this number. False: there is none. */
bool state_zone_apex(struct store_txn *, uint32_t id, struct dns_name *apex);

/* How many zones have PTR to be made anew (zonedb/ptr_sync.h); and that there are none. */
uint64_t state_ptr_pending(struct store_txn *);
void state_ptr_forget(struct store_txn *);

/* Calls `each` for each zone's number and apex. */
void state_zone_numbers(struct store_txn *,
			void (*each)(void *context, uint32_t id, const struct dns_name *apex),
			void *context);

/* Read and set the number of a zone's delegations and DNAMEs. With 0, a lookup need not walk from
 * the apex: the settings version (store/settings.h) moves where there are none any more, or the
 * first. */
uint32_t state_cuts(struct store_txn *, uint32_t zone_id);
void state_set_cuts(struct store_txn *, uint32_t zone_id, uint32_t count);
