/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/owned_names.h"
#include "zonedb/walk.h"
#include <assert.h>
#include <stdlib.h>

struct account {
	uint32_t owner;
	unsigned names; /* 0: the slot is free */
};

/* One zone's; a hash table of owners, at most half full. */
struct owned_names_zone {
	struct owned_names_zone *next;
	uint32_t zone_id;
	uint64_t counted_at; /* seconds; 0: not yet */
	struct account *accounts;
	size_t count, room;
};

struct owned_names {
	struct owned_names_zone *first;
};

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
		free(counted->accounts);
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

static struct account *account_of(struct owned_names_zone *counted, uint32_t owner)
{
	size_t at = (owner * 2654435761u) & (counted->room - 1);
	while (counted->accounts[at].names > 0 && counted->accounts[at].owner != owner)
		at = (at + 1) & (counted->room - 1);
	return &counted->accounts[at];
}

static void owned_names_grow(struct owned_names_zone *counted)
{
	struct owned_names_zone larger = {.room = counted->room ? counted->room * 2 : 64};
	larger.accounts = calloc(larger.room, sizeof(*larger.accounts));
	assert(larger.accounts);
	for (size_t i = 0; i < counted->room; i++)
		if (counted->accounts[i].names > 0)
			*account_of(&larger, counted->accounts[i].owner) = counted->accounts[i];
	free(counted->accounts);
	counted->accounts = larger.accounts;
	counted->room = larger.room;
}

static void owned_names_credit(struct owned_names_zone *counted, uint32_t owner, unsigned names)
{
	if (names == 0)
		return;
	if (counted->count * 2 >= counted->room)
		owned_names_grow(counted);
	struct account *account = account_of(counted, owner);
	counted->count += account->names == 0;
	account->owner = owner;
	account->names += names;
}

/* Each owner at the name once: `seen` are those that had records before. */
static void count_node(struct owned_names_zone *counted, const struct node *node)
{
	enum { SEEN_MAX = 16 };
	uint32_t seen[SEEN_MAX];
	size_t count = 0;
	struct bytes_in rrsets = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	while (node_next_rrset(&rrsets, &rrset)) {
		struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
		struct node_record record;
		while (node_next_record(&in, &record)) {
			size_t i = 0;
			while (i < count && seen[i] != record.owner)
				i++;
			if (i < count || count == SEEN_MAX)
				continue;
			seen[count++] = record.owner;
			owned_names_credit(counted, record.owner, 1);
		}
	}
}

static void owned_names_recount(struct owned_names_zone *counted, const struct update_run *run)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	free(counted->accounts);
	counted->accounts = NULL;
	counted->count = counted->room = 0;
	owned_names_grow(counted);
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
		names += account_of(counted, ids->self)->names;
	if (ids->has_acting)
		names += account_of(counted, ids->acting)->names;
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
