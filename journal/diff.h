/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The net difference of many changes: the records that existed before the first and not after the
 * last, and the reverse, as a condensed IXFR sends it (RFC 1995 5). Records are compared byte by
 * byte; a record whose TTL changed counts as removed and added.
 *
 * Memory is bounded: above the limit `is_over` is set, and the difference is empty and remains so.
 * Pure; a difference belongs to one thread.
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

/* Initialises an empty difference, which diff_close frees. `limit` is in bytes of memory. */
void diff_open(struct diff *, const struct hash_key *, size_t limit);
void diff_close(struct diff *);

/* Adds a change; changes must come in the order of the log. Refreshes and changes of owner or class
 * have no effect. */
void diff_add(struct diff *, const struct change *);

/* Whether the change is one of data, which a secondary sees. */
bool diff_is_data(const struct change *);

/* Whether the record is removed, or added, by the difference. */
bool diff_is_removed(const struct diff_record *);
bool diff_is_added(const struct diff_record *);

/* The length in bytes of all removed and added records in a message, without compression. */
uint64_t diff_size(const struct diff *);
/* The same of one record. */
uint64_t diff_record_size(size_t name_len, size_t rdata_len);
