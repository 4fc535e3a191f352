/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reservations: names that are kept for a principal before they exist. A reservation is not a
 * record, so queries and transfers do not show it. The principal may claim the name unless a rule
 * denies it; any other needs a rule `at` that name. It remains until it is released or its zone is
 * deleted.
 *
 * A row of decided state (journal/state.h, STATE_RESERVATION) with the fields "name" and "owner".
 *
 * Reads: any thread. Changes: for an entry of the log, writer's thread.
 */
#include "zonedb/zone.h"

/* The principal for which the name is reserved, in the arena. False: it is not reserved. */
bool reservation_find(struct store_txn *, const struct zone *, const struct dns_name *,
		      struct arena *, const char **owner);
void reservation_put(struct state_edit *, const struct zone *, const struct dns_name *,
		     const char *owner);
/* Lists the row's principal as an owner in the zone (zonedb/zone_owner.h), so that its
 * prerequisites are answered. Writer's thread. */
void reservation_stake(struct store_txn *, uint32_t zone_id, struct bytes row);
/* Removes the reservation of a name. False: there is none. */
bool reservation_drop(struct state_edit *, const struct zone *, const struct dns_name *);

/* A walk over the reservations of a zone, in canonical order; owners are in the arena. */
struct reservation_walk {
	struct state_walk rows;
	const struct zone *zone;
};
void reservation_walk_from(struct reservation_walk *, struct store_txn *, const struct zone *);
bool reservation_next(struct reservation_walk *, struct dns_name *, struct arena *,
		      const char **owner);
void reservation_walk_end(struct reservation_walk *);
