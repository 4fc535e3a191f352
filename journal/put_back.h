/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Whether a store was put back from a backup: `restore` begins what follows with an entry that
 * names the heads of the three logs as the backup has them (struct entry_heads). What somebody
 * knows of entries behind these heads, such as a signed checkpoint, is of a past that was given up,
 * and no sign that the log was cut off or written anew. Any snapshot.
 */
#include "journal/journal.h"

struct put_back {
	uint64_t seq;       /* the entry that says so */
	uint64_t at_us;     /* when */
	uint64_t backup_us; /* the time of the backup's last entry */
};

/*
 * Whether the store was put back at `since_us` or later, so that an entry of that place, which was
 * there then, is gone, or is another one. The latest such; false: it was not. Reads the entries of
 * no zone since then.
 */
bool put_back_explains(struct store_txn *, struct journal_place, uint64_t since_us,
		       struct put_back *);

/* For an entry of kind `restore`: the heads of the logs as they are. */
struct entry_heads put_back_heads(struct store_txn *, struct arena *);
