/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* The internals of names that a new zone covers, for covered.c and covered_*.c alone. */
#include "admin/covered.h"
#include "nameserver/update_parts.h"

/* A walk over the covered records of the zone above. */
struct covered {
	struct call *call;
	struct store_txn *txn;
	struct dns_name apex; /* of the lower zone */
	struct zone above;
	struct update_servers servers; /* of a delegation that the zone above has */
	uint64_t records, reserved;
	bool is_shown;
	uint64_t most;     /* the walk ends at so many records; 0: it does not */
	uint64_t last_seq; /* of the entry whose author was looked up last */
	const char *last_by;
	struct edit *from, *to;
	struct covered_result *result;
};

/* False: there is no zone above. */
bool covered_open(struct covered *, struct call *, struct store_txn *, const struct dns_name *apex);

/* Whether a zone between, or below, has the name already. */
bool covered_is_of_third(const struct covered *, const struct dns_name *);
/* Whether a record is of the zone above: the delegation, what proves it, and its glue. */
bool covered_is_of_above(const struct covered *, const struct dns_name *, uint16_t type);

/* Calls `each` for each record that is covered. */
typedef void covered_fn(struct covered *, const struct dns_name *, const struct node *,
			const struct node_rrset *, const struct node_record *);
void covered_walk(struct covered *, covered_fn *each);
/* Counts `records`. */
void covered_count(struct covered *, const struct dns_name *, const struct node *,
		   const struct node_rrset *, const struct node_record *);

/* Adds a record to the edit of the new zone. False: it cannot stand beside what that holds. */
bool covered_copy_record(struct covered *, const struct dns_name *, const struct node_rrset *,
			 const struct node_record *);
/* Puts and drops rows of reservations, and counts them. */
void covered_move_reserved(struct covered *, const struct zone *, struct state_edit *);
