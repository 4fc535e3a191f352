/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The difference that many changes make of records: what was there at the start and is not at the
 * end, and the reverse. A condensed IXFR (RFC 1995 5) is that. Records are told apart byte by byte;
 * a TTL that differs makes the record one that goes and one that comes.
 *
 * Memory is bounded: above the limit the difference is `is_over`, empty, and takes nothing more.
 * Pure; one thread.
 */
#include "base/hash_table.h"
#include "journal/entry.h"

struct diff_record {
	struct hash_link link;
	struct diff_record *next; /* in the order in which they were met */
	struct bytes name;        /* wire form */
	uint16_t type;
	bool was, is; /* at the start, at the end */
	uint32_t was_ttl, is_ttl;
	struct bytes rdata;
};

struct diff {
	struct arena arena;
	struct hash_key key; /* clients choose names and data */
	struct hash_table table;
	size_t limit;
	struct diff_record *first, **last;
	bool is_over;
};

void diff_open(struct diff *, const struct hash_key *, size_t limit);
void diff_close(struct diff *);

/* In the order of the log. Refreshes and changes of owner or class change nothing here. */
void diff_add(struct diff *, const struct change *);

/* Whether the change is one of data: what a secondary sees. */
bool diff_is_data(const struct change *);

/* What is to be removed, or added: whether the record is such a one. */
bool diff_is_removed(const struct diff_record *);
bool diff_is_added(const struct diff_record *);

/* Bytes of all those records on the wire, uncompressed. */
uint64_t diff_size(const struct diff *);
/* The same of one record. */
uint64_t diff_record_size(size_t name_len, size_t rdata_len);
