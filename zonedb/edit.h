/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * An edit: a change of a zone, by whomever it is made. It works on private copies of names, in the
 * arena; nothing is stored before edit_commit. Its difference, record by record, is what the policy
 * judges and the log holds: a record that is deleted and added again in one edit is not a change,
 * but perhaps a refresh.
 *
 *      edit_open -> edit_see/add/remove... -> edit_diff -> (the decision, elsewhere) -> edit_commit
 *
 * Derived records (zonedb/ptr.h) are the server's. An edit's removals leave them in place, and what
 * it adds replaces them: a record of the same type, or a CNAME. One that is added with the class
 * derived, as the log or a file has it, is not added; a record in its place goes.
 *
 * An edit that is not committed needs no end. Writer's thread.
 */
#include "base/addr.h"
#include "base/arena.h"
#include "base/hash_table.h"
#include "zonedb/node.h"
#include "zonedb/zone.h"

/* The author of an edit: what new and refreshed records get. */
struct edit_author {
	uint32_t owner; /* principal id (zonedb/principal.h) */
	uint32_t self;  /* the principal that acts for `owner`, a group, and refreshes its own
			   records too; 0: none */
	const char *owner_text;
	const struct addr *source; /* of an unsigned update; NULL: it is none */
	uint64_t now;              /* seconds */
	enum record_class class;   /* of records that it adds */
	bool lacks_ptr;            /* no PTR are derived of these */
};

/* By how much a record is longer in its name's value than in a message. */
#define EDIT_RECORD_MORE_BYTES (NODE_RECORD_HEAD_LEN - 12u)

/* A record in a private copy. */
struct edit_record {
	struct edit_record *next;
	struct bytes rdata;
	uint32_t owner;
	uint64_t stamp;
	enum record_class class;
	bool is_guest;
	bool lacks_ptr;
	uint32_t ttl;         /* of a signature: that of those which cover its type */
	uint16_t window;      /* number of its windows (zonedb/record_window.h); 0: the zone's */
	bool has_given_stamp; /* by edit_add_as: it is not stamped by the commit */
	bool is_named;        /* the edit added it, perhaps again: it can be refreshed */
	bool is_asserted;     /* a prerequisite named it: it can be refreshed */
	bool is_spared;       /* for the caller: a delete left it in place */
};

/* A list again as a sorted array, made when a search passes many: searches halve it then. */
struct edit_sorted {
	void **item; /* NULL: not made */
	size_t count, room;
};

struct edit_rrset {
	struct edit_rrset *next; /* types ascending */
	uint16_t type;
	uint32_t ttl;                /* not of signatures */
	struct edit_record *records; /* canonical order; never empty when linked */
	struct edit_record *latest;  /* added last, or NULL; the search for a place begins here */
	struct edit_sorted records_sorted;
	size_t bytes;     /* length of the records in a message */
	size_t count;     /* of the records */
	bool is_asserted; /* edit_assert was called */
};

/* What an RRset takes in its name's value. */
static inline size_t edit_rrset_bytes(const struct edit_rrset *rrset)
{
	return NODE_RRSET_HEAD_LEN + rrset->bytes + rrset->count * EDIT_RECORD_MORE_BYTES;
}

/* A name in the edit: its stored node, and its RRsets after the commit. */
struct edit_name {
	struct hash_link link;
	struct edit_name *next;
	struct dns_name name;
	bool is_stored;
	struct node stored;
	struct node_hint hint;     /* after the commit; as stored unless a renewal sets it */
	uint64_t previous;         /* seq of the last change: the node's or the tombstone's */
	struct edit_rrset *rrsets; /* after the commit */
	struct edit_sorted types;  /* of the RRsets */
	struct edit_stored *was;   /* what is stored, for searches; NULL: little is */
	bool is_marked;            /* for the caller */
	bool has_derived;          /* perhaps: derived records stand there, or stood */
};

struct edit;

/* Begins an edit. Transaction, zone and arena must remain valid as long as it. */
struct edit *edit_open(struct store_txn *, const struct zone *, const struct edit_author *,
		       struct arena *);

/* The private copy of a name, which is read from the store at the first call. Never NULL. */
struct edit_name *edit_see(struct edit *, const struct dns_name *);

/* The private copy of a name that has NS, below the apex, or a DNAME after the edit; NULL: it has
 * none. A name that the edit did not touch is looked for in the index of cuts first. */
struct edit_name *edit_see_cut(struct edit *, const struct dns_name *);

/* Supposes that what is stored at a name of this type, or with DNS_TYPE_ANY all of it, had gone
 * before: for a trial, before the first change. Such an edit must not be committed. */
void edit_suppose_gone(struct edit *, const struct dns_name *, uint16_t type);

/* The RRset of a type in a private copy; NULL: there is none. */
struct edit_rrset *edit_find(struct edit_name *, uint16_t type);

/* The record with this data in a private copy; NULL: there is none. */
struct edit_record *edit_find_record(struct edit *, struct edit_name *, uint16_t type,
				     struct bytes rdata);
/* Sets or clears the mark by which no PTR is derived of it. */
void edit_set_lacks_ptr(struct edit *, struct edit_record *, bool lacks_ptr);

/* The stored record with this data, as it was before the edit. False: there was none. */
bool edit_find_stored(struct edit *, const struct edit_name *, uint16_t type, struct bytes rdata,
		      struct node_record *);

/* The TTL of a record of the RRset, and of the set to which a record with this data would belong.
 * False: that set is empty. Signatures are sets by the type that they cover. */
uint32_t edit_ttl(const struct edit_rrset *, const struct edit_record *);
bool edit_ttl_of(const struct edit_rrset *, struct bytes rdata, uint32_t *ttl);
/* Sets the TTL of the set to which this data belongs. The caller sees to has_diff. */
void edit_set_ttl(struct edit_rrset *, struct bytes rdata, uint32_t ttl);

/*
 * Adds a record with the author's owner, stamp and class; the RRset gets its TTL (RFC 2181 5.2), of
 * signatures those that cover the same type. A record with the same data keeps owner, stamp and
 * class, and is marked as named. A record of a singleton type (CNAME, SOA, DNAME) replaces the one
 * that exists. The caller enforces the rules of RFC 2136 3.4.2.2 for CNAME and SOA. False: the
 * RRset would not fit into a message.
 */
bool edit_add(struct edit *, const struct dns_name *, uint16_t type, uint32_t ttl,
	      struct bytes rdata);

/* Adds a record with the given owner, stamp and class, for imports, restores and administrators. A
 * record with the same data gets these. False as edit_add. */
bool edit_add_as(struct edit *, const struct dns_name *, uint16_t type, uint32_t ttl,
		 const struct node_record *);

/* Remove a record, an RRset, or all RRsets of a name. True: something was removed. */
bool edit_remove_record(struct edit *, const struct dns_name *, uint16_t type, struct bytes rdata);
bool edit_remove_rrset(struct edit *, const struct dns_name *, uint16_t type);
bool edit_remove_name(struct edit *, const struct dns_name *);

/* Removes the records of an RRset, except those for which `keeps` returns true. Returns how many
 * remain. */
size_t edit_remove_but(struct edit *, const struct dns_name *, uint16_t type,
		       bool (*keeps)(void *context, struct edit_record *), void *context);

/* Marks the records of an RRset as named by prerequisites. Those that the author may refresh by
 * adding them again are then refreshed. */
void edit_assert(struct edit *, const struct dns_name *, uint16_t type);

/* What refreshing a record that is old enough comes to. */
enum edit_refresh {
	EDIT_REFRESH_NOT,   /* the author refreshes nothing */
	EDIT_REFRESH_KEEPS, /* the owner stays */
	EDIT_REFRESH_TAKES, /* the record is the author's from then on */
};
/* Decides whether the author refreshes a record: one that the edit adds again (`is_named`), or one
 * that a prerequisite names. Without such a function, an author refreshes its own records. */
typedef enum edit_refresh edit_refresh_fn(void *context, const struct edit_name *, uint16_t type,
					  const struct node_record *, bool is_named);
void edit_let_refresh(struct edit *, edit_refresh_fn *, void *context);

/* Decides by which windows a record ages that the author registers, changes or refreshes, and that
 * is its own then: the number of its windows (zonedb/record_window.h). Without such a function it
 * keeps those that it has. A function may be asked several times about one record. */
typedef uint16_t edit_window_fn(void *context, const struct edit_name *, uint16_t type,
				const struct edit_record *, bool is_added);
void edit_let_window(struct edit *, edit_window_fn *, void *context);

/*
 * What the edit cost so far, in steps, each about what a comparison of two records takes: records
 * and types that were passed in searches for a place; names that were read, by their bytes and
 * records; records that the difference has, with what it takes to judge, log and write them.
 */
size_t edit_steps(const struct edit *);
#define EDIT_STORED_STEPS 4   /* a record that is read */
#define EDIT_CHANGE_STEPS 100 /* a record that the difference has */

/* Whether the edit adds a record at a name, also if that exists. */
bool edit_adds_at(struct edit *, const struct dns_name *);

/*
 * Restores the TTL of each RRset of claim tickets (zonedb/ticket.h) whose data did not change,
 * since the leases of two address families bring the same ticket with different TTLs. To be called
 * after the last change of a client's update.
 */
void edit_keep_ticket_ttls(struct edit *);

/* A record that the edit adds again, that is old enough to be refreshed, and whose refresh
 * edit_let_refresh did not let the author take. */
struct edit_ignored {
	struct edit_ignored *next;
	struct edit_name *at;
	uint16_t type;
	uint32_t owner;
	enum record_class class;
	uint16_t window; /* number of its windows */
};
/* Those of the edit's difference, in its order; NULL: none. */
const struct edit_ignored *edit_ignored(struct edit *);

/* A change of a record, as the log has it, with the ids of the owners. */
struct edit_change {
	struct change change;
	uint32_t was_owner, is_owner;
	uint16_t is_window; /* number of the windows that it will have */
	const struct edit_name *at;
};

/* Whether a record is registered: it was not there, or only as a derived one. */
static inline bool edit_registers(const struct edit_change *edited)
{
	const struct change *change = &edited->change;
	return change->what == CHANGE_ADDED ||
	       (change->what == CHANGE_ALTERED && change->was.class == RECORD_DERIVED &&
		change->is.class != RECORD_DERIVED);
}

/* Whether a derived record makes room for one that is registered. */
static inline bool edit_makes_room(const struct edit_change *edited)
{
	return edited->change.what == CHANGE_REMOVED && edited->change.was.class == RECORD_DERIVED;
}

/*
 * Computes the difference: changes in the order in which names were first used, records in
 * canonical order. A record that existed before, exists after, and is named or asserted by its
 * owner is REFRESHED if it is dynamic and older than no-refresh, or stamped in the future, and
 * ALTERED if its refresh moves the owner; otherwise it is no change. A new TTL alters each record
 * of its RRset. Altered and added records have the author's stamp. The SOA's serial is not part of
 * the difference. Returns an array of
 * `*count` in the arena.
 */
const struct edit_change *edit_diff(struct edit *, size_t *count);

/* Computes it as far as it takes so many steps more. False: it takes more, and is not computed. */
bool edit_diff_within(struct edit *, size_t steps);

/*
 * Writes nodes, tombstones, cuts and due index; raises the serial by one if data changed, unless
 * the edit set a higher one; and appends `entry`, completed with zone, serials and changes. A large
 * edit becomes several entries of one run. Returns the seq of the first entry; 0: there was no
 * change, and nothing is written.
 *
 * At the names that it writes, stamps that an era left behind (journal/era.h) are set to what they
 * count as. These are changes of the entry, but not of the difference before it.
 */
uint64_t edit_commit(struct edit *, struct entry *entry);

/* The serials before and after the commit. */
uint32_t edit_serial_before(const struct edit *);
uint32_t edit_serial_after(const struct edit *);
