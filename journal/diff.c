/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/diff.h"
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

static size_t diff_bucket_of(const struct diff *diff, struct bytes name, uint16_t type,
			     struct bytes rdata)
{
	uint64_t hash = hash_bytes((diff->seed ^ type) * HASH_PRIME, name);
	return hash_bytes(hash * HASH_PRIME, rdata) & (diff->bucket_count - 1);
}

static void diff_put(struct diff *diff, struct diff_record *r)
{
	size_t bucket = diff_bucket_of(diff, r->name, r->type, r->rdata);
	r->in_bucket = diff->buckets[bucket];
	diff->buckets[bucket] = r;
}

static void diff_grow(struct diff *diff)
{
	free(diff->buckets);
	diff->bucket_count = diff->bucket_count ? diff->bucket_count * 2 : BUCKETS_MIN;
	diff->buckets = calloc(diff->bucket_count, sizeof(*diff->buckets));
	assert(diff->buckets);
	for (struct diff_record *r = diff->first; r; r = r->next)
		diff_put(diff, r);
}

static struct diff_record *diff_find(const struct diff *diff, const struct change *change)
{
	struct bytes name = bytes_of(change->name.wire, change->name.len);
	struct diff_record *r = NULL;
	if (diff->bucket_count)
		r = diff->buckets[diff_bucket_of(diff, name, change->type, change->rdata)];
	while (r && (r->type != change->type || !bytes_equal(r->name, name) ||
		     !bytes_equal(r->rdata, change->rdata)))
		r = r->in_bucket;
	return r;
}

/* First met: what it was before the change. */
static struct diff_record *diff_meet(struct diff *diff, const struct change *change)
{
	struct diff_record *r = arena_zero(&diff->arena, sizeof(*r));
	const struct dns_name *name = &change->name;
	r->name = bytes_of(arena_copy(&diff->arena, name->wire, name->len), name->len);
	r->type = change->type;
	r->rdata = bytes_of(arena_copy(&diff->arena, change->rdata.data, change->rdata.len),
			    change->rdata.len);
	r->was = change->what != CHANGE_ADDED;
	r->was_ttl = change->was.ttl;
	if (diff->count == diff->bucket_count)
		diff_grow(diff);
	*diff->last = r;
	diff->last = &r->next;
	diff->count++;
	diff_put(diff, r);
	return r;
}

void diff_open(struct diff *diff, uint64_t seed, size_t limit)
{
	*diff = (struct diff){.seed = seed, .limit = limit};
	diff->last = &diff->first;
}

void diff_close(struct diff *diff)
{
	arena_free(&diff->arena);
	free(diff->buckets);
	diff->buckets = NULL;
	diff->bucket_count = diff->count = 0;
	diff->first = NULL;
	diff->last = &diff->first;
}

bool diff_is_data(const struct change *change)
{
	return change->what == CHANGE_ADDED || change->what == CHANGE_REMOVED ||
	       (change->what == CHANGE_ALTERED && change->was.ttl != change->is.ttl);
}

void diff_add(struct diff *diff, const struct change *change)
{
	if (diff->is_over || !diff_is_data(change))
		return;
	struct diff_record *r = diff_find(diff, change);
	if (!r)
		r = diff_meet(diff, change);
	r->is = change->what != CHANGE_REMOVED;
	r->is_ttl = change->is.ttl;
	if (diff->arena.used + diff->bucket_count * sizeof(*diff->buckets) <= diff->limit)
		return;
	diff_close(diff);
	diff->is_over = true;
}

bool diff_is_removed(const struct diff_record *r)
{
	return r->was && (!r->is || r->was_ttl != r->is_ttl);
}

bool diff_is_added(const struct diff_record *r)
{
	return r->is && (!r->was || r->was_ttl != r->is_ttl);
}

uint64_t diff_record_size(size_t name_len, size_t rdata_len)
{
	return name_len + RECORD_HEAD + rdata_len;
}

uint64_t diff_size(const struct diff *diff)
{
	uint64_t size = 0;
	for (const struct diff_record *r = diff->first; r; r = r->next) {
		unsigned times = (unsigned)diff_is_removed(r) + (unsigned)diff_is_added(r);
		size += times * diff_record_size(r->name.len, r->rdata.len);
	}
	return size;
}
