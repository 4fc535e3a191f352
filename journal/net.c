/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/net.h"
#include <assert.h>
#include <stdlib.h>

#define BUCKETS_MIN 64
#define HASH_PRIME  1099511628211ull
/* Type, class, TTL and length of data (RFC 1035 3.2.1). */
#define RECORD_HEAD 10

static uint64_t hash_bytes(uint64_t hash, struct bytes bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		hash = (hash ^ bytes.data[i]) * HASH_PRIME;
	return hash ^ hash >> 32;
}

static size_t bucket_of(const struct net *net, struct bytes name, uint16_t type, struct bytes rdata)
{
	uint64_t hash = hash_bytes((net->seed ^ type) * HASH_PRIME, name);
	return hash_bytes(hash * HASH_PRIME, rdata) & (net->bucket_count - 1);
}

static void put(struct net *net, struct net_record *r)
{
	size_t bucket = bucket_of(net, r->name, r->type, r->rdata);
	r->in_bucket = net->buckets[bucket];
	net->buckets[bucket] = r;
}

static void grow(struct net *net)
{
	free(net->buckets);
	net->bucket_count = net->bucket_count ? net->bucket_count * 2 : BUCKETS_MIN;
	net->buckets = calloc(net->bucket_count, sizeof(*net->buckets));
	assert(net->buckets);
	for (struct net_record *r = net->first; r; r = r->next)
		put(net, r);
}

static struct net_record *find(const struct net *net, const struct change *change)
{
	struct bytes name = bytes_of(change->name.wire, change->name.len);
	struct net_record *r = NULL;
	if (net->bucket_count)
		r = net->buckets[bucket_of(net, name, change->type, change->rdata)];
	while (r && (r->type != change->type || !bytes_equal(r->name, name) ||
		     !bytes_equal(r->rdata, change->rdata)))
		r = r->in_bucket;
	return r;
}

/* First met: what it was before the change. */
static struct net_record *meet(struct net *net, const struct change *change)
{
	struct net_record *r = arena_zero(&net->arena, sizeof(*r));
	const struct dns_name *name = &change->name;
	r->name = bytes_of(arena_copy(&net->arena, name->wire, name->len), name->len);
	r->type = change->type;
	r->rdata = bytes_of(arena_copy(&net->arena, change->rdata.data, change->rdata.len),
			    change->rdata.len);
	r->was = change->what != CHANGE_ADDED;
	r->was_ttl = change->was.ttl;
	if (net->count == net->bucket_count)
		grow(net);
	*net->last = r;
	net->last = &r->next;
	net->count++;
	put(net, r);
	return r;
}

void net_open(struct net *net, uint64_t seed, size_t limit)
{
	*net = (struct net){.seed = seed, .limit = limit};
	net->last = &net->first;
}

void net_close(struct net *net)
{
	arena_free(&net->arena);
	free(net->buckets);
	net->buckets = NULL;
	net->bucket_count = net->count = 0;
	net->first = NULL;
	net->last = &net->first;
}

bool net_is_data(const struct change *change)
{
	return change->what == CHANGE_ADDED || change->what == CHANGE_REMOVED ||
	       (change->what == CHANGE_ALTERED && change->was.ttl != change->is.ttl);
}

void net_add(struct net *net, const struct change *change)
{
	if (net->is_over || !net_is_data(change))
		return;
	struct net_record *r = find(net, change);
	if (!r)
		r = meet(net, change);
	r->is = change->what != CHANGE_REMOVED;
	r->is_ttl = change->is.ttl;
	if (net->arena.used + net->bucket_count * sizeof(*net->buckets) <= net->limit)
		return;
	net_close(net);
	net->is_over = true;
}

bool net_is_removed(const struct net_record *r)
{
	return r->was && (!r->is || r->was_ttl != r->is_ttl);
}

bool net_is_added(const struct net_record *r)
{
	return r->is && (!r->was || r->was_ttl != r->is_ttl);
}

uint64_t net_record_size(size_t name_len, size_t rdata_len)
{
	return name_len + RECORD_HEAD + rdata_len;
}

uint64_t net_size(const struct net *net)
{
	uint64_t size = 0;
	for (const struct net_record *r = net->first; r; r = r->next) {
		unsigned times = (unsigned)net_is_removed(r) + (unsigned)net_is_added(r);
		size += times * net_record_size(r->name.len, r->rdata.len);
	}
	return size;
}
