/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/reservation.h"

#define VALUE_LEN 4

static bool unpack(struct store_txn *txn, struct bytes value, uint32_t *owner)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint32_t id = bytes_in_u32(&in);
	if (in.bad) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	*owner = id;
	return true;
}

bool reservation_find(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
		      uint32_t *owner)
{
	uint8_t key[ZONE_KEY_MAX];
	struct bytes value;
	return store_get(txn, STORE_RESERVED, bytes_of(key, zone_key(key, zone, name)), &value) &&
	       unpack(txn, value, owner);
}

void reservation_put(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
		     uint32_t owner)
{
	uint8_t key[ZONE_KEY_MAX], value[VALUE_LEN];
	struct bytes_out out = bytes_out_of(value, VALUE_LEN);
	bytes_out_u32(&out, owner);
	store_put(txn, STORE_RESERVED, bytes_of(key, zone_key(key, zone, name)),
		  bytes_of(value, VALUE_LEN));
}

bool reservation_drop(struct store_txn *txn, const struct zone *zone, const struct dns_name *name)
{
	uint8_t key[ZONE_KEY_MAX];
	return store_del(txn, STORE_RESERVED, bytes_of(key, zone_key(key, zone, name)));
}

void reservation_walk_from(struct reservation_walk *walk, struct store_txn *txn,
			   const struct zone *zone)
{
	uint8_t key[ZONE_KEY_MAX];
	size_t len = zone_key(key, zone, &zone->apex);
	walk->zone = zone;
	store_walk_from(&walk->store, txn, STORE_RESERVED, bytes_of(key, len), len);
}

bool reservation_next(struct reservation_walk *walk, struct dns_name *name, uint32_t *owner)
{
	struct bytes key, value;
	if (!store_walk_next(&walk->store, &key, &value))
		return false;
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_take(&in, 4); /* zone id */
	struct bytes rest = bytes_of(in.at, bytes_in_left(&in));
	if (dns_name_from_key(name, rest, &walk->zone->apex))
		return unpack(walk->store.txn, value, owner);
	store_fail(walk->store.txn, STORE_CORRUPT);
	return false;
}

void reservation_walk_end(struct reservation_walk *walk)
{
	store_walk_end(&walk->store);
}
