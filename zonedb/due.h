/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The due index: finds the names of a zone that hold stale records, oldest first. It has an entry
 * for each name with records that age, and for each window class of these records, with the oldest
 * stamp by which one of them ages (zonedb/ticket.h). It is ordered by stamp, not by the time of
 * becoming stale, so a change of the zone's windows or of aging rewrites nothing: at a moment, the
 * entries below `moment - no_refresh - refresh` are stale. A plan for other windows reads the same
 * index. Reads: any thread, with its own transaction; writes: writer's thread.
 *
 * Key: zone id (4), window class (2, zonedb/record_window.h; 0: the zone's windows), stamp (5),
 * name in key form. A key holds every name but one whose key form is longer than 500 bytes: only
 * the root zone can have such (250 bytes of 00 and 01), and its records never become stale.
 */
#include "journal/era.h"
#include "zonedb/edit.h"

/* Updates the entries of a name from its stored node to its new RRsets. */
void due_move(struct store_txn *, const struct zone *, const struct edit_name *);

/* The place of a name in the index of its zone. */
struct due_entry {
	uint16_t window;
	uint64_t stamp;
};

/* Adds the entries of a name that has no stored node, for a load; appends where the order allows.
 */
void due_add(struct store_txn *, const struct zone *, const struct dns_name *,
	     const struct edit_rrset *);

/* Writes the key of an entry of a name. Returns its length; 0: it is too long, and the name is not
 * in the index. */
size_t due_key(uint8_t out[STORE_ROW_KEY_MAX], const struct zone *, const struct due_entry *,
	       const struct dns_name *);
#define DUE_NAME_AT 11 /* where the name begins in a key */

/*
 * The entries that a node has, or that RRsets will have, in the order of their window classes: the
 * first whose class is above `after`; DUE_FIRST begins. False: there is no more.
 */
#define DUE_FIRST (-1)
bool due_next(const struct node *, int after, struct due_entry *);
bool due_next_of(const struct edit_rrset *, int after, struct due_entry *);

/* Counts the zone's entries, up to `limit`. */
uint64_t due_count(struct store_txn *, const struct zone *, uint64_t limit);

/* The place of a walk, from which it can go on. */
struct due_place {
	struct due_entry entry;
	struct dns_name name;
};

/*
 * A moment for which stale names are sought, and the windows of records that have the zone's. With
 * eras a walk also gives names with a stamp that an era left behind and that may count as stale:
 * the caller asks eras_count for each record.
 */
struct due_moment {
	uint64_t when;
	struct record_windows windows;
	const struct eras *eras; /* NULL: as the stamps stand */
};
/* The next window class behind `after`, DUE_FIRST at first, of which the zone has entries. False:
 * there is no more. */
bool due_class_after(struct store_txn *, const struct zone *, int after, uint16_t *window);

/* The longest refresh window by which records of the zone age, the zone's own included: for so long
 * its clients may have no reason to come. */
uint32_t due_longest_refresh(struct store_txn *, const struct zone *);

/* The stamp below which entries of the window class are stale at the moment. */
uint64_t due_before(struct store_txn *, const struct due_moment *, uint16_t window);
/* Whether a walk meets the entry. */
bool due_is_met(struct store_txn *, const struct due_moment *, const struct due_entry *);

/*
 * A walk over the names with stale records at the moment: window class by window class, the zone's
 * first, and in each the oldest stamp first. A name occurs once for each class of its stale
 * records. due_walk_end ends it.
 */
struct due_walk {
	struct store_walk walk;
	struct store_txn *txn;
	const struct zone *zone;
	struct due_moment moment;
	int window;      /* the class that is walked; DUE_FIRST: none yet */
	uint64_t before; /* of that class */
	bool is_open;
};
void due_walk_from(struct due_walk *, struct store_txn *, const struct zone *,
		   const struct due_moment *);
/* Begins a walk behind a place that another walk gave, to go on in another transaction. */
void due_walk_after(struct due_walk *, struct store_txn *, const struct zone *,
		    const struct due_moment *, const struct due_place *);
bool due_walk_next(struct due_walk *, struct due_place *);
void due_walk_end(struct due_walk *);
