/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A node: all records of a name as one value of the store, read where it lies in the map. It is
 * never empty: a name without records has no node, but a tombstone with the seq of its last change.
 *
 *      8  seq of the last change of the name
 *      1  flags: 1: a hint follows    2: it is of a renewal that refreshed something
 *         4: an unsigned client follows    8: others renewed too, as the hint does
 *      4  hint: who renewed a record of another owner here    5  when, seconds
 *      1  length, 1 to 7    n  the prefix of the address of the unsigned client whose name it is
 *      then each RRset, types ascending; signatures are an RRset for each type that they cover,
 *      ascending (before 0.2.0 one RRset, with one TTL):
 *      2  type    4  TTL    2  number of records    4  length of the records that follow
 *      then each record, in canonical order of the data:
 *      4  owner's id    5  stamp, seconds    1  marks    2  number of its windows
 *      2  length    n  data, stored form
 *
 * Marks: the low four bits are the class; 16: the record is a guest's, which came by `join`; 32: no
 * PTR is derived of it.
 * Windows are numbered by zonedb/record_window.h. Unknown flags and marks count as damage.
 *
 * Pure; reading allocates nothing.
 */
#include "base/bytes.h"
#include "base/must_use.h"
#include "journal/entry.h"

/* The last renewal of another owner's record at a name (zonedb/renewal.h). */
struct node_hint {
	uint32_t by;   /* principal's id, or that of its acting group */
	uint64_t at;   /* seconds; 0: there is none */
	bool is_taken; /* it refreshed the record; otherwise it refreshed nothing */
	/* Somebody else renewed there, too, with the same outcome, while the hint before counted.
	 */
	bool has_others;
};

/* The unsigned client whose name it is (zonedb/owned_names.h). */
#define NODE_CLIENT_MAX 7
struct node_client {
	uint8_t len; /* of the prefix; 0: it is nobody's */
	uint8_t prefix[NODE_CLIENT_MAX];
};

struct node {
	struct bytes rrsets;
	uint64_t seq;
	struct node_hint hint;
	struct node_client client;
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
	bool is_guest;
	bool lacks_ptr;  /* see struct record_state */
	uint16_t window; /* number of its windows; 0: the zone's */
	struct bytes rdata;
};

/* Opens a value. False: it is damaged. */
MUST_USE bool node_open(struct node *, struct bytes value);

/* Read the next RRset from a reader over node->rrsets, or the next record from one over
 * rrset->records. False: there is no more, or it is damaged, and `bad` is set. */
bool node_next_rrset(struct bytes_in *, struct node_rrset *);
bool node_next_record(struct bytes_in *, struct node_record *);

/* A walk over all records of a node, RRset by RRset. */
struct node_walk {
	struct bytes_in rrsets, records;
	struct node_rrset rrset; /* of the record that was read last */
	bool bad;                /* something is damaged */
};

static inline struct node_walk node_walk_of(const struct node *node)
{
	return (struct node_walk){
		.rrsets = bytes_in_of(node->rrsets.data, node->rrsets.len),
		.records = bytes_in_of(NULL, 0),
	};
}

/* Reads the next record. False: there is no more. A damaged RRset is left out, as far as it is
 * damaged. */
static inline bool node_walk_next(struct node_walk *walk, struct node_record *record)
{
	while (!node_next_record(&walk->records, record)) {
		walk->bad |= walk->records.bad;
		if (!node_next_rrset(&walk->rrsets, &walk->rrset)) {
			walk->bad |= walk->rrsets.bad;
			return false;
		}
		walk->records = bytes_in_of(walk->rrset.records.data, walk->rrset.records.len);
	}
	return true;
}

/* Finds the RRset of a type, of signatures the first. False: there is none. */
bool node_find(const struct node *, uint16_t type, struct node_rrset *);

/* Reads the next RRset of a type from a reader over node->rrsets: signatures have several. */
bool node_next_of(struct bytes_in *, uint16_t type, struct node_rrset *);

/* Finds the record with this data, and its RRset. False: it is not there. */
bool node_find_record(const struct node *, uint16_t type, struct bytes rdata, struct node_rrset *,
		      struct node_record *);

/* Whether two records have the same owner, class, marks and windows. */
static inline bool node_record_is_alike(const struct node_record *a, const struct node_record *b)
{
	return a->owner == b->owner && a->class == b->class && a->is_guest == b->is_guest &&
	       a->lacks_ptr == b->lacks_ptr && a->window == b->window;
}

/* Write a node: the header, then for each RRset its head and its records in order. */
void node_write_start(struct bytes_out *, uint64_t seq, const struct node_hint *,
		      const struct node_client *);
void node_write_rrset(struct bytes_out *, uint16_t type, uint32_t ttl, uint16_t count,
		      uint32_t records_len);
void node_write_record(struct bytes_out *, const struct node_record *);
#define NODE_HEAD_LEN        9
#define NODE_HINT_LEN        9
#define NODE_CLIENT_LEN_MAX  (1 + NODE_CLIENT_MAX)
#define NODE_RRSET_HEAD_LEN  12
#define NODE_RECORD_HEAD_LEN 14
