/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Verifies the chain of digests in steps, so that the verification of a long log can renew its
 * snapshot between two steps, or stop. A step may use another snapshot than the one before: the log
 * grows only at its end, and if entries were pruned meanwhile, it goes on from the base. One
 * thread.
 */
#include "journal/journal.h"

enum journal_chain_step {
	JOURNAL_CHAIN_ON,    /* there is more */
	JOURNAL_CHAIN_WHOLE, /* to the head of this snapshot */
	JOURNAL_CHAIN_BROKEN,
};

struct journal_chain {
	enum journal_log log;   /* whose */
	struct journal_link at; /* the last good link */
	uint64_t first;         /* where it began */
	uint64_t checked;
	uint64_t bad;    /* BROKEN: the first entry that is wrong */
	const char *why; /* "is missing", ...; a phrase that follows the number */
	/* Each good entry, whole; false: it is wrong, and `why` was set. NULL: not called. */
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
