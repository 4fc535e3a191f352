/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The net of many changes of records: what was there at the start and is not at the end, and the
 * reverse. A condensed IXFR (RFC 1995 5) is that. Records are told apart byte by byte; a TTL that
 * differs makes the record one that goes and one that comes.
 *
 * Memory is bounded: above the limit the net is `is_over`, empty, and takes nothing more.
 * Pure; one thread.
 */
#include "journal/entry.h"

struct net_record {
	struct net_record *in_bucket, *next; /* `next`: in the order in which they were met */
	struct bytes name;                   /* wire form */
	uint16_t type;
	bool was, is; /* at the start, at the end */
	uint32_t was_ttl, is_ttl;
	struct bytes rdata;
};

struct net {
	struct arena arena;
	uint64_t seed; /* so that nobody can aim at one bucket */
	size_t limit, count, bucket_count;
	struct net_record **buckets, *first, **last;
	bool is_over;
};

void net_open(struct net *, uint64_t seed, size_t limit);
void net_close(struct net *);

/* In the order of the log. Refreshes and changes of owner or class change nothing here. */
void net_add(struct net *, const struct change *);

/* Whether the change is one of data: what a secondary sees. */
bool net_is_data(const struct change *);

/* What is to be removed, or added: whether the record is such a one. */
bool net_is_removed(const struct net_record *);
bool net_is_added(const struct net_record *);

/* Bytes of all those records on the wire, uncompressed. */
uint64_t net_size(const struct net *);
/* The same of one record. */
uint64_t net_record_size(size_t name_len, size_t rdata_len);
