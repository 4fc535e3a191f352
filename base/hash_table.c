/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/hash_table.h"
#include <assert.h>
#include <stdlib.h>

#define HASH_TABLE_ROOM_FIRST 32

static struct hash_link **hash_table_bucket(const struct hash_table *table, uint64_t hash)
{
	return &table->buckets[hash & (table->room - 1)];
}

static void hash_table_hang(struct hash_table *table, struct hash_link *link)
{
	struct hash_link **bucket = hash_table_bucket(table, link->hash);
	link->next = *bucket;
	*bucket = link;
}

static struct hash_link **hash_table_allocate(const struct hash_table *table)
{
	if (table->arena)
		return arena_zero(table->arena, table->room * sizeof(struct hash_link *));
	struct hash_link **buckets = calloc(table->room, sizeof(struct hash_link *));
	assert(buckets);
	return buckets;
}

static void hash_table_grow(struct hash_table *table)
{
	struct hash_table old = *table;
	table->room = old.room ? old.room * 2 : HASH_TABLE_ROOM_FIRST;
	table->buckets = hash_table_allocate(table);
	for (size_t i = 0; i < old.room; i++) {
		/* From behind: of two with one key the last that was put is found still. */
		struct hash_link *reversed = NULL;
		for (struct hash_link *link = old.buckets[i], *next; link; link = next) {
			next = link->next;
			link->next = reversed;
			reversed = link;
		}
		for (struct hash_link *next; reversed; reversed = next) {
			next = reversed->next;
			hash_table_hang(table, reversed);
		}
	}
	if (!table->arena)
		free(old.buckets);
}

/* The first item of the bucket `at`, or of one behind it. */
static struct hash_link *hash_table_first_from(const struct hash_table *table, size_t at)
{
	while (at < table->room && !table->buckets[at])
		at++;
	return at < table->room ? table->buckets[at] : NULL;
}

void hash_table_free(struct hash_table *table)
{
	if (!table->arena)
		free(table->buckets);
	*table = (struct hash_table){.arena = table->arena};
}

void hash_table_put(struct hash_table *table, struct hash_link *link, uint64_t hash)
{
	if (table->count >= table->room)
		hash_table_grow(table);
	link->hash = hash;
	hash_table_hang(table, link);
	table->count++;
}

void hash_table_remove(struct hash_table *table, struct hash_link *link)
{
	assert(table->count > 0);
	struct hash_link **at = hash_table_bucket(table, link->hash);
	while (*at != link) {
		assert(*at);
		at = &(*at)->next;
	}
	*at = link->next;
	table->count--;
}

struct hash_link *hash_table_first(const struct hash_table *table)
{
	return hash_table_first_from(table, 0);
}

struct hash_link *hash_table_next(const struct hash_table *table, const struct hash_link *link)
{
	if (link->next)
		return link->next;
	return hash_table_first_from(table, (size_t)(link->hash & (table->room - 1)) + 1);
}
