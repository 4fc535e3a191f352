/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* All names of a zone, or of a part of it, in canonical order: exports, listings, transfers. */
#include "zonedb/node.h"
#include "zonedb/zone.h"

struct walk {
	struct store_walk store;
	const struct zone *zone;
	struct dns_name under;
};

/* Names at or below `under` (the apex: all). */
void walk_from(struct walk *, struct store_txn *, const struct zone *,
	       const struct dns_name *under);
/* All names of the zone from `first` on, itself included if it is there: to go on after a break. */
void walk_from_name(struct walk *, struct store_txn *, const struct zone *,
		    const struct dns_name *first);
/* False: no more, or an error of the transaction. The node lies in the map. */
bool walk_next(struct walk *, struct dns_name *, struct node *);
void walk_end(struct walk *);
