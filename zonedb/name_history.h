/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Finds the beginning of a name's history, in the zone that exists and in deleted zones with the
 * same apex, and the zone that existed at a given entry. Any thread, with its own transaction.
 */
#include "zonedb/deleted_zone.h"

/* The seq of the name's last change in the zone, with which journal/history.h begins; 0: it never
 * had records. */
uint64_t name_history_head(struct store_txn *, const struct zone *, const struct dns_name *);

/*
 * The zones that have had an apex, in the order in which they were made; one that exists is the
 * last, with `is_here`, also when it came back after another had been made. At the first call the
 * value must be zero.
 */
struct name_history_zone {
	struct zone zone;
	bool is_here;
	uint64_t first_gone, last_gone; /* the entries of its deletion */
};
bool name_history_next(struct store_txn *, const struct dns_name *apex, struct name_history_zone *);

/*
 * The zone with this apex after entry `seq`: the one that exists, or one that was deleted later.
 * False: there was none.
 */
bool name_history_zone_at(struct store_txn *, const struct dns_name *apex, uint64_t seq,
			  struct zone *);

/* The closest zone that held `name` after entry `seq`. False: there was none. */
bool name_history_place_at(struct store_txn *, const struct dns_name *name, uint64_t seq,
			   struct zone *);
