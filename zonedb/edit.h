/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * An edit: the one act that changes a zone. It works on private copies of the names it touches, in
 * the arena; the store sees nothing before edit_commit. In between stands the difference,
 * record by record, which is what is judged (ownership.md) and what is logged (log.md): a record
 * deleted and added again in one edit is no change but a refresh (aging.md).
 *
 *      edit_open -> edit_see/add/remove... -> edit_diff -> (the decision, elsewhere) -> edit_commit
 *
 * Dropping an edit is forgetting it. Writer's thread, or a job run by it.
 */
#include "base/arena.h"
#include "base/hash_table.h"
#include "zonedb/node.h"
#include "zonedb/zone.h"

/* For whom the edit is made: what new and refreshed records will carry. */
struct edit_author {
	uint32_t owner; /* principal id (zonedb/principal.h) */
	uint32_t self; /* the principal that acts for `owner`, a group: what is its own is refreshed
			  too; 0: none */
	const char *owner_text;
	uint64_t now;            /* seconds */
	enum record_class class; /* of records that it adds */
};

/* A record in a private copy. */
struct edit_record {
	struct edit_record *next;
	struct bytes rdata;
	uint32_t owner;
	uint64_t stamp;
	enum record_class class;
	bool is_guest;
	uint16_t window;      /* number of its windows (zonedb/record_window.h); 0: the zone's */
	bool has_given_stamp; /* by edit_add_as: kept, whatever changes beside it */
	bool is_named;        /* the edit added it (again): a refresh counts */
	bool is_asserted;     /* a prerequisite named it: a refresh counts, and nothing else */
	bool is_spared;       /* the caller's: a delete that included it left it in place */
};

struct edit_rrset {
	struct edit_rrset *next; /* types ascending */
	uint16_t type;
	uint32_t ttl;
	struct edit_record *records; /* canonical order; never empty when linked */
	struct edit_record *latest;  /* added last, or NULL: where the next one is looked for */
	size_t bytes;                /* what the records take in a message */
	bool is_asserted;            /* edit_assert was called */
};

/* A name in the edit: what is stored, and what will be. */
struct edit_name {
	struct hash_link link;
	struct edit_name *next;
	struct dns_name name;
	bool is_stored;
	struct node stored;
	struct node_hint hint;     /* what will be; as stored until it is set */
	uint64_t previous;         /* seq of the last change: the node's or the tombstone's */
	struct edit_rrset *rrsets; /* what will be */
};

struct edit;

/* `txn` and `arena` must outlive the edit. */
struct edit *edit_open(struct store_txn *, const struct zone *, const struct edit_author *,
		       struct arena *);

/* The private copy of a name, read from the store when it is first touched. Never NULL. */
struct edit_name *edit_see(struct edit *, const struct dns_name *);

/* The RRset of a type in the private copy; NULL: there is none. */
struct edit_rrset *edit_find(struct edit_name *, uint16_t type);

/*
 * Adds a record; the RRset gets its TTL (RFC 2181 5.2). The same data again keeps owner, stamp and
 * class, and is marked as named. The rules of RFC 2136 3.4.2.2 for CNAME and SOA are the caller's;
 * a singleton type (CNAME, SOA, DNAME) replaces. False: the RRset would be more than a message can
 * carry.
 */
bool edit_add(struct edit *, const struct dns_name *, uint16_t type, uint32_t ttl,
	      struct bytes rdata);

/* The same with owner, stamp and class of their own: imports, restores, the administrator. Of a
 * record that is there, these replace what it carries. */
bool edit_add_as(struct edit *, const struct dns_name *, uint16_t type, uint32_t ttl,
		 const struct node_record *);

/* True: there was one. */
bool edit_remove_record(struct edit *, const struct dns_name *, uint16_t type, struct bytes rdata);
bool edit_remove_rrset(struct edit *, const struct dns_name *, uint16_t type);
bool edit_remove_name(struct edit *, const struct dns_name *);

/* Removes the records of an RRset but those that `keeps` says are to stay. How many stay. */
size_t edit_remove_but(struct edit *, const struct dns_name *, uint16_t type,
		       bool (*keeps)(void *context, struct edit_record *), void *context);

/* Marks the records of an RRset as named by prerequisites: the author refreshes what he could have
 * refreshed by naming it in the edit, but no owner moves (aging.md). */
void edit_assert(struct edit *, const struct dns_name *, uint16_t type);

/* Asked of another's record that is named or asserted and old enough: whether the author refreshes
 * it all the same. Without, he refreshes only his own. */
typedef bool edit_refresh_fn(void *context, const struct edit_name *, uint16_t type,
			     const struct node_record *);
void edit_let_refresh(struct edit *, edit_refresh_fn *, void *context);

/* Whether the edit adds something at a name, if only what is there. */
bool edit_adds_at(struct edit *, const struct dns_name *);

/*
 * An RRset of claim tickets (zonedb/ticket.h) that holds the same data as before keeps its TTL:
 * leases of two families bring one ticket with two TTLs. For what clients send; after their last
 * change.
 */
void edit_keep_ticket_ttls(struct edit *);

/*
 * The difference: changes in the order of first touch, records in canonical order. A record
 * that was and is, and is named or asserted by an edit whose author owns it, is REFRESHED if the
 * refresh is taken (aging.md: age > no_refresh, or a stamp in the future; dynamic), else no change
 * at all. A TTL that changes alters each record of the RRset. Altered and added records carry the
 * author's stamp. The serial is not among them. Memory is the arena's; `edit_change` goes with
 * `struct change` of the log and adds ids.
 */
struct edit_change {
	struct change change;
	uint32_t was_owner, is_owner;
	const struct edit_name *at;
};
const struct edit_change *edit_diff(struct edit *, size_t *count);

/*
 * Writes nodes, tombstones, cuts and due index, moves the serial by one if data changed (and the
 * edit did not set the SOA's itself, higher), and appends `entry` to the log, completed with zone,
 * serials, and changes; large edits become several entries of one run. Nothing to write (no change,
 * no refresh): nothing is logged, returns 0. Otherwise the seq of the (first) entry.
 */
uint64_t edit_commit(struct edit *, struct entry *entry);

/* After commit: the serials. */
uint32_t edit_serial_before(const struct edit *);
uint32_t edit_serial_after(const struct edit *);
