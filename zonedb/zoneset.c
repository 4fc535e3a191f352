/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/zone.h"
#include "zonedb/zone_setting.h"
#include "journal/state_derived.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct zoneset {
	struct zone **zones; /* canonical order of apexes */
	size_t count, room;
	struct zone **slots; /* by the hash of the apex; NULL: empty */
	size_t slot_mask;
	uint32_t has_labels[DNS_LABELS_MAX + 1]; /* so many apexes have so many labels */
	size_t most_labels;                      /* of an apex */
};

/* A hash that grows by a label to the left, so that all endings of a name cost one pass over it.
 * Apexes are the administrator's, so nobody can make them collide. */
static uint64_t zoneset_hash_label(uint64_t hash, const uint8_t *label)
{
	return hash_add(hash, label, label[0] + 1u);
}

static size_t label_offsets(const struct dns_name *name, uint8_t offsets[DNS_LABELS_MAX + 1])
{
	size_t count = 0;
	for (unsigned at = 0; name->wire[at]; at += name->wire[at] + 1u)
		offsets[count++] = (uint8_t)at;
	offsets[count] = (uint8_t)(name->len - 1);
	return count;
}

static uint64_t zoneset_hash_name(const struct dns_name *name)
{
	uint8_t offsets[DNS_LABELS_MAX + 1];
	uint64_t hash = HASH_START;
	for (size_t i = label_offsets(name, offsets); i-- > 0;)
		hash = zoneset_hash_label(hash, name->wire + offsets[i]);
	return hash;
}

static const struct zone *zoneset_find_slot(const struct zoneset *set, uint64_t hash,
					    struct bytes wire)
{
	for (size_t at = hash & set->slot_mask; set->slots[at]; at = (at + 1) & set->slot_mask) {
		const struct zone *zone = set->slots[at];
		if (bytes_equal(bytes_of(zone->apex.wire, zone->apex.len), wire))
			return zone->deleting ? NULL : zone;
	}
	return NULL;
}

/* --- slots */

static void slot_put(struct zoneset *set, struct zone *zone)
{
	size_t at = zoneset_hash_name(&zone->apex) & set->slot_mask;
	while (set->slots[at])
		at = (at + 1) & set->slot_mask;
	set->slots[at] = zone;
}

/* Those behind it move up, as far as they are not where they belong. */
static void slot_remove(struct zoneset *set, const struct zone *zone)
{
	size_t mask = set->slot_mask, at = zoneset_hash_name(&zone->apex) & mask;
	while (set->slots[at] != zone)
		at = (at + 1) & mask;
	for (size_t next = (at + 1) & mask; set->slots[next]; next = (next + 1) & mask) {
		size_t home = zoneset_hash_name(&set->slots[next]->apex) & mask;
		if (((next - home) & mask) < ((next - at) & mask))
			continue;
		set->slots[at] = set->slots[next];
		at = next;
	}
	set->slots[at] = NULL;
}

/* Room for one more, at most half full. */
static void slots_grow(struct zoneset *set)
{
	size_t slots = set->slots ? set->slot_mask + 1 : 0;
	if (slots > 2 * set->count)
		return;
	slots = slots ? 2 * slots : 16;
	free(set->slots);
	set->slots = calloc(slots, sizeof(*set->slots));
	assert(set->slots);
	set->slot_mask = slots - 1;
	for (size_t i = 0; i < set->count; i++)
		slot_put(set, set->zones[i]);
}

/* --- zones, in their order */

/* The index of the first apex that is not before this one. */
static size_t zoneset_place(const struct zoneset *set, const struct dns_name *apex)
{
	size_t low = 0, high = set->count;
	/* As they are loaded, each comes behind the last. */
	if (high > 0 && dns_name_compare(&set->zones[high - 1]->apex, apex) < 0)
		return high;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (dns_name_compare(&set->zones[middle]->apex, apex) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void zoneset_insert(struct zoneset *set, size_t at, const struct zone *zone)
{
	if (set->count == set->room) {
		set->room = set->room ? set->room * 2 : 64;
		set->zones = realloc(set->zones, set->room * sizeof(*set->zones));
		assert(set->zones);
	}
	struct zone *own = malloc(sizeof(*own));
	assert(own);
	*own = *zone;
	slots_grow(set);
	memmove(set->zones + at + 1, set->zones + at, (set->count - at) * sizeof(*set->zones));
	set->zones[at] = own;
	set->count++;
	set->has_labels[own->apex.labels]++;
	if (own->apex.labels > set->most_labels)
		set->most_labels = own->apex.labels;
	slot_put(set, own);
}

static void zoneset_remove(struct zoneset *set, size_t at)
{
	struct zone *zone = set->zones[at];
	slot_remove(set, zone);
	set->has_labels[zone->apex.labels]--;
	while (set->most_labels && !set->has_labels[set->most_labels])
		set->most_labels--;
	set->count--;
	memmove(set->zones + at, set->zones + at + 1, (set->count - at) * sizeof(*set->zones));
	free(zone);
}

static void zoneset_set(struct zoneset *set, const struct zone *zone)
{
	size_t at = zoneset_place(set, &zone->apex);
	if (at < set->count && dns_name_equal(&set->zones[at]->apex, &zone->apex))
		*set->zones[at] = *zone;
	else
		zoneset_insert(set, at, zone);
}

/* --- from the store */

static bool zoneset_take_row(struct zoneset *set, struct store_txn *txn,
			     const struct dns_name *apex, struct bytes row)
{
	struct zone zone = zone_default(apex);
	if (!zone_unpack(&zone, row)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	zone.cut_count = state_cuts(txn, zone.id);
	zoneset_set(set, &zone);
	return true;
}

struct zoneset *zoneset_load(struct store_txn *txn)
{
	struct zoneset *set = calloc(1, sizeof(*set));
	struct dns_name root = dns_name_root(), apex;
	struct state_walk walk;
	struct bytes key, row;
	assert(set);
	slots_grow(set);
	state_walk_from(&walk, txn, STATE_ZONE, bytes_of(NULL, 0));
	while (state_walk_next(&walk, &key, &row)) {
		if (!dns_name_from_key(&apex, key, &root)) {
			store_fail(txn, STORE_CORRUPT);
			break;
		}
		if (!zoneset_take_row(set, txn, &apex, row))
			break;
	}
	state_walk_end(&walk);
	return set;
}

void zoneset_update(struct zoneset *set, struct store_txn *txn, struct bytes key)
{
	struct dns_name root = dns_name_root(), apex;
	struct bytes row;
	if (!dns_name_from_key(&apex, key, &root)) {
		store_fail(txn, STORE_CORRUPT);
		return;
	}
	if (state_get(txn, STATE_ZONE, key, &row)) {
		zoneset_take_row(set, txn, &apex, row);
		return;
	}
	size_t at = zoneset_place(set, &apex);
	if (!txn->error && at < set->count && dns_name_equal(&set->zones[at]->apex, &apex))
		zoneset_remove(set, at);
}

void zoneset_free(struct zoneset *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->count; i++)
		free(set->zones[i]);
	free(set->zones);
	free(set->slots);
	free(set);
}

/* The closest zone with at most `labels` labels. */
static const struct zone *find_closest(const struct zoneset *set, const struct dns_name *name,
				       size_t labels)
{
	uint8_t offsets[DNS_LABELS_MAX + 1];
	size_t count = label_offsets(name, offsets);
	uint64_t hash = HASH_START;
	const struct zone *best = NULL;
	for (size_t have = 0; have <= labels; have++) {
		size_t offset = offsets[count - have];
		if (have > 0)
			hash = zoneset_hash_label(hash, name->wire + offset);
		if (!set->has_labels[have])
			continue;
		const struct zone *zone = zoneset_find_slot(
			set, hash, bytes_of(name->wire + offset, name->len - offset));
		if (zone)
			best = zone;
	}
	return best;
}

const struct zone *zoneset_find(const struct zoneset *set, const struct dns_name *name)
{
	return find_closest(set, name, name->labels);
}

const struct zone *zoneset_find_above(const struct zoneset *set, const struct dns_name *name)
{
	return name->labels == 0 ? NULL : find_closest(set, name, name->labels - 1u);
}

const struct zone *zoneset_exact(const struct zoneset *set, const struct dns_name *apex)
{
	return zoneset_find_slot(set, zoneset_hash_name(apex), bytes_of(apex->wire, apex->len));
}

bool zoneset_has_under(const struct zoneset *set, const struct dns_name *name)
{
	/* Most names that are asked for have more labels than any apex. */
	if (name->labels > set->most_labels)
		return false;
	size_t at = zoneset_place(set, name);
	return at < set->count && dns_name_under(&set->zones[at]->apex, name);
}

size_t zoneset_count(const struct zoneset *set)
{
	return set->count;
}

const struct zone *zoneset_at(const struct zoneset *set, size_t index)
{
	assert(index < set->count);
	return set->zones[index];
}
