/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/seq_set.h"
#include "zonedb/walk.h"
#include "zonedb/zone_at_state.h"
#include "base/memory_room.h"
#include <assert.h>
#include <stdlib.h>

/* So many entries are read between two looks at the memory that is left: each is at most a part of
 * an import. */
#define ENTRIES_PER_LOOK 16

struct zone_at {
	struct store_txn *txn;
	struct zone zone;
	struct arena arena;      /* the names that have changed, until the end */
	struct arena node_arena; /* ends with each node */
	struct zone_at_owners owners;
	struct hash_table changed;   /* the names that have changed */
	struct zone_at_name **names; /* the same in the order of their keys */
	size_t next;                 /* of those */
	bool has_serial;
	uint32_t serial;
	/* What stands there now, side by side with the changed names. */
	struct walk walk;
	bool has_stored;
	struct dns_name stored_name;
	struct node stored;
};

static struct bytes zone_at_key_of(const struct zone_at_name *name)
{
	return bytes_of(name->key, name->key_len);
}

static bool zone_at_name_is(const struct hash_link *link, const void *key)
{
	const struct bytes *wanted = key;
	const struct zone_at_name *name = container_of(link, const struct zone_at_name, link);
	return bytes_equal(zone_at_key_of(name), *wanted);
}

static struct zone_at_name *name_at(struct zone_at *zone_at, const struct dns_name *name)
{
	uint8_t bytes[ZONE_KEY_MAX];
	struct bytes key = bytes_of(bytes, zone_key(bytes, &zone_at->zone, name));
	uint64_t hash = hash_bytes(key);
	struct hash_link *link = hash_table_find(&zone_at->changed, hash, zone_at_name_is, &key);
	if (link)
		return container_of(link, struct zone_at_name, link);
	struct zone_at_name *made = arena_zero(&zone_at->arena, sizeof(*made) + key.len);
	made->key_len = key.len;
	memcpy(made->key, key.data, key.len);
	hash_table_put(&zone_at->changed, &made->link, hash);
	return made;
}

static void zone_at_note_entry(struct zone_at *zone_at, const struct entry *entry)
{
	zone_at->has_serial =
		zone_at->has_serial || zone_at_serial(entry, &zone_at->zone, &zone_at->serial);
	for (size_t i = 0; i < entry->change_count; i++) {
		const struct change *change = &entry->changes[i];
		zone_at_note(name_at(zone_at, &change->name), change, entry->seq, false,
			     &zone_at->owners);
	}
}

/* For the table when it is twice as large, and the names in order. */
static bool zone_at_has_memory(const struct zone_at *zone_at)
{
	return memory_has_room((zone_at->changed.room + 1) * 4 * sizeof(void *));
}

static void zone_at_read_entries(struct zone_at *zone_at, uint64_t seq)
{
	struct arena arena = {0};
	struct entry entry;
	unsigned count = 0;
	struct seq_set seqs = seq_set_of_zones(zone_at->txn, &zone_at->zone.id, 1);
	while (!zone_at->txn->error && seq_set_from(&seqs, seq + 1, &seq)) {
		if (++count % ENTRIES_PER_LOOK == 0 && !zone_at_has_memory(zone_at)) {
			store_fail(zone_at->txn, STORE_NO_MEMORY);
			break;
		}
		if (journal_read(zone_at->txn, seq, &entry, &arena))
			zone_at_note_entry(zone_at, &entry);
		else
			store_fail(zone_at->txn, STORE_CORRUPT); /* a hole */
		arena_reset(&arena);
	}
	seq_set_end(&seqs);
	arena_free(&arena);
}

static int zone_at_compare_names(const void *a, const void *b)
{
	return bytes_compare(zone_at_key_of(*(struct zone_at_name *const *)a),
			     zone_at_key_of(*(struct zone_at_name *const *)b));
}

static void sort_names(struct zone_at *zone_at)
{
	size_t count = 0;
	zone_at->names = calloc(zone_at->changed.count + 1, sizeof(struct zone_at_name *));
	assert(zone_at->names);
	for (struct hash_link *link = hash_table_first(&zone_at->changed); link;
	     link = hash_table_next(&zone_at->changed, link))
		zone_at->names[count++] = container_of(link, struct zone_at_name, link);
	qsort(zone_at->names, count, sizeof(struct zone_at_name *), zone_at_compare_names);
}

struct zone_at *zone_at_open(struct store_txn *txn, const struct zone *zone, uint64_t seq)
{
	struct zone_at *zone_at = calloc(1, sizeof(*zone_at));
	assert(zone_at);
	zone_at->txn = txn;
	zone_at->zone = *zone;
	zone_at->owners = (struct zone_at_owners){.txn = txn, .arena = &zone_at->arena};
	zone_at_read_entries(zone_at, seq);
	sort_names(zone_at);
	walk_from(&zone_at->walk, txn, &zone_at->zone, &zone->apex);
	zone_at->has_stored = walk_next(&zone_at->walk, &zone_at->stored_name, &zone_at->stored);
	return zone_at;
}

/* The name of a key in the zone. */
static bool open_key(struct zone_at *zone_at, struct bytes key, struct dns_name *name)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_take(&in, 4);
	if (dns_name_from_key(name, bytes_of(in.at, bytes_in_left(&in)), &zone_at->zone.apex))
		return true;
	store_fail(zone_at->txn, STORE_CORRUPT);
	return false;
}

/* One step of both; true: something was there then. */
static bool zone_at_step(struct zone_at *zone_at, struct dns_name *name, struct node *node)
{
	struct zone_at_name *changed = NULL;
	uint8_t bytes[ZONE_KEY_MAX];
	int order = -1;
	if (zone_at->next < zone_at->changed.count) {
		changed = zone_at->names[zone_at->next];
		order = 1;
	}
	if (changed && zone_at->has_stored) {
		size_t len = zone_key(bytes, &zone_at->zone, &zone_at->stored_name);
		order = bytes_compare(bytes_of(bytes, len), zone_at_key_of(changed));
	}
	/* Below zero: only stored; above: only changed; else both. */
	if (order <= 0)
		*name = zone_at->stored_name;
	else if (!open_key(zone_at, zone_at_key_of(changed), name))
		return false;
	bool is_apex = name->labels == zone_at->zone.apex.labels;
	arena_reset(&zone_at->node_arena);
	bool is_as_now = order < 0 && !(is_apex && zone_at->has_serial);
	if (is_as_now)
		*node = zone_at->stored;
	bool was_there =
		is_as_now ||
		zone_at_pack(order < 0 ? NULL : changed, order <= 0 ? &zone_at->stored : NULL,
			     is_apex && zone_at->has_serial ? &zone_at->serial : NULL,
			     &zone_at->node_arena, node);
	if (order <= 0)
		zone_at->has_stored =
			walk_next(&zone_at->walk, &zone_at->stored_name, &zone_at->stored);
	if (order >= 0)
		zone_at->next++;
	return was_there;
}

bool zone_at_next(struct zone_at *zone_at, struct dns_name *name, struct node *node)
{
	while (!zone_at->txn->error &&
	       (zone_at->has_stored || zone_at->next < zone_at->changed.count)) {
		if (zone_at_step(zone_at, name, node))
			return true;
	}
	return false;
}

void zone_at_close(struct zone_at *zone_at)
{
	walk_end(&zone_at->walk);
	free(zone_at->names);
	hash_table_free(&zone_at->changed);
	arena_free(&zone_at->arena);
	arena_free(&zone_at->node_arena);
	free(zone_at);
}
