/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/due.h"

#define STAMP_LEN   5
#define DUE_KEY_MAX (STAMP_LEN + ZONE_KEY_MAX)

struct due_key {
	uint8_t bytes[DUE_KEY_MAX];
	size_t len; /* 0: longer than a key may be */
};

static struct due_key key_of(const struct zone *zone, uint64_t stamp, const struct dns_name *name)
{
	struct due_key key;
	uint8_t of_name[ZONE_KEY_MAX];
	size_t len = zone_key(of_name, zone, name);
	struct bytes_in in = bytes_in_of(of_name, len);
	struct bytes_out out = bytes_out_of(key.bytes, STORE_KEY_MAX);
	bytes_out_u32(&out, bytes_in_u32(&in));
	bytes_out_number(&out, stamp, STAMP_LEN);
	bytes_out_put(&out, in.at, bytes_in_left(&in));
	key.len = out.full ? 0 : bytes_out_len(&out);
	return key;
}

size_t due_key(uint8_t out[STORE_KEY_MAX], const struct zone *zone, uint64_t stamp,
	       const struct dns_name *name)
{
	struct due_key key = key_of(zone, stamp, name);
	memcpy(out, key.bytes, key.len);
	return key.len;
}

static bool oldest_in_edit(const struct edit_name *name, uint64_t *stamp)
{
	bool has = false;
	for (const struct edit_rrset *s = name->rrsets; s; s = s->next) {
		for (const struct edit_record *r = s->records; r; r = r->next) {
			if (r->class != RECORD_DYNAMIC || (has && r->stamp >= *stamp))
				continue;
			*stamp = r->stamp;
			has = true;
		}
	}
	return has;
}

void due_move(struct store_txn *txn, const struct zone *zone, const struct edit_name *name)
{
	uint64_t was = 0, is = 0;
	bool had = name->is_stored && due_oldest(&name->stored, &was);
	bool has = oldest_in_edit(name, &is);
	if (had == has && was == is)
		return;
	struct due_key key;
	if (had && (key = key_of(zone, was, &name->name)).len)
		store_del(txn, STORE_DUE, bytes_of(key.bytes, key.len));
	if (has && (key = key_of(zone, is, &name->name)).len)
		store_put(txn, STORE_DUE, bytes_of(key.bytes, key.len), bytes_of(NULL, 0));
}

void due_add(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
	     uint64_t stamp)
{
	struct due_key key = key_of(zone, stamp, name);
	if (key.len)
		store_append(txn, STORE_DUE, bytes_of(key.bytes, key.len), bytes_of(NULL, 0));
}

bool due_oldest(const struct node *node, uint64_t *stamp)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	struct node_record record;
	bool has = false;
	while (node_next_rrset(&in, &rrset)) {
		struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
		while (node_next_record(&records, &record)) {
			if (record.class != RECORD_DYNAMIC || (has && record.stamp >= *stamp))
				continue;
			*stamp = record.stamp;
			has = true;
		}
	}
	return has;
}

void due_walk_from(struct due_walk *walk, struct store_txn *txn, const struct zone *zone,
		   uint64_t before)
{
	struct due_key from = key_of(zone, 0, &zone->apex);
	walk->zone = zone;
	walk->before = before;
	store_walk_from(&walk->walk, txn, STORE_DUE, bytes_of(from.bytes, from.len), 4);
}

void due_walk_after(struct due_walk *walk, struct store_txn *txn, const struct zone *zone,
		    uint64_t before, const struct due_place *place)
{
	struct due_key from = key_of(zone, place->stamp, &place->name);
	walk->zone = zone;
	walk->before = before;
	/* The key behind a key is the same with a 00 at its end; what a key has no room for is
	 * longer than any key that is there. */
	if (from.len < STORE_KEY_MAX)
		from.bytes[from.len++] = 0;
	store_walk_from(&walk->walk, txn, STORE_DUE, bytes_of(from.bytes, from.len), 4);
}

bool due_walk_next(struct due_walk *walk, struct dns_name *name, uint64_t *stamp)
{
	struct bytes key, nothing;
	if (!store_walk_next(&walk->walk, &key, &nothing))
		return false;
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_take(&in, 4);
	uint64_t when = bytes_in_number(&in, STAMP_LEN);
	if (in.bad ||
	    !dns_name_from_key(name, bytes_of(in.at, bytes_in_left(&in)), &walk->zone->apex)) {
		store_fail(walk->walk.txn, STORE_CORRUPT);
		return false;
	}
	if (when >= walk->before)
		return false;
	*stamp = when;
	return true;
}

void due_walk_end(struct due_walk *walk)
{
	store_walk_end(&walk->walk);
}
