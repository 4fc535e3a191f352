/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/zone_owner.h"
#include "zonedb/principal.h"
#include "zonedb/walk.h"

#define ARE_FILLED "stakes-filled"
#define KEY_LEN    8
#define STAMP_LEN  5

static struct bytes zone_owner_key(uint32_t zone_id, uint32_t owner, uint8_t key[KEY_LEN])
{
	struct bytes_out out = bytes_out_of(key, KEY_LEN);
	bytes_out_u32(&out, zone_id);
	bytes_out_u32(&out, owner);
	return bytes_of(key, KEY_LEN);
}

bool zone_owner_has(struct store_txn *txn, uint32_t zone_id, uint32_t owner)
{
	uint8_t key[KEY_LEN];
	struct bytes value;
	return store_get(txn, STORE_ZONE_OWNERS, zone_owner_key(zone_id, owner, key), &value);
}

void zone_owner_put(struct store_txn *txn, uint32_t zone_id, uint32_t owner)
{
	uint8_t key[KEY_LEN];
	if (owner != PRINCIPAL_ANONYMOUS && !zone_owner_has(txn, zone_id, owner))
		store_put(txn, STORE_ZONE_OWNERS, zone_owner_key(zone_id, owner, key),
			  bytes_of(NULL, 0));
}

uint64_t zone_owner_refresh(struct store_txn *txn, uint32_t zone_id, uint32_t owner)
{
	uint8_t key[KEY_LEN];
	struct bytes value;
	if (!store_get(txn, STORE_ZONE_OWNERS, zone_owner_key(zone_id, owner, key), &value) ||
	    value.len != STAMP_LEN)
		return 0;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	return bytes_in_number(&in, STAMP_LEN);
}

void zone_owner_refreshed(struct store_txn *txn, uint32_t zone_id, uint32_t owner, uint64_t when)
{
	uint8_t key[KEY_LEN], value[STAMP_LEN];
	struct bytes_out out = bytes_out_of(value, sizeof value);
	uint64_t last = zone_owner_refresh(txn, zone_id, owner);
	if (owner == PRINCIPAL_ANONYMOUS || (last && when < last + ZONE_OWNER_REFRESH_S))
		return;
	bytes_out_number(&out, when, STAMP_LEN);
	store_put(txn, STORE_ZONE_OWNERS, zone_owner_key(zone_id, owner, key),
		  bytes_of(value, sizeof value));
}

void zone_owner_put_all(struct store_txn *txn, uint32_t zone_id, const struct edit_rrset *rrsets)
{
	uint32_t last = PRINCIPAL_ANONYMOUS;
	for (const struct edit_rrset *rrset = rrsets; rrset; rrset = rrset->next)
		for (const struct edit_record *r = rrset->records; r; r = r->next) {
			if (r->owner != last)
				zone_owner_put(txn, zone_id, r->owner);
			last = r->owner;
		}
}

static void fill_node(struct store_txn *txn, uint32_t zone_id, const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	while (node_walk_next(&walk, &record))
		zone_owner_put(txn, zone_id, record.owner);
}

void zone_owners_fill(struct store_txn *txn)
{
	if (store_number(txn, ARE_FILLED))
		return;
	struct zoneset *zones = zoneset_load(txn);
	for (size_t i = 0; zones && i < zoneset_count(zones); i++) {
		const struct zone *zone = zoneset_at(zones, i);
		struct walk walk;
		struct dns_name name;
		struct node node;
		walk_from(&walk, txn, zone, &zone->apex);
		while (walk_next(&walk, &name, &node))
			fill_node(txn, zone->id, &node);
		walk_end(&walk);
	}
	zoneset_free(zones);
	store_set_number(txn, ARE_FILLED, 1);
}
