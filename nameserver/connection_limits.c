/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "nameserver/connection_limits.h"
#include "base/bytes.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#define NOBODY SIZE_MAX

struct source {
	uint8_t address[16];
	uint8_t address_len;
	size_t connections;
	size_t next; /* in its bucket, or in the list of free ones */
};

struct connection_limits {
	pthread_mutex_t lock;
	size_t limit, limit_per_address, count;
	uint64_t seed;
	struct source *sources; /* `limit` of them: each stands for at least one connection */
	size_t *buckets;        /* as many */
	size_t free;
};

static struct bytes address_of(const struct addr *addr)
{
	if (addr->any.sa_family == AF_INET)
		return bytes_of(&addr->v4.sin_addr, sizeof addr->v4.sin_addr);
	return bytes_of(&addr->v6.sin6_addr, sizeof addr->v6.sin6_addr);
}

/* The seed keeps clients from choosing addresses that meet in one bucket. */
static size_t connection_limits_bucket_of(const struct connection_limits *c, struct bytes address)
{
	uint64_t hash = c->seed;
	for (size_t i = 0; i < address.len; i++) {
		hash = (hash ^ address.data[i]) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	return hash % c->limit;
}

/* Where the number of the address's source stands: in its bucket, or in the one before it. */
static size_t *link_to(struct connection_limits *c, struct bytes address)
{
	size_t *link = &c->buckets[connection_limits_bucket_of(c, address)];
	while (*link != NOBODY) {
		struct source *s = &c->sources[*link];
		if (bytes_equal(bytes_of(s->address, s->address_len), address))
			break;
		link = &s->next;
	}
	return link;
}

static void add_source(struct connection_limits *c, size_t *link, struct bytes address)
{
	size_t number = c->free;
	struct source *s = &c->sources[number];
	c->free = s->next;
	*s = (struct source){.address_len = (uint8_t)address.len, .next = NOBODY};
	memcpy(s->address, address.data, address.len);
	*link = number;
}

static enum connection_limits_outcome
nameserver_connection_limits_enter(struct connection_limits *c, struct bytes address)
{
	if (c->count == c->limit)
		return CONNECTION_LIMITS_FULL;
	size_t *link = link_to(c, address);
	if (*link == NOBODY)
		add_source(c, link, address);
	struct source *s = &c->sources[*link];
	if (s->connections == c->limit_per_address)
		return CONNECTION_LIMITS_ADDRESS_FULL;
	s->connections++;
	c->count++;
	return CONNECTION_LIMITS_IN;
}

static void nameserver_connection_limits_leave(struct connection_limits *c, struct bytes address)
{
	size_t *link = link_to(c, address), number = *link;
	assert(number != NOBODY);
	struct source *s = &c->sources[number];
	c->count--;
	if (--s->connections > 0)
		return;
	*link = s->next;
	s->next = c->free;
	c->free = number;
}

struct connection_limits *connection_limits_new(size_t limit, size_t limit_per_address)
{
	assert(limit > 0 && limit_per_address > 0);
	struct connection_limits *c = calloc(1, sizeof *c);
	assert(c);
	c->limit = limit;
	c->limit_per_address = limit_per_address;
	c->sources = calloc(limit, sizeof *c->sources);
	c->buckets = calloc(limit, sizeof *c->buckets);
	assert(c->sources && c->buckets);
	for (size_t i = 0; i < limit; i++) {
		c->buckets[i] = NOBODY;
		c->sources[i].next = i + 1 < limit ? i + 1 : NOBODY;
	}
	/* Without randomness only the guard against chosen addresses is lost. */
	(void)!getrandom(&c->seed, sizeof c->seed, 0);
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void connection_limits_free(struct connection_limits *c)
{
	pthread_mutex_destroy(&c->lock);
	free(c->sources);
	free(c->buckets);
	free(c);
}

enum connection_limits_outcome connection_limits_enter(struct connection_limits *c,
						       const struct addr *addr)
{
	pthread_mutex_lock(&c->lock);
	enum connection_limits_outcome outcome =
		nameserver_connection_limits_enter(c, address_of(addr));
	pthread_mutex_unlock(&c->lock);
	return outcome;
}

void connection_limits_leave(struct connection_limits *c, const struct addr *addr)
{
	pthread_mutex_lock(&c->lock);
	nameserver_connection_limits_leave(c, address_of(addr));
	pthread_mutex_unlock(&c->lock);
}

size_t connection_limits_count(struct connection_limits *c)
{
	pthread_mutex_lock(&c->lock);
	size_t count = c->count;
	pthread_mutex_unlock(&c->lock);
	return count;
}
