/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* What the two files of zonedb/removal share: the names that one entry removes. */
#include "zonedb/removal.h"

struct removal {
	struct store_txn *txn;
	const struct zone *zone;
	struct arena arena; /* ends with each entry */
	struct change *changes;
	size_t count, room, bytes;
	size_t bytes_max;     /* of the changes of one entry, about */
	struct dns_name last; /* the last name that was taken; walked from there */
	bool has_last;
};

/* As many names as make one entry, copied: the append that follows may move what lies in the map.
 */
void removal_take_names(struct removal *);
/* The PTR that are derived of their addresses, or that may stand in another zone instead of them,
 * after their entry. */
void removal_follow(struct removal *, const struct entry *);
/* A tombstone for each of them. */
void removal_leave_tombstones(struct removal *, uint64_t seq);
