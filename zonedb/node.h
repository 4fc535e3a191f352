/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A node: all records of a name in one value, read where it lies. Never empty: a name without
 * records is not in the table (its last change's seq is in STORE_TOMBSTONES).
 *
 *      8  seq of the last change of the name
 *      then each RRset, types ascending:
 *      2  type    4  TTL    2  number of records    4  length of the records that follow
 *      then each record, in canonical order of the data:
 *      4  owner's id    5  stamp, seconds    1  class    2  length    n  data, stored form
 *
 * Pure; reading allocates nothing.
 */
#include "base/bytes.h"
#include "journal/entry.h"

struct node {
	struct bytes rrsets;
	uint64_t seq;
};

struct node_rrset {
	uint16_t type, count;
	uint32_t ttl;
	struct bytes records;
};

struct node_record {
	uint32_t owner;
	uint64_t stamp;
	enum record_class class;
	struct bytes rdata;
};

/* False: damaged. */
bool node_open(struct node *, struct bytes value);

/* Walks: begin with a reader over node->rrsets, or over rrset->records. False: no more, or damaged
 * (then `bad` is set). */
bool node_next_rrset(struct bytes_in *, struct node_rrset *);
bool node_next_record(struct bytes_in *, struct node_record *);

/* The RRset of one type. */
bool node_find(const struct node *, uint16_t type, struct node_rrset *);

/* Writing: a header, then for each RRset its head and its records in order. */
void node_write_start(struct bytes_out *, uint64_t seq);
void node_write_rrset(struct bytes_out *, uint16_t type, uint32_t ttl, uint16_t count,
		      uint32_t records_len);
void node_write_record(struct bytes_out *, const struct node_record *);
#define NODE_HEAD_LEN        8
#define NODE_RRSET_HEAD_LEN  12
#define NODE_RECORD_HEAD_LEN 12
