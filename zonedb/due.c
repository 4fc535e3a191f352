/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/due.h"
#include "zonedb/ticket.h"

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

bool due_oldest_of(const struct edit_rrset *rrsets, uint64_t *oldest)
{
	struct ticket_guarded guarded = {0};
	bool has = false;
	for (const struct edit_rrset *s = rrsets; s; s = s->next) {
		for (const struct edit_record *r = s->records; r && ticket_guards(s->type);
		     r = r->next)
			ticket_guarded_add(&guarded, r->class, r->stamp);
	}
	for (const struct edit_rrset *s = rrsets; s; s = s->next) {
		for (const struct edit_record *r = s->records; r; r = r->next) {
			struct node_record record = {
				.stamp = r->stamp, .class = r->class, .rdata = r->rdata};
			uint64_t stamp;
			if (!ticket_ages(&guarded, s->type, &record, &stamp) ||
			    (has && stamp >= *oldest))
				continue;
			*oldest = stamp;
			has = true;
		}
	}
	return has;
}

static void due_put(struct store_txn *txn, const struct due_key *key)
{
	if (key->len)
		store_put(txn, STORE_DUE, bytes_of(key->bytes, key->len), bytes_of(NULL, 0));
}

static void due_del(struct store_txn *txn, const struct due_key *key)
{
	if (key->len)
		store_del(txn, STORE_DUE, bytes_of(key->bytes, key->len));
}

void due_move(struct store_txn *txn, const struct zone *zone, const struct edit_name *name)
{
	uint64_t was = 0, is = 0, own = 0;
	bool had = name->is_stored && due_oldest(&name->stored, &was);
	bool had_own = name->is_stored && due_oldest_own(&name->stored, &own);
	bool has = due_oldest_of(name->rrsets, &is);
	/* What an older version may have put: its entry goes with the first change. */
	bool had_older = had_own && (!had || own != was);
	if (had == has && was == is && !had_older)
		return;
	struct due_key key;
	if (had_older) {
		key = key_of(zone, own, &name->name);
		due_del(txn, &key);
	}
	if (had) {
		key = key_of(zone, was, &name->name);
		due_del(txn, &key);
	}
	if (has) {
		key = key_of(zone, is, &name->name);
		due_put(txn, &key);
	}
}

void due_add(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
	     uint64_t stamp)
{
	struct due_key key = key_of(zone, stamp, name);
	if (key.len)
		store_append(txn, STORE_DUE, bytes_of(key.bytes, key.len), bytes_of(NULL, 0));
}

static bool oldest_in_node(const struct node *node, const struct ticket_guarded *guarded,
			   uint64_t *oldest)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	struct node_record record;
	bool has = false;
	while (node_next_rrset(&in, &rrset)) {
		struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
		while (node_next_record(&records, &record)) {
			uint64_t stamp;
			if (!ticket_ages(guarded, rrset.type, &record, &stamp) ||
			    (has && stamp >= *oldest))
				continue;
			*oldest = stamp;
			has = true;
		}
	}
	return has;
}

bool due_oldest(const struct node *node, uint64_t *stamp)
{
	struct ticket_guarded guarded = ticket_guarded_in(node);
	return oldest_in_node(node, &guarded, stamp);
}

bool due_oldest_own(const struct node *node, uint64_t *stamp)
{
	static const struct ticket_guarded nothing;
	return oldest_in_node(node, &nothing, stamp);
}

uint64_t due_count(struct store_txn *txn, const struct zone *zone, uint64_t limit)
{
	struct store_walk walk;
	struct bytes key, nothing;
	struct due_key from = key_of(zone, 0, &zone->apex);
	uint64_t count = 0;
	store_walk_from(&walk, txn, STORE_DUE, bytes_of(from.bytes, from.len), 4);
	while (count < limit && store_walk_next(&walk, &key, &nothing))
		count++;
	store_walk_end(&walk);
	return count;
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
