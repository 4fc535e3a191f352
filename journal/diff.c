/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/diff.h"

/* Type, class, TTL and length of data (RFC 1035 3.2.1). */
#define RECORD_HEAD 10

static uint64_t diff_hash(const struct diff *diff, const struct change *change)
{
	struct bytes name = bytes_of(change->name.wire, change->name.len);
	return hash_keyed(&diff->key, name) * 3 + hash_keyed(&diff->key, change->rdata) +
	       change->type;
}

static bool diff_record_is(const struct hash_link *link, const void *key)
{
	const struct diff_record *r = container_of(link, const struct diff_record, link);
	const struct change *change = key;
	return r->type == change->type &&
	       bytes_equal(r->name, bytes_of(change->name.wire, change->name.len)) &&
	       bytes_equal(r->rdata, change->rdata);
}

/* First met: what it was before the change. */
static struct diff_record *diff_meet(struct diff *diff, const struct change *change, uint64_t hash)
{
	struct diff_record *r = arena_zero(&diff->arena, sizeof(*r));
	const struct dns_name *name = &change->name;
	r->name = bytes_of(arena_copy(&diff->arena, name->wire, name->len), name->len);
	r->type = change->type;
	r->rdata = bytes_of(arena_copy(&diff->arena, change->rdata.data, change->rdata.len),
			    change->rdata.len);
	r->was = change->what != CHANGE_ADDED;
	r->was_ttl = change->was.ttl;
	*diff->last = r;
	diff->last = &r->next;
	hash_table_put(&diff->table, &r->link, hash);
	return r;
}

void diff_open(struct diff *diff, const struct hash_key *key, size_t limit)
{
	*diff = (struct diff){.key = *key, .limit = limit};
	diff->last = &diff->first;
}

void diff_close(struct diff *diff)
{
	arena_free(&diff->arena);
	hash_table_free(&diff->table);
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
	uint64_t hash = diff_hash(diff, change);
	struct hash_link *link = hash_table_find(&diff->table, hash, diff_record_is, change);
	struct diff_record *r =
		link ? container_of(link, struct diff_record, link) : diff_meet(diff, change, hash);
	r->is = change->what != CHANGE_REMOVED;
	r->is_ttl = change->is.ttl;
	if (diff->arena.used + diff->table.room * sizeof(struct hash_link *) <= diff->limit)
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
