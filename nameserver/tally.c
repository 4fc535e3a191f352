/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/tally.h"
#include "zonedb/walk.h"
#include <assert.h>
#include <stdlib.h>

struct account {
	uint32_t owner;
	unsigned names; /* 0: the slot is free */
};

/* One zone's; a hash table of owners, at most half full. */
struct tally {
	struct tally *next;
	uint32_t zone_id;
	uint64_t counted_at; /* seconds; 0: not yet */
	struct account *accounts;
	size_t count, room;
};

struct tallies {
	struct tally *first;
};

struct tallies *tallies_new(void)
{
	struct tallies *tallies = calloc(1, sizeof(*tallies));
	assert(tallies);
	return tallies;
}

void tallies_free(struct tallies *tallies)
{
	struct tally *next;
	for (struct tally *tally = tallies->first; tally; tally = next) {
		next = tally->next;
		free(tally->accounts);
		free(tally);
	}
	free(tallies);
}

void tallies_forget(struct tallies *tallies)
{
	for (struct tally *tally = tallies->first; tally; tally = tally->next)
		tally->counted_at = 0;
}

static struct account *account_of(struct tally *tally, uint32_t owner)
{
	size_t at = (owner * 2654435761u) & (tally->room - 1);
	while (tally->accounts[at].names > 0 && tally->accounts[at].owner != owner)
		at = (at + 1) & (tally->room - 1);
	return &tally->accounts[at];
}

static void grow(struct tally *tally)
{
	struct tally larger = {.room = tally->room ? tally->room * 2 : 64};
	larger.accounts = calloc(larger.room, sizeof(*larger.accounts));
	assert(larger.accounts);
	for (size_t i = 0; i < tally->room; i++)
		if (tally->accounts[i].names > 0)
			*account_of(&larger, tally->accounts[i].owner) = tally->accounts[i];
	free(tally->accounts);
	tally->accounts = larger.accounts;
	tally->room = larger.room;
}

static void credit(struct tally *tally, uint32_t owner, unsigned names)
{
	if (names == 0)
		return;
	if (tally->count * 2 >= tally->room)
		grow(tally);
	struct account *account = account_of(tally, owner);
	tally->count += account->names == 0;
	account->owner = owner;
	account->names += names;
}

/* Each owner at the name once: `seen` are those that had records before. */
static void count_node(struct tally *tally, const struct node *node)
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
			credit(tally, record.owner, 1);
		}
	}
}

static void recount(struct tally *tally, const struct update_run *run)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	free(tally->accounts);
	tally->accounts = NULL;
	tally->count = tally->room = 0;
	grow(tally);
	walk_from(&walk, run->txn, run->zone, &run->zone->apex);
	while (walk_next(&walk, &name, &node))
		count_node(tally, &node);
	walk_end(&walk);
	tally->counted_at = run->now_us / 1000000;
}

static struct tally *tally_of(struct tallies *tallies, const struct update_run *run)
{
	for (struct tally *tally = tallies->first; tally; tally = tally->next)
		if (tally->zone_id == run->zone->id)
			return tally;
	struct tally *tally = calloc(1, sizeof(*tally));
	assert(tally);
	tally->zone_id = run->zone->id;
	tally->next = tallies->first;
	tallies->first = tally;
	return tally;
}

static unsigned owned(struct tally *tally, const struct update_owner *ids)
{
	unsigned names = 0;
	if (ids->has_self)
		names += account_of(tally, ids->self)->names;
	if (ids->has_acting)
		names += account_of(tally, ids->acting)->names;
	return names;
}

unsigned tally_names(struct tallies *tallies, const struct update_run *run, unsigned most)
{
	struct tally *tally = tally_of(tallies, run);
	uint64_t now = run->now_us / 1000000;
	if (tally->counted_at == 0)
		recount(tally, run);
	unsigned names = owned(tally, &run->ids);
	bool is_fresh = now >= tally->counted_at && now - tally->counted_at < TALLY_RECOUNT_S;
	if (names < most || is_fresh)
		return names;
	recount(tally, run);
	return owned(tally, &run->ids);
}

void tally_add(struct tallies *tallies, const struct update_run *run, unsigned names)
{
	credit(tally_of(tallies, run), run->owner, names);
}
