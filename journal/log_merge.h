/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The three logs walked as one, in the order of time. Each log keeps its own order; which of them
 * comes next is decided by the era and the time of its next entry, and where these are equal by
 * where it stands beside the change log. One thread, one snapshot.
 */
#include "journal/seq_set.h"

/* A log in the walk: what of it is looked at, and its next entry. */
struct log_merge_lane {
	enum journal_log log;
	uint64_t first, last; /* seqs; `last` below `first`: nothing */
	struct seq_set seqs;  /* the set in which it looks; the lane's, from log_merge_begin on */
	bool has_entry;
	struct entry entry; /* until the lane moves on */
	uint64_t skip;      /* the caller's */
	struct arena arena; /* of the entry */
};

enum log_merge_way { LOG_MERGE_FORWARD, LOG_MERGE_BACK };

struct log_merge {
	struct store_txn *txn;
	enum log_merge_way way;
	struct log_merge_lane lanes[JOURNAL_LOGS]; /* each at the place of its log */
};

/* Goes to the first entry of each lane (back: the last); the lanes' bounds and sets are given. May
 * be called again. */
void log_merge_begin(struct log_merge *, enum log_merge_way);

/* The lane whose entry comes next; NULL: there is none, or the transaction failed: an entry that is
 * damaged, or missing. */
struct log_merge_lane *log_merge_next(struct log_merge *);

/* The lane is done with its entry. */
void log_merge_step(struct log_merge *, struct log_merge_lane *);

void log_merge_end(struct log_merge *);
