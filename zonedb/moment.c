/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/moment_state.h"
#include "zonedb/walk.h"
#include "journal/seqs.h"
#include <assert.h>
#include <stdlib.h>

#define SLOTS_AT_FIRST 1024

struct moment {
	struct store_txn *txn;
	struct zone zone;
	struct arena arena;      /* the names that have changed, until the end */
	struct arena node_arena; /* ends with each node */
	struct moment_owners owners;
	/* A hash of the changed names, then the same in the order of their keys. */
	struct moment_name **slots;
	size_t slot_count, name_count, next;
	bool has_serial;
	uint32_t serial;
	/* What stands there now, side by side with the changed names. */
	struct walk walk;
	bool has_stored;
	struct dns_name stored_name;
	struct node stored;
};

static size_t hash_key(struct bytes key)
{
	uint64_t hash = 14695981039346656037ull;
	for (size_t i = 0; i < key.len; i++)
		hash = (hash ^ key.data[i]) * 1099511628211ull;
	return (size_t)(hash ^ hash >> 32);
}

static struct bytes key_of(const struct moment_name *name)
{
	return bytes_of(name->key, name->key_len);
}

static struct moment_name **find_slot(const struct moment *moment, struct bytes key)
{
	size_t mask = moment->slot_count - 1, at = hash_key(key) & mask;
	while (moment->slots[at] && !bytes_equal(key_of(moment->slots[at]), key))
		at = (at + 1) & mask;
	return &moment->slots[at];
}

static void grow_slots(struct moment *moment)
{
	struct moment_name **old = moment->slots;
	size_t count = moment->slot_count;
	moment->slot_count = count ? count * 2 : SLOTS_AT_FIRST;
	moment->slots = calloc(moment->slot_count, sizeof(struct moment_name *));
	assert(moment->slots);
	for (size_t i = 0; i < count; i++) {
		if (old[i])
			*find_slot(moment, key_of(old[i])) = old[i];
	}
	free(old);
}

static struct moment_name *name_at(struct moment *moment, const struct dns_name *name)
{
	uint8_t bytes[ZONE_KEY_MAX];
	struct bytes key = bytes_of(bytes, zone_key(bytes, &moment->zone, name));
	struct moment_name **slot = find_slot(moment, key);
	if (*slot)
		return *slot;
	struct moment_name *made = arena_zero(&moment->arena, sizeof(*made) + key.len);
	made->key_len = key.len;
	memcpy(made->key, key.data, key.len);
	*slot = made;
	if (++moment->name_count * 2 > moment->slot_count)
		grow_slots(moment);
	return made;
}

static void note_entry(struct moment *moment, const struct entry *entry)
{
	if (!moment->has_serial && entry->serial_before != entry->serial_after) {
		moment->has_serial = true;
		moment->serial = entry->serial_before;
	}
	for (size_t i = 0; i < entry->change_count; i++) {
		const struct change *change = &entry->changes[i];
		moment_note(name_at(moment, &change->name), change, entry->seq, false,
			    &moment->owners);
	}
}

static void read_entries(struct moment *moment, uint64_t seq)
{
	struct arena arena = {0};
	struct entry entry;
	struct seqs seqs = seqs_of_zones(moment->txn, &moment->zone.id, 1);
	while (!moment->txn->error && seqs_from(&seqs, seq + 1, &seq)) {
		if (journal_read(moment->txn, seq, &entry, &arena))
			note_entry(moment, &entry);
		else
			store_fail(moment->txn, STORE_CORRUPT); /* a hole */
		arena_reset(&arena);
	}
	seqs_end(&seqs);
	arena_free(&arena);
}

static int compare_names(const void *a, const void *b)
{
	struct bytes left = key_of(*(struct moment_name *const *)a);
	struct bytes right = key_of(*(struct moment_name *const *)b);
	size_t least = left.len < right.len ? left.len : right.len;
	int order = memcmp(left.data, right.data, least);
	return order ? order : (left.len > right.len) - (left.len < right.len);
}

static void sort_names(struct moment *moment)
{
	size_t count = 0;
	for (size_t i = 0; i < moment->slot_count; i++) {
		if (moment->slots[i])
			moment->slots[count++] = moment->slots[i];
	}
	qsort(moment->slots, count, sizeof(struct moment_name *), compare_names);
}

struct moment *moment_open(struct store_txn *txn, const struct zone *zone, uint64_t seq)
{
	struct moment *moment = calloc(1, sizeof(*moment));
	assert(moment);
	moment->txn = txn;
	moment->zone = *zone;
	moment->owners = (struct moment_owners){.txn = txn, .arena = &moment->arena};
	grow_slots(moment);
	read_entries(moment, seq);
	sort_names(moment);
	walk_from(&moment->walk, txn, &moment->zone, &zone->apex);
	moment->has_stored = walk_next(&moment->walk, &moment->stored_name, &moment->stored);
	return moment;
}

/* The name of a key in the zone. */
static bool open_key(struct moment *moment, struct bytes key, struct dns_name *name)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_take(&in, 4);
	if (dns_name_from_key(name, bytes_of(in.at, bytes_in_left(&in)), &moment->zone.apex))
		return true;
	store_fail(moment->txn, STORE_CORRUPT);
	return false;
}

/* One step of both; true: something was there then. */
static bool step(struct moment *moment, struct dns_name *name, struct node *node)
{
	struct moment_name *changed = NULL;
	uint8_t bytes[ZONE_KEY_MAX];
	int order = -1;
	if (moment->next < moment->name_count) {
		changed = moment->slots[moment->next];
		order = 1;
	}
	if (changed && moment->has_stored) {
		size_t len = zone_key(bytes, &moment->zone, &moment->stored_name);
		struct bytes key = key_of(changed);
		size_t least = len < key.len ? len : key.len;
		order = memcmp(bytes, key.data, least);
		order = order ? order : (len > key.len) - (len < key.len);
	}
	/* Below zero: only stored; above: only changed; else both. */
	if (order <= 0)
		*name = moment->stored_name;
	else if (!open_key(moment, key_of(changed), name))
		return false;
	bool is_apex = name->labels == moment->zone.apex.labels;
	arena_reset(&moment->node_arena);
	bool is_as_now = order < 0 && !(is_apex && moment->has_serial);
	if (is_as_now)
		*node = moment->stored;
	bool was_there =
		is_as_now ||
		moment_pack(order < 0 ? NULL : changed, order <= 0 ? &moment->stored : NULL,
			    is_apex && moment->has_serial ? &moment->serial : NULL,
			    &moment->node_arena, node);
	if (order <= 0)
		moment->has_stored =
			walk_next(&moment->walk, &moment->stored_name, &moment->stored);
	if (order >= 0)
		moment->next++;
	return was_there;
}

bool moment_next(struct moment *moment, struct dns_name *name, struct node *node)
{
	while (!moment->txn->error && (moment->has_stored || moment->next < moment->name_count)) {
		if (step(moment, name, node))
			return true;
	}
	return false;
}

void moment_close(struct moment *moment)
{
	walk_end(&moment->walk);
	free(moment->slots);
	arena_free(&moment->arena);
	arena_free(&moment->node_arena);
	free(moment);
}
