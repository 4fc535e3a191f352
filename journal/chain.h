/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The chain of digests, verified in steps, so that who verifies a log of years can let go of his
 * snapshot, and stop. A step may be in another snapshot than the one before it: the log only grows
 * at its end, and what was pruned meanwhile is gone on with from the base.
 */
#include "journal/journal.h"

enum journal_chain_step {
	JOURNAL_CHAIN_ON,    /* there is more */
	JOURNAL_CHAIN_WHOLE, /* to the head of this snapshot */
	JOURNAL_CHAIN_BROKEN,
};

struct journal_chain {
	struct journal_link at; /* the last good link */
	uint64_t first;         /* where it began */
	uint64_t checked;
	uint64_t bad;    /* BROKEN: the first entry that is wrong */
	const char *why; /* "is missing", ...; a phrase that follows the number */
	/* Each good entry, whole; false: it is wrong, and `why` was set. NULL: nobody looks. */
	bool (*each)(struct journal_chain *, struct store_txn *, const struct entry *);
	void *context;
	bool has_begun;
};

/* At most `most` entries. Zero-initialised is a chain not begun. */
enum journal_chain_step journal_chain_step(struct journal_chain *, struct store_txn *,
					   uint64_t most);

/* An entry's value: its packed part and its digest. False: too short. */
bool journal_split(struct bytes value, struct bytes *packed, const uint8_t **digest);

/* The digest of an entry that follows `previous`. */
void journal_link_digest(const uint8_t previous[DIGEST_LEN], struct bytes packed,
			 uint8_t digest[DIGEST_LEN]);
