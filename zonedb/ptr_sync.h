/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Makes the index of addresses and the derived PTR (zonedb/ptr.h) what they have to be after a
 * change of settings or zones, in parts of the writer's time: of a forward zone whose `ptr` or
 * `ptr-from` changed, all its addresses; of a reverse zone that came, was thawed or is in service
 * again, all addresses in it; and delegations (zonedb/delegation.h) of and in a zone that was
 * thawed or is in service again. Such a zone's row says so (`ptr-pending`), in the entry of the
 * change; the last part writes it without. A part may be done again, so a crash in between loses
 * nothing: whoever starts again begins with the first name. Until it is over, what clients change
 * of the zone is followed as ever.
 */
#include "store/writer.h"
#include "zonedb/ptr.h"

/* Whether the server would derive a PTR of a record if it were registered now: for the mark of
 * records from before `ptr` was turned on. Writer's thread. */
typedef bool ptr_may_fn(void *context, struct store_txn *, const struct zone *,
			const struct dns_name *, uint16_t type, const struct node_record *);

/* The work so far; zero-initialised at first, but for `may` (NULL: marks stay as they are). */
struct ptr_sync {
	ptr_may_fn *may;
	void *context;
	struct dns_name apex; /* of the zone that is worked on */
	uint64_t pending;     /* as its row says; 0: none is */
	bool has_last, is_in_nodes;
	struct dns_name last; /* name that was done last */
	struct ptr_address after;
	bool is_in_rows; /* of the index */
	uint8_t row[STORE_ROW_KEY_MAX];
	size_t row_len;
	uint64_t made, removed; /* PTR, of this zone */
	uint64_t all_made, all_removed;
};

/* For replay, which puts the rows of an entry: where the entry says that all is made, the index of
 * the zone is. */
void ptr_sync_replay(struct store_txn *, const struct entry *);

/* Does a part. True: there is more to do. Writer's thread. */
bool ptr_sync_part(struct ptr_sync *, struct store_txn *, uint64_t now_us, struct writer_part *);
