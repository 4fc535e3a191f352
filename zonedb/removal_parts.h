/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The deletion of a large zone in parts, each a transaction, between which other work is done. The
 * first entry of its run takes the zone out of service (struct zone `deleting`), so that clients
 * see it go at once; then its records are removed, a part at a time, the SOA and the rest of the
 * apex last; the last entry is that of zonedb/removal.h. Nothing is kept between parts but what is
 * stored: whoever comes next goes on, also after a crash (vault/removals.h). Writer's thread.
 */
#include "store/writer.h"
#include "zonedb/removal.h"

/* Whether the zone is so small that it can be deleted in one transaction. */
bool removal_is_small(struct store_txn *, const struct zone *);

/* Begins the deletion, with an entry made from `as`, whose principal is that of the run. */
void removal_parts_begin(struct store_txn *, const struct zone *, const struct entry *as);

/* Removes what can be removed in a part; the zone is `deleting`. True: it is gone. */
bool removal_part(struct store_txn *, const struct zone *, uint64_t now_us,
		  struct writer_part *part);

/* Finds a zone that is being deleted, or of which the run that made it ended before it was
 * complete. False: there is none. */
bool removal_parts_next(struct store_txn *, struct zone *);
