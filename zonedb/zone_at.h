/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A zone as it was when an entry of the log had been written: what is here now, with what the later
 * entries of the zone have changed put back. Costs the zone's later entries in time, and the
 * records that they changed in memory; the zone itself is only walked. Works for a zone that was
 * deleted since. Settings do not come into it.
 *
 * A read transaction, which must not be renewed meanwhile. Errors stick to it.
 */
#include "zonedb/edit.h"

struct zone_at;

/* As of entry `seq`; the log must reach back to it. */
struct zone_at *zone_at_open(struct store_txn *, const struct zone *, uint64_t seq);
/* The names that held something then, in canonical order (the apex first); the node is good until
 * the next call. False: no more, or an error of the transaction. */
bool zone_at_next(struct zone_at *, struct dns_name *, struct node *);
void zone_at_close(struct zone_at *);

/* One name, by its chain; the node lies in the arena. False: nothing was there, or an error. */
bool zone_at_node(struct store_txn *, const struct zone *, const struct dns_name *, uint64_t seq,
		  struct arena *, struct node *);

/* Whether the zone had its SOA then: it did not before it was made. */
bool zone_at_has_zone(struct store_txn *, const struct zone *, uint64_t seq);
