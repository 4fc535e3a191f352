/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Names that are kept for a principal before they exist. No record stands for a reservation, so
 * nothing of it is seen from outside. The principal may claim the name unless a rule denies it, and
 * nobody else but by a rule `at` that name; it stays until it is released or its zone goes.
 *
 * A row of decided state (journal/state.h, STATE_RESERVATION) with the fields "name" and "owner".
 *
 * Reads: any thread. Changes: for an entry of the log.
 */
#include "zonedb/zone.h"

/* For whom, in the arena. False: the name is not reserved. */
bool reservation_find(struct store_txn *, const struct zone *, const struct dns_name *,
		      struct arena *, const char **owner);
void reservation_put(struct state_edit *, const struct zone *, const struct dns_name *,
		     const char *owner);
/* The row's principal gets a right in the zone, which lets its prerequisites be answered. Writer's
 * thread. */
void reservation_stake(struct store_txn *, uint32_t zone_id, struct bytes row);
/* False: there was none. */
bool reservation_drop(struct state_edit *, const struct zone *, const struct dns_name *);

/* All of a zone, in canonical order. */
struct reservation_walk {
	struct state_walk rows;
	const struct zone *zone;
};
void reservation_walk_from(struct reservation_walk *, struct store_txn *, const struct zone *);
bool reservation_next(struct reservation_walk *, struct dns_name *, struct arena *,
		      const char **owner);
void reservation_walk_end(struct reservation_walk *);
