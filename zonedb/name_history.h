/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Where a name's past begins, in the zone that is here and in those of the same name that were
 * deleted. Any thread.
 */
#include "zonedb/deleted_zone.h"

/* The seq of the name's last change; 0: nothing was ever there. */
uint64_t name_history_head(struct store_txn *, const struct zone *, const struct dns_name *);

/*
 * The zones that had an apex, the oldest first; the one that is here is the last, `is_here`. Begin
 * with zero.
 */
struct name_history_zone {
	struct zone zone;
	bool is_here;
	uint64_t first_gone, last_gone; /* the entries of its deletion */
};
bool name_history_next(struct store_txn *, const struct dns_name *apex, struct name_history_zone *);

/*
 * The zone with that apex as of entry `seq`: the one that is here, or one that was deleted later.
 * False: there was none.
 */
bool name_history_zone_at(struct store_txn *, const struct dns_name *apex, uint64_t seq,
			  struct zone *);

/* The same for the closest zone that held `name` then. */
bool name_history_place_at(struct store_txn *, const struct dns_name *name, uint64_t seq,
			   struct zone *);
