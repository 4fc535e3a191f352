/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The index of what can become stale: for each name with a record that ages, and for each window
 * class of such records there, the oldest stamp by which one of them does (zonedb/ticket.h: of a
 * claim ticket the newest of its own and its addresses'). Keyed by stamp, not by due time, so that
 * a change of the zone's windows, or of aging itself, rewrites nothing: what is stale at a moment
 * is what stands before `moment - no_refresh - refresh`, whatever the windows are; a plan for other
 * windows reads the same index.
 *
 * Key: zone id (4), window class (2, zonedb/record_window.h; 0: the zone's windows), stamp (5),
 * name in key form. A key holds every name but one whose key form is longer than 500 bytes: only
 * the root zone can have such (250 bytes of 00 and 01), and its records never become stale.
 */
#include "zonedb/edit.h"

/* Moves the name's entry from what the stored node says to what the new RRsets say. */
void due_move(struct store_txn *, const struct zone *, const struct edit_name *);

/* Where a name stands in the index of its zone. */
struct due_entry {
	uint16_t window;
	uint64_t stamp;
};

/* The entries of a name that was in no node before, by a load: they go on top where they can. */
void due_add(struct store_txn *, const struct zone *, const struct dns_name *,
	     const struct edit_rrset *);

/* The index's key of a name; 0: longer than a key may be, and so not in it. */
size_t due_key(uint8_t out[STORE_KEY_MAX], const struct zone *, const struct due_entry *,
	       const struct dns_name *);
#define DUE_NAME_AT 11 /* where the name begins in a key */

/*
 * The entries of a node, or of what will be one, in the order of their window classes: the first
 * whose class is above `after` (DUE_FIRST begins). False: there is no more.
 */
#define DUE_FIRST (-1)
bool due_next(const struct node *, int after, struct due_entry *);
bool due_next_of(const struct edit_rrset *, int after, struct due_entry *);

/* How many entries of the zone are in the index, a name's one for each of its window classes; it
 * stops counting at `limit`. */
uint64_t due_count(struct store_txn *, const struct zone *, uint64_t limit);

/* Where a walk was. */
struct due_place {
	struct due_entry entry;
	struct dns_name name;
};

/* The moment at which names are asked whether they are stale, and the windows of those records that
 * have their zone's. */
struct due_moment {
	uint64_t when;
	struct record_windows windows;
};
/* Stamps below it are stale then. An entry of a class that is not the zone's has its own windows.
 */
uint64_t due_before(struct store_txn *, const struct due_moment *, uint16_t window);

/*
 * Walks names that have something stale at the moment: window class by window class, the zone's
 * first, and oldest first in each. A name is met once for each class of which it has something
 * stale.
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
/* The same, from behind the entry that a walk gave: to go on in another transaction. */
void due_walk_after(struct due_walk *, struct store_txn *, const struct zone *,
		    const struct due_moment *, const struct due_place *);
bool due_walk_next(struct due_walk *, struct due_place *);
void due_walk_end(struct due_walk *);
