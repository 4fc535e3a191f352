/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Walks the names of a zone, or of a part of it, in canonical order, for exports, listings and
 * transfers. Any thread, with its own transaction.
 */
#include "zonedb/node.h"
#include "zonedb/zone.h"

struct walk {
	struct store_walk store;
	const struct zone *zone;
	struct dns_name under;
};

/* Begins a walk over the names at or below `under`, which walk_end ends. */
void walk_from(struct walk *, struct store_txn *, const struct zone *,
	       const struct dns_name *under);
/* Begins a walk over the names of the zone from `first` on, itself included, to go on after a
 * break.
 */
void walk_from_name(struct walk *, struct store_txn *, const struct zone *,
		    const struct dns_name *first);
/* Begins a walk over the names below `over` whose label right below it begins with this character,
 * lower case: `_` for those that speak for a host. */
void walk_from_label(struct walk *, struct store_txn *, const struct zone *,
		     const struct dns_name *over, char first);
/* The next name and its node, which lies in the map. False: there is no more, or the transaction
 * failed. */
bool walk_next(struct walk *, struct dns_name *, struct node *);
void walk_end(struct walk *);
