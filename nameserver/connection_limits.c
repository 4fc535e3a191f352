/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "nameserver/connection_limits.h"
#include "base/hash_table.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct source {
	struct hash_link link; /* in the table, or in the list of free ones */
	uint8_t address[ADDR_CLIENT_V6_LEN];
	uint8_t address_len;
	size_t connections;
};

struct connection_limits {
	pthread_mutex_t lock;
	size_t limit, limit_per_address, count;
	struct hash_key key;    /* keeps clients from choosing addresses that meet in one bucket */
	struct source *sources; /* `limit` of them: each stands for at least one connection */
	struct hash_table table;
	struct hash_link *free;
};

static bool source_is(const struct hash_link *link, const void *key)
{
	const struct source *s = container_of(link, const struct source, link);
	const struct bytes *address = key;
	return bytes_equal(bytes_of(s->address, s->address_len), *address);
}

/* NULL: it has no connection. */
static struct source *source_find(const struct connection_limits *c, struct bytes address)
{
	uint64_t hash = hash_keyed(&c->key, address);
	struct hash_link *link = hash_table_find(&c->table, hash, source_is, &address);
	return link ? container_of(link, struct source, link) : NULL;
}

static void source_release(struct connection_limits *c, struct source *s)
{
	s->link.next = c->free;
	c->free = &s->link;
}

static struct source *source_take(struct connection_limits *c, struct bytes address)
{
	struct source *s = container_of(c->free, struct source, link);
	c->free = s->link.next;
	s->address_len = (uint8_t)address.len;
	memcpy(s->address, address.data, address.len);
	hash_table_put(&c->table, &s->link, hash_keyed(&c->key, address));
	return s;
}

static enum connection_limits_outcome
nameserver_connection_limits_enter(struct connection_limits *c, struct bytes address)
{
	if (c->count == c->limit)
		return CONNECTION_LIMITS_FULL;
	struct source *s = source_find(c, address);
	if (!s)
		s = source_take(c, address);
	if (s->connections == c->limit_per_address)
		return CONNECTION_LIMITS_ADDRESS_FULL;
	s->connections++;
	c->count++;
	return CONNECTION_LIMITS_IN;
}

static void nameserver_connection_limits_leave(struct connection_limits *c, struct bytes address)
{
	struct source *s = source_find(c, address);
	assert(s);
	c->count--;
	if (--s->connections > 0)
		return;
	hash_table_remove(&c->table, &s->link);
	source_release(c, s);
}

struct connection_limits *connection_limits_new(size_t limit, size_t limit_per_address)
{
	assert(limit > 0 && limit_per_address > 0);
	struct connection_limits *c = calloc(1, sizeof *c);
	assert(c);
	c->limit = limit;
	c->limit_per_address = limit_per_address;
	c->sources = calloc(limit, sizeof *c->sources);
	assert(c->sources);
	for (size_t i = limit; i-- > 0;)
		source_release(c, &c->sources[i]);
	c->key = hash_key_random();
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

void connection_limits_free(struct connection_limits *c)
{
	pthread_mutex_destroy(&c->lock);
	free(c->sources);
	hash_table_free(&c->table);
	free(c);
}

enum connection_limits_outcome connection_limits_enter(struct connection_limits *c,
						       const struct addr *addr)
{
	pthread_mutex_lock(&c->lock);
	enum connection_limits_outcome outcome =
		nameserver_connection_limits_enter(c, addr_client(addr));
	pthread_mutex_unlock(&c->lock);
	return outcome;
}

bool connection_limits_is_same(const struct addr *a, const struct addr *b)
{
	return bytes_equal(addr_client(a), addr_client(b));
}

void connection_limits_leave(struct connection_limits *c, const struct addr *addr)
{
	pthread_mutex_lock(&c->lock);
	nameserver_connection_limits_leave(c, addr_client(addr));
	pthread_mutex_unlock(&c->lock);
}

size_t connection_limits_count(struct connection_limits *c)
{
	pthread_mutex_lock(&c->lock);
	size_t count = c->count;
	pthread_mutex_unlock(&c->lock);
	return count;
}
