/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The index of what can become stale: for each name with a record that ages, the oldest stamp by
 * which one of them does (zonedb/ticket.h: of a claim ticket the newest of its own and its
 * addresses'). Keyed by stamp, not by due time, so that a change of the windows, or of aging
 * itself, rewrites nothing: what is stale at a moment is what stands before `moment - no_refresh -
 * refresh`, whatever the windows are; a plan for other windows reads the same index.
 *
 * Key: zone id (4), stamp (5), name in key form. A key holds every name but one whose key form is
 * longer than 502 bytes: only the root zone can have such (250 bytes of 00 and 01), and its records
 * never become stale.
 *
 * Until 0.1.0 a claim ticket aged by its own stamp. A store of then may hold names under the stamp
 * of their ticket: too early, so that a walk meets them for nothing, and never too late. Such an
 * entry goes with the next change of the name, and a rebuilt index has none.
 */
#include "zonedb/edit.h"

/* Moves the name's entry from what the stored node says to what the new RRsets say. */
void due_move(struct store_txn *, const struct zone *, const struct edit_name *);

/* The entry of a name that was in no node before, by a load: goes on top where it can. */
void due_add(struct store_txn *, const struct zone *, const struct dns_name *, uint64_t stamp);

/* The index's key of a name; 0: longer than a key may be, and so not in it. */
size_t due_key(uint8_t out[STORE_KEY_MAX], const struct zone *, uint64_t stamp,
	       const struct dns_name *);

/* The oldest stamp by which a record in a node, or in what will be one, ages; false: nothing there
 * does. */
bool due_oldest(const struct node *, uint64_t *stamp);
bool due_oldest_of(const struct edit_rrset *, uint64_t *stamp);
/* The oldest stamp of a dynamic record, as older versions put it into the index. */
bool due_oldest_own(const struct node *, uint64_t *stamp);

/* How many names of the zone are in the index; it stops counting at `limit`. */
uint64_t due_count(struct store_txn *, const struct zone *, uint64_t limit);

/* Where a walk was. */
struct due_place {
	uint64_t stamp;
	struct dns_name name;
};

/* Walks names whose stamp in the index is below `before`, oldest first. */
struct due_walk {
	struct store_walk walk;
	const struct zone *zone;
	uint64_t before;
};
void due_walk_from(struct due_walk *, struct store_txn *, const struct zone *, uint64_t before);
/* The same, from behind the entry that a walk gave: to go on in another transaction. */
void due_walk_after(struct due_walk *, struct store_txn *, const struct zone *, uint64_t before,
		    const struct due_place *);
bool due_walk_next(struct due_walk *, struct dns_name *, uint64_t *stamp);
void due_walk_end(struct due_walk *);
