/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/zone.h"
#include "zonedb/zone_setting.h"
#include "journal/state_derived.h"
#include <assert.h>
#include <stdlib.h>

struct zoneset {
	uint64_t version;
	struct zone *zones; /* canonical order of apexes */
	size_t count, room;
	uint32_t *slots; /* index + 1 into zones; 0: empty */
	size_t slot_mask;
	bool has_labels[DNS_LABELS_MAX + 1]; /* some apex has so many labels */
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
		const struct zone *zone = &set->zones[set->slots[at] - 1];
		if (bytes_equal(bytes_of(zone->apex.wire, zone->apex.len), wire))
			return zone;
	}
	return NULL;
}

static void zoneset_add_zone(struct zoneset *set, const struct zone *zone)
{
	if (set->count == set->room) {
		set->room = set->room ? set->room * 2 : 64;
		set->zones = realloc(set->zones, set->room * sizeof(*set->zones));
		assert(set->zones);
	}
	set->zones[set->count++] = *zone;
}

static void read_zones(struct zoneset *set, struct store_txn *txn)
{
	struct dns_name root = dns_name_root(), apex;
	struct state_walk walk;
	struct bytes key, row;
	state_walk_from(&walk, txn, STATE_ZONE, bytes_of(NULL, 0));
	while (state_walk_next(&walk, &key, &row)) {
		bool is_whole = dns_name_from_key(&apex, key, &root);
		struct zone zone = zone_default(is_whole ? &apex : &root);
		if (!is_whole || !zone_unpack(&zone, row)) {
			store_fail(txn, STORE_CORRUPT);
			break;
		}
		zone.cut_count = state_cuts(txn, zone.id);
		zoneset_add_zone(set, &zone);
	}
	state_walk_end(&walk);
}

static void fill_slots(struct zoneset *set)
{
	size_t slots = 16;
	while (slots < set->count * 2)
		slots *= 2;
	set->slots = calloc(slots, sizeof(*set->slots));
	assert(set->slots);
	set->slot_mask = slots - 1;
	for (size_t i = 0; i < set->count; i++) {
		const struct dns_name *apex = &set->zones[i].apex;
		size_t at = zoneset_hash_name(apex) & set->slot_mask;
		while (set->slots[at])
			at = (at + 1) & set->slot_mask;
		set->slots[at] = (uint32_t)(i + 1);
		set->has_labels[apex->labels] = true;
	}
}

struct zoneset *zoneset_load(struct store_txn *txn)
{
	struct zoneset *set = calloc(1, sizeof(*set));
	assert(set);
	set->version = store_settings_version(txn);
	read_zones(set, txn);
	fill_slots(set);
	return set;
}

void zoneset_free(struct zoneset *set)
{
	if (!set)
		return;
	free(set->zones);
	free(set->slots);
	free(set);
}

uint64_t zoneset_version(const struct zoneset *set)
{
	return set->version;
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

size_t zoneset_count(const struct zoneset *set)
{
	return set->count;
}

const struct zone *zoneset_at(const struct zoneset *set, size_t index)
{
	assert(index < set->count);
	return &set->zones[index];
}
