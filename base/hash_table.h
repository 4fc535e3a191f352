/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A hash table of items that embed a `struct hash_link` (base/container.h gets the item back).
 * The table owns its buckets and nothing else: items live as long as they are in it, and stay where
 * they are. Buckets double when there are more items than buckets, and never shrink; they are
 * malloc's, or the arena's where the table has one.
 *
 * An item is found by the hash of its key (base/hash.h) and a comparison of the caller's. Two items
 * of one key may be in a table: the one that was put last is found.
 *
 * Zero-initialised is a valid empty table. One thread at a time.
 */
#include "base/arena.h"
#include "base/container.h"
#include "base/hash.h"

struct hash_link {
	struct hash_link *next; /* in its bucket */
	uint64_t hash;
};

struct hash_table {
	struct hash_link **buckets;
	size_t room, count;  /* buckets, a power of two or 0; items */
	struct arena *arena; /* NULL: buckets are malloc's */
};

/* Whether the item has this key. */
typedef bool hash_match(const struct hash_link *, const void *key);

/* Gives the buckets back; items are the caller's. The table is empty then. */
void hash_table_free(struct hash_table *);

void hash_table_put(struct hash_table *, struct hash_link *, uint64_t hash);

/* Takes out an item that is in the table. */
void hash_table_remove(struct hash_table *, struct hash_link *);

/* NULL: it is not there. Inline, so that the comparison is too. */
static inline struct hash_link *hash_table_find(const struct hash_table *table, uint64_t hash,
						hash_match *match, const void *key)
{
	struct hash_link *link = table->room ? table->buckets[hash & (table->room - 1)] : NULL;
	while (link && !(link->hash == hash && match(link, key)))
		link = link->next;
	return link;
}

/* All items, one after another, in no order; NULL: no more. What hash_table_next is given must
 * still be in the table. */
struct hash_link *hash_table_first(const struct hash_table *);
struct hash_link *hash_table_next(const struct hash_table *, const struct hash_link *);
