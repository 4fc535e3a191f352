/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/verify_cache.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define KEPT       8
#define SEEN_LEAST 64
#define SEEN_MOST  (1u << 20)

struct kept {
	struct entry entry; /* seq 0: none */
	struct arena arena;
	size_t hint; /* where the last name was found */
	uint64_t used;
};

struct verify_cache {
	struct kept kept[KEPT];
	uint64_t uses;
};

struct verify_cache *verify_cache_new(void)
{
	struct verify_cache *cache = calloc(1, sizeof *cache);
	assert(cache);
	return cache;
}

void verify_cache_free(struct verify_cache *cache)
{
	for (size_t i = 0; i < KEPT; i++)
		arena_free(&cache->kept[i].arena);
	free(cache);
}

/* The rdata of what stays from snapshot to snapshot must not lie in the map. */
static void own_data(struct kept *kept)
{
	struct change *changes = arena_copy(&kept->arena, kept->entry.changes,
					    kept->entry.change_count * sizeof *changes);
	for (size_t i = 0; i < kept->entry.change_count; i++) {
		struct bytes rdata = changes[i].rdata;
		changes[i].rdata.data = arena_copy(&kept->arena, rdata.data, rdata.len);
	}
	kept->entry.changes = changes;
}

static struct kept *zonedb_verify_cache_read(struct verify_cache *cache, struct store_txn *txn,
					     uint64_t seq)
{
	struct kept *oldest = &cache->kept[0];
	for (size_t i = 0; i < KEPT; i++) {
		if (cache->kept[i].entry.seq == seq)
			return &cache->kept[i];
		if (cache->kept[i].used < oldest->used)
			oldest = &cache->kept[i];
	}
	arena_reset(&oldest->arena);
	if (!journal_read(txn, seq, &oldest->entry, &oldest->arena)) {
		oldest->entry.seq = 0;
		return NULL;
	}
	own_data(oldest);
	oldest->hint = 0;
	return oldest;
}

const struct entry *verify_cache_read(struct verify_cache *cache, struct store_txn *txn,
				      uint64_t seq, const struct dns_name *name, size_t *at)
{
	struct kept *kept = zonedb_verify_cache_read(cache, txn, seq);
	size_t count = kept ? kept->entry.change_count : 0;
	if (kept)
		kept->used = ++cache->uses;
	for (size_t i = 0; i < count; i++) {
		size_t k = (kept->hint + i) % count;
		if (!dns_name_equal(&kept->entry.changes[k].name, name))
			continue;
		while (k && dns_name_equal(&kept->entry.changes[k - 1].name, name))
			k--;
		kept->hint = *at = k;
		return &kept->entry;
	}
	return NULL;
}

static uint64_t mark_of(uint16_t type, struct bytes rdata)
{
	uint8_t digest[DIGEST_LEN], word[2] = {(uint8_t)(type >> 8), (uint8_t)type};
	struct bytes pieces[] = {bytes_of(word, sizeof word), rdata};
	uint64_t mark;
	digest_sha256(pieces, 2, digest);
	memcpy(&mark, digest, sizeof mark);
	return mark ? mark : 1;
}

static size_t verify_cache_slot_of(const struct verify_seen *seen, uint64_t mark)
{
	size_t at = mark & (seen->room - 1);
	while (seen->slots[at] && seen->slots[at] != mark)
		at = (at + 1) & (seen->room - 1);
	return at;
}

static void verify_cache_grow(struct verify_seen *seen)
{
	struct verify_seen larger = {.room = seen->room ? 2 * seen->room : SEEN_LEAST,
				     .count = seen->count};
	larger.slots = calloc(larger.room, sizeof *larger.slots);
	assert(larger.slots);
	for (size_t i = 0; i < seen->room; i++) {
		if (seen->slots[i])
			larger.slots[verify_cache_slot_of(&larger, seen->slots[i])] =
				seen->slots[i];
	}
	free(seen->slots);
	*seen = larger;
}

bool verify_seen_add(struct verify_seen *seen, uint16_t type, struct bytes rdata)
{
	uint64_t mark = mark_of(type, rdata);
	if (2 * (seen->count + 1) > seen->room)
		verify_cache_grow(seen);
	size_t at = verify_cache_slot_of(seen, mark);
	if (seen->slots[at])
		return false;
	seen->slots[at] = mark;
	seen->count++;
	return true;
}

bool verify_seen_has(const struct verify_seen *seen, uint16_t type, struct bytes rdata)
{
	return seen->room && seen->slots[verify_cache_slot_of(seen, mark_of(type, rdata))];
}

bool verify_seen_is_full(const struct verify_seen *seen)
{
	return seen->count >= SEEN_MOST;
}

void verify_seen_clear(struct verify_seen *seen)
{
	if (seen->count > SEEN_LEAST)
		verify_seen_free(seen);
	else if (seen->count)
		memset(seen->slots, 0, seen->room * sizeof *seen->slots);
	seen->count = 0;
}

void verify_seen_free(struct verify_seen *seen)
{
	free(seen->slots);
	*seen = (struct verify_seen){0};
}
