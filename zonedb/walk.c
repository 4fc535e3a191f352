/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/walk.h"

void walk_from(struct walk *walk, struct store_txn *txn, const struct zone *zone,
	       const struct dns_name *under)
{
	uint8_t key[ZONE_KEY_MAX];
	size_t len = zone_key(key, zone, under);
	walk->zone = zone;
	walk->under = *under;
	store_walk_from(&walk->store, txn, STORE_NODES, bytes_of(key, len), len);
}

void walk_from_name(struct walk *walk, struct store_txn *txn, const struct zone *zone,
		    const struct dns_name *first)
{
	uint8_t key[ZONE_KEY_MAX], apex[ZONE_KEY_MAX];
	size_t len = zone_key(key, zone, first), apex_len = zone_key(apex, zone, &zone->apex);
	walk->zone = zone;
	walk->under = zone->apex;
	store_walk_from(&walk->store, txn, STORE_NODES, bytes_of(key, len), apex_len);
}

void walk_from_label(struct walk *walk, struct store_txn *txn, const struct zone *zone,
		     const struct dns_name *over, char first)
{
	uint8_t key[ZONE_KEY_MAX + 1];
	size_t len = zone_key(key, zone, over);
	key[len++] = (uint8_t)first;
	walk->zone = zone;
	walk->under = *over;
	store_walk_from(&walk->store, txn, STORE_NODES, bytes_of(key, len), len);
}

bool walk_next(struct walk *walk, struct dns_name *name, struct node *node)
{
	struct bytes key, value;
	if (!store_walk_next(&walk->store, &key, &value))
		return false;
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_take(&in, 4);
	struct bytes rest = bytes_of(in.at, bytes_in_left(&in));
	if (!dns_name_from_key(name, rest, &walk->zone->apex) || !node_open(node, value)) {
		store_fail(walk->store.txn, STORE_CORRUPT);
		return false;
	}
	return true;
}

void walk_end(struct walk *walk)
{
	store_walk_end(&walk->store);
}
