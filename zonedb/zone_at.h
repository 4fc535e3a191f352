/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads a zone as it was after an entry of the log: the stored names, with the changes of later
 * entries of the zone put back. Time grows with the number of these entries, memory with the
 * records that they changed. Works for a zone that was deleted since. Settings are not part of it.
 *
 * Any thread; the read transaction must not be renewed meanwhile. Errors stick to it:
 * STORE_NO_MEMORY where the changed names would take more than there is (base/memory_room.h).
 */
#include "zonedb/edit.h"

struct zone_at;

/* The zone after entry `seq`, to which the log must reach back. zone_at_close frees it. */
struct zone_at *zone_at_open(struct store_txn *, const struct zone *, uint64_t seq);
/* The next name that had records then, in canonical order from the apex; the node is valid until
 * the next call. False: there is no more, or the transaction failed. */
bool zone_at_next(struct zone_at *, struct dns_name *, struct node *);
void zone_at_close(struct zone_at *);

/* Reads one name by its chain of changes; the node lies in the arena. False: it had no records, or
 * the transaction failed. */
bool zone_at_node(struct store_txn *, const struct zone *, const struct dns_name *, uint64_t seq,
		  struct arena *, struct node *);

/* Whether the zone existed after entry `seq`, by its SOA. */
bool zone_at_has_zone(struct store_txn *, const struct zone *, uint64_t seq);
