/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Names that are kept for somebody before they exist: no record stands for it, so nothing of it is
 * seen from outside. Whoever it is kept for may claim the name, and nobody else, whatever the rules
 * say; it stays until it is released or its zone goes.
 *
 *      STORE_RESERVED:  zone id, name  ->  4  owner's id
 *
 * Reads: any thread. Writes: in a write transaction.
 */
#include "zonedb/zone.h"

/* For whom; false: the name is not reserved. */
bool reservation_find(struct store_txn *, const struct zone *, const struct dns_name *,
		      uint32_t *owner);
void reservation_put(struct store_txn *, const struct zone *, const struct dns_name *,
		     uint32_t owner);
/* False: there was none. */
bool reservation_drop(struct store_txn *, const struct zone *, const struct dns_name *);

/* All of a zone, in canonical order. */
struct reservation_walk {
	struct store_walk store;
	const struct zone *zone;
};
void reservation_walk_from(struct reservation_walk *, struct store_txn *, const struct zone *);
bool reservation_next(struct reservation_walk *, struct dns_name *, uint32_t *owner);
void reservation_walk_end(struct reservation_walk *);
