/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What is derived from the rows of decided state and stored beside them, so that it need not be
 * looked for: which apex a zone's number belongs to, the highest numbers given to zones and runs, a
 * zone's held and last run. When a
 * zone's row goes, what is kept under its number goes too: nodes, cuts, due index, serial index,
 * owners, counts; its tombstones stay, which name the last change of each name.
 *
 * For journal/state.c, which calls it for each row that it writes, live and in a replay. Writer's
 * thread.
 */
#include "journal/state.h"

void state_derive(struct store_txn *, const struct state_change *);

/* The number that the next zone gets: never used before. */
uint32_t state_next_zone(struct store_txn *);
/* The apex of the zone of this number that is there. False: there is none. */
bool state_zone_apex(struct store_txn *, uint32_t id, struct dns_name *apex);

/* Each number that leads to an apex. */
void state_zone_numbers(struct store_txn *,
			void (*each)(void *context, uint32_t id, const struct dns_name *apex),
			void *context);

/* Delegation and DNAME points of a zone, counted: 0 means that no walk from the apex is needed. A
 * count that moves tells that settings changed. */
uint32_t state_cuts(struct store_txn *, uint32_t zone_id);
void state_set_cuts(struct store_txn *, uint32_t zone_id, uint32_t count);
