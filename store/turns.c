/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/turns.h"
#include "base/hash_table.h"
#include <assert.h>
#include <stdlib.h>

#define WHEEL_BITS 64

/* Jobs of a class that may wait. */
static const size_t turns_limits[TURNS_CLASSES] = {
	[TURNS_OWN] = 4096,
	[TURNS_ADMIN] = 1024,
	[TURNS_PROVED] = 16384,
	[TURNS_FORGEABLE] = 4096,
};

/* A ring of clients, of which each is in one at most. */
struct turns_ring {
	struct turns_client *first, *last;
	size_t count;
};

struct turns_client {
	struct hash_link link;
	struct turns_key turn;
	struct queue_link *first, **last; /* its jobs */
	size_t waiting;
	uint64_t due;                       /* the round of its next turn */
	uint64_t used_us;                   /* of this round's quantum */
	struct turns_client *next, *before; /* in its ring */
	struct turns_ring *ring;            /* NULL: a job of it runs */
};

struct turns_group {
	uint64_t used_us; /* what it has used, or what others had when it became busy */
	size_t waiting;
	uint64_t round;
	struct turns_ring wheel[TURNS_ROUNDS]; /* that have jobs, by the round of their turn */
	uint64_t filled[TURNS_ROUNDS / WHEEL_BITS];
	struct turns_ring debtors; /* that have none, the oldest first */
};

struct turns {
	struct turns_group groups[TURNS_CLASSES];
	struct hash_table clients;
	struct turns_client *served; /* of which the last job was taken; not charged yet */
	uint64_t now_us;             /* used_us of the class that was served last */
	uint64_t refused[TURNS_CLOSED + 1];
	bool is_closed;
};

static void ring_put(struct turns_ring *ring, struct turns_client *client)
{
	client->ring = ring;
	client->next = NULL;
	client->before = ring->last;
	if (ring->last)
		ring->last->next = client;
	else
		ring->first = client;
	ring->last = client;
	ring->count++;
}

static void ring_remove(struct turns_client *client)
{
	struct turns_ring *ring = client->ring;
	if (client->before)
		client->before->next = client->next;
	else
		ring->first = client->next;
	if (client->next)
		client->next->before = client->before;
	else
		ring->last = client->before;
	ring->count--;
	client->ring = NULL;
}

static struct turns_group *group_of(struct turns *turns, const struct turns_client *client)
{
	return &turns->groups[client->turn.class];
}

/* Keys are hashes already; a class must not find another's. */
static uint64_t turn_hash(const struct turns_key *turn)
{
	return turn->key + (uint64_t)turn->class * UINT64_C(0x9e3779b97f4a7c15);
}

static bool turns_client_is(const struct hash_link *link, const void *key)
{
	const struct turns_key *turn = key;
	const struct turns_client *client = container_of(link, const struct turns_client, link);
	return client->turn.class == turn->class && client->turn.key == turn->key;
}

static void turns_forget(struct turns *turns, struct turns_client *client)
{
	if (client->ring)
		ring_remove(client);
	hash_table_remove(&turns->clients, &client->link);
	free(client);
}

/* --- the wheel */

static void wheel_put(struct turns_group *group, struct turns_client *client)
{
	if (client->due < group->round) {
		client->due = group->round;
		client->used_us = 0;
	}
	uint64_t last = group->round + TURNS_ROUNDS - 1;
	size_t at = (client->due < last ? client->due : last) % TURNS_ROUNDS;
	group->filled[at / WHEEL_BITS] |= UINT64_C(1) << at % WHEEL_BITS;
	ring_put(&group->wheel[at], client);
}

/* The next round in which somebody has a turn; there is one. */
static void wheel_turn(struct turns_group *group)
{
	size_t at = group->round % TURNS_ROUNDS, word = at / WHEEL_BITS;
	uint64_t bits = group->filled[word] & UINT64_MAX << at % WHEEL_BITS;
	while (!bits) {
		word = (word + 1) % (TURNS_ROUNDS / WHEEL_BITS);
		bits = group->filled[word];
	}
	size_t found = word * WHEEL_BITS + (size_t)__builtin_ctzll(bits);
	group->round += (found + TURNS_ROUNDS - at) % TURNS_ROUNDS;
}

static void wheel_remove(struct turns_group *group, struct turns_client *client)
{
	size_t at = (size_t)(client->ring - group->wheel);
	ring_remove(client);
	if (!group->wheel[at].first)
		group->filled[at / WHEEL_BITS] &= ~(UINT64_C(1) << at % WHEEL_BITS);
}

static struct turns_client *wheel_take(struct turns_group *group)
{
	for (;;) {
		wheel_turn(group);
		struct turns_client *client = group->wheel[group->round % TURNS_ROUNDS].first;
		assert(client && client->due >= group->round);
		wheel_remove(group, client);
		if (client->due == group->round)
			return client;
		wheel_put(group, client); /* it owes more than the wheel has rounds */
	}
}

/* --- clients */

/* It has no job. What it used is remembered for as long as there is room: a client that sends its
 * next job when the last one is done has no more turns than others. */
static void turns_idle(struct turns *turns, struct turns_client *client)
{
	struct turns_group *group = group_of(turns, client);
	struct turns_ring *debtors = &group->debtors;
	ring_put(debtors, client);
	/* Two for each that comes, so that debts that are over do not stay. */
	for (int i = 0; i < 2 && debtors->first && debtors->first->due < group->round; i++)
		turns_forget(turns, debtors->first);
	if (debtors->count > TURNS_DEBTORS_MAX)
		turns_forget(turns, debtors->first);
}

static struct turns_client *turns_client_of(struct turns *turns, const struct turns_key *turn)
{
	uint64_t hash = turn_hash(turn);
	struct hash_link *link = hash_table_find(&turns->clients, hash, turns_client_is, turn);
	if (link)
		return container_of(link, struct turns_client, link);
	struct turns_client *client = calloc(1, sizeof *client);
	if (!client)
		return NULL;
	client->turn = *turn;
	client->last = &client->first;
	client->due = turns->groups[turn->class].round;
	hash_table_put(&turns->clients, &client->link, hash);
	return client;
}

/* A class that was idle has saved nothing. */
static void group_wake(struct turns *turns, struct turns_group *group)
{
	if (group->waiting == 0 && group->used_us < turns->now_us)
		group->used_us = turns->now_us;
}

static enum turns_outcome turns_try(struct turns *turns, const struct turns_key *turn,
				    struct queue_link *item)
{
	struct turns_group *group = &turns->groups[turn->class];
	if (turns->is_closed)
		return TURNS_CLOSED;
	if (group->waiting == turns_limits[turn->class])
		return TURNS_CLASS_FULL;
	struct turns_client *client = turns_client_of(turns, turn);
	if (!client)
		return TURNS_CLASS_FULL;
	if (client->waiting == TURNS_WAITING_MAX && turn->class >= TURNS_PROVED)
		return TURNS_CLIENT_FULL;
	group_wake(turns, group);
	item->next = NULL;
	*client->last = item;
	client->last = &item->next;
	group->waiting++;
	if (client->waiting++ > 0 || client == turns->served)
		return TURNS_PUT;
	if (client->ring)
		ring_remove(client); /* it owes something */
	wheel_put(group, client);
	return TURNS_PUT;
}

enum turns_outcome turns_put(struct turns *turns, const struct turns_key *turn,
			     struct queue_link *item)
{
	assert(turn->class < TURNS_CLASSES);
	enum turns_outcome outcome = turns_try(turns, turn, item);
	turns->refused[outcome]++;
	return outcome;
}

/* From the round of its turn on, or from now. */
static void turns_owe(struct turns_group *group, struct turns_client *client, uint64_t us)
{
	uint64_t most = group->round + TURNS_DEBT_MAX_US / TURNS_QUANTUM_US;
	if (client->due < group->round) {
		client->due = group->round;
		client->used_us = 0;
	}
	group->used_us += us;
	client->used_us += us;
	client->due += client->used_us / TURNS_QUANTUM_US;
	client->used_us %= TURNS_QUANTUM_US;
	if (client->due > most)
		client->due = most;
}

void turns_charge(struct turns *turns, uint64_t us)
{
	struct turns_client *client = turns->served;
	if (!client)
		return;
	struct turns_group *group = group_of(turns, client);
	turns->served = NULL;
	turns_owe(group, client, us);
	if (client->waiting)
		wheel_put(group, client);
	else
		turns_idle(turns, client);
}

void turns_charge_more(struct turns *turns, const struct turns_key *turn, uint64_t us)
{
	struct turns_client *client = turns_client_of(turns, turn);
	if (!client)
		return;
	struct turns_group *group = group_of(turns, client);
	bool is_new = !client->ring && client != turns->served;
	uint64_t due = client->due;
	turns_owe(group, client, us);
	if (is_new)
		turns_idle(turns, client);
	if (is_new || client->due == due || !client->waiting || client == turns->served)
		return;
	wheel_remove(group, client);
	wheel_put(group, client);
}

/* The class with jobs that has used least. */
static struct turns_group *group_next(struct turns *turns)
{
	struct turns_group *next = NULL;
	for (unsigned i = 0; i < TURNS_CLASSES; i++) {
		struct turns_group *group = &turns->groups[i];
		if (group->waiting && (!next || group->used_us < next->used_us))
			next = group;
	}
	return next;
}

struct queue_link *turns_take(struct turns *turns)
{
	turns_charge(turns, 0);
	struct turns_group *group = group_next(turns);
	if (!group)
		return NULL;
	struct turns_client *client = wheel_take(group);
	struct queue_link *item = client->first;
	client->first = item->next;
	if (!client->first)
		client->last = &client->first;
	client->waiting--;
	group->waiting--;
	item->next = NULL;
	turns->served = client;
	turns->now_us = group->used_us;
	return item;
}

/* All jobs of a class, at the end of a list. */
static struct queue_link **group_drop(struct turns *turns, struct turns_group *group,
				      struct queue_link **last)
{
	while (group->waiting > 0) {
		struct turns_client *client = wheel_take(group);
		*last = client->first;
		last = client->last;
		group->waiting -= client->waiting;
		client->first = NULL;
		client->last = &client->first;
		client->waiting = 0;
		turns_idle(turns, client);
	}
	return last;
}

struct queue_link *turns_drop_clients(struct turns *turns)
{
	struct queue_link *first = NULL, **last = &first;
	turns_charge(turns, 0);
	for (unsigned class = TURNS_PROVED; class < TURNS_CLASSES; class ++)
		last = group_drop(turns, &turns->groups[class], last);
	*last = NULL;
	return first;
}

void turns_close(struct turns *turns)
{
	turns->is_closed = true;
}

size_t turns_waiting(const struct turns *turns)
{
	size_t waiting = 0;
	for (unsigned i = 0; i < TURNS_CLASSES; i++)
		waiting += turns->groups[i].waiting;
	return waiting;
}

uint64_t turns_refused(const struct turns *turns, enum turns_outcome outcome)
{
	return turns->refused[outcome];
}

size_t turns_clients(const struct turns *turns)
{
	return turns->clients.count;
}

struct turns *turns_new(void)
{
	struct turns *turns = calloc(1, sizeof *turns);
	assert(turns);
	return turns;
}

void turns_free(struct turns *turns)
{
	struct hash_link *link;
	while ((link = hash_table_first(&turns->clients)) != NULL) {
		hash_table_remove(&turns->clients, link);
		free(container_of(link, struct turns_client, link));
	}
	hash_table_free(&turns->clients);
	free(turns);
}
