/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Automatic PTR: the records of class derived in reverse zones. Of the address records in the index
 * (zonedb/ptr_index.h), the server makes a PTR at the reverse name of each address, in the closest
 * zone that holds it, where nobody registered a PTR or CNAME at that name. Of several names the one
 * that has the PTR keeps it while its address record stands; then the first in canonical order has
 * it. Its TTL is that of the address record. A frozen zone is left as it is until it is thawed.
 *
 *      a change of an A or AAAA          the PTR of its address is made, moved or removed
 *      a PTR or CNAME that is removed    the PTR of that address returns
 *      a zone that comes, goes, thaws    zonedb/ptr_sync.h
 *
 * What follows from a change is an entry of its own for each zone, in the transaction of the
 * change: of the principal `system:ptr`, with the change's seq as `cause`. Writer's thread.
 */
#include "journal/entry.h"
#include "zonedb/edit.h"
#include "zonedb/ptr_index.h"

#define PTR_PRINCIPAL "system:ptr"

struct ptr_work {
	struct store_txn *txn;
	struct arena *arena;
	const char *principal;   /* of the entries; NULL: PTR_PRINCIPAL */
	uint64_t time_us, cause; /* of the change */
	uint32_t going;          /* the zone that is being deleted: it counts as gone; 0: none */
	struct ptr_zone *zones;  /* that were met; NULL at first */
	uint64_t made, removed;  /* by ptr_settle and ptr_end */
	uint64_t weight;         /* what the entries take of the log */
};

/* Makes the PTR of an address what it has to be, on the private copies of edits. */
void ptr_settle(struct ptr_work *, const struct ptr_address *);
/* Commits the edits: an entry for each zone. */
void ptr_end(struct ptr_work *);

/* Follows changes of a zone that were written by the entry with this seq and time: the index, then
 * the PTR. Returns what its entries take of the log. `is_going`: the zone is being deleted. */
struct ptr_change {
	const struct zone *zone;
	const struct change *changes;
	size_t count;
	const struct entry *entry;
	bool is_going;
};
uint64_t ptr_follow(struct store_txn *, const struct ptr_change *, struct arena *);
/* Whether changes of the zone may have something to follow. */
bool ptr_is_followed(const struct zone *, const struct change *);

/* The closest zone of the store that holds the name, but for that which is going, and those that
 * are being deleted or filled. In the work's arena; NULL: there is none. */
const struct zone *ptr_zone_closest(struct ptr_work *, const struct dns_name *);
/* The same of the name's last labels, so many at most; and the zone with this very apex. */
const struct zone *ptr_zone_closest_of(struct ptr_work *, const struct dns_name *, unsigned labels);
const struct zone *ptr_zone_at(struct ptr_work *, const struct dns_name *apex);
/* Whether it is being deleted or filled. */
bool ptr_zone_is_moving(struct ptr_work *, const struct dns_name *apex);
/* The edit of derived records in a zone that one of these gave. */
struct edit *ptr_edit_of(struct ptr_work *, const struct zone *);

/* What stands at the reverse name of an address in a zone. */
struct ptr_there {
	bool is_registered; /* a PTR or CNAME that is not derived */
	bool is_derived;
	struct dns_name target; /* of the derived one */
	uint32_t ttl;
};
void ptr_look(struct store_txn *, const struct zone *, const struct dns_name *reverse,
	      struct ptr_there *);
