/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/owned_names.h"
#include "base/hash_table.h"
#include "zonedb/walk.h"
#include <assert.h>
#include <stdlib.h>

struct account {
	struct hash_link link;
	uint32_t owner;
	unsigned names;
};

/* One zone's. */
struct owned_names_zone {
	struct owned_names_zone *next;
	uint32_t zone_id;
	uint64_t counted_at; /* seconds; 0: not yet */
	struct hash_table by_owner;
	struct arena arena; /* the accounts */
};

struct owned_names {
	struct owned_names_zone *first;
};

static void owned_names_clear(struct owned_names_zone *counted)
{
	hash_table_free(&counted->by_owner);
	arena_free(&counted->arena);
}

struct owned_names *owned_names_new(void)
{
	struct owned_names *owned_names = calloc(1, sizeof(*owned_names));
	assert(owned_names);
	return owned_names;
}

void owned_names_free(struct owned_names *owned_names)
{
	struct owned_names_zone *next;
	for (struct owned_names_zone *counted = owned_names->first; counted; counted = next) {
		next = counted->next;
		owned_names_clear(counted);
		free(counted);
	}
	free(owned_names);
}

void owned_names_forget(struct owned_names *owned_names)
{
	for (struct owned_names_zone *counted = owned_names->first; counted;
	     counted = counted->next)
		counted->counted_at = 0;
}

/* Owners' ids are the store's. */
static uint64_t account_hash(uint32_t owner)
{
	return hash_bytes(bytes_of(&owner, sizeof owner));
}

static bool account_is_of(const struct hash_link *link, const void *owner)
{
	return container_of(link, const struct account, link)->owner == *(const uint32_t *)owner;
}

/* NULL: the principal owns nothing. */
static struct account *account_find(const struct owned_names_zone *counted, uint32_t owner)
{
	struct hash_link *link =
		hash_table_find(&counted->by_owner, account_hash(owner), account_is_of, &owner);
	return link ? container_of(link, struct account, link) : NULL;
}

static struct account *account_make(struct owned_names_zone *counted, uint32_t owner)
{
	struct account *account = arena_zero(&counted->arena, sizeof *account);
	account->owner = owner;
	hash_table_put(&counted->by_owner, &account->link, account_hash(owner));
	return account;
}

static unsigned account_names(const struct owned_names_zone *counted, uint32_t owner)
{
	const struct account *account = account_find(counted, owner);
	return account ? account->names : 0;
}

static void owned_names_credit(struct owned_names_zone *counted, uint32_t owner, unsigned names)
{
	if (names == 0)
		return;
	struct account *account = account_find(counted, owner);
	if (!account)
		account = account_make(counted, owner);
	account->names += names;
}

/* Each owner at the name once: `seen` are those that had records before. */
static void count_node(struct owned_names_zone *counted, const struct node *node)
{
	enum { SEEN_MAX = 16 };
	uint32_t seen[SEEN_MAX];
	size_t count = 0;
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	while (node_walk_next(&walk, &record)) {
		size_t i = 0;
		while (i < count && seen[i] != record.owner)
			i++;
		if (i < count || count == SEEN_MAX)
			continue;
		seen[count++] = record.owner;
		owned_names_credit(counted, record.owner, 1);
	}
}

static void owned_names_recount(struct owned_names_zone *counted, const struct update_run *run)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	owned_names_clear(counted);
	walk_from(&walk, run->txn, run->zone, &run->zone->apex);
	while (walk_next(&walk, &name, &node))
		count_node(counted, &node);
	walk_end(&walk);
	counted->counted_at = run->now_us / 1000000;
}

static struct owned_names_zone *owned_names_zone_of(struct owned_names *owned_names,
						    const struct update_run *run)
{
	for (struct owned_names_zone *counted = owned_names->first; counted;
	     counted = counted->next)
		if (counted->zone_id == run->zone->id)
			return counted;
	struct owned_names_zone *counted = calloc(1, sizeof(*counted));
	assert(counted);
	counted->zone_id = run->zone->id;
	counted->next = owned_names->first;
	owned_names->first = counted;
	return counted;
}

static unsigned owned_names_owned(struct owned_names_zone *counted, const struct update_owner *ids)
{
	unsigned names = 0;
	if (ids->has_self)
		names += account_names(counted, ids->self);
	if (ids->has_acting)
		names += account_names(counted, ids->acting);
	return names;
}

unsigned owned_names_count(struct owned_names *owned_names, const struct update_run *run,
			   unsigned most)
{
	struct owned_names_zone *counted = owned_names_zone_of(owned_names, run);
	uint64_t now = run->now_us / 1000000;
	if (counted->counted_at == 0)
		owned_names_recount(counted, run);
	unsigned names = owned_names_owned(counted, &run->ids);
	bool is_fresh =
		now >= counted->counted_at && now - counted->counted_at < OWNED_NAMES_RECOUNT_S;
	if (names < most || is_fresh)
		return names;
	owned_names_recount(counted, run);
	return owned_names_owned(counted, &run->ids);
}

void owned_names_add(struct owned_names *owned_names, const struct update_run *run, unsigned names)
{
	owned_names_credit(owned_names_zone_of(owned_names, run), run->owner, names);
}
