/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Pruning: removes the oldest entries of the log, with their rows in its indexes. The digest of the
 * last one that was removed is kept (journal_base), so the chain of the rest can be verified. Seqs
 * are never used again.
 */
#include "journal/journal.h"

/* What goes: from the oldest on, entries before `keep_us` that are also before `before_us`, or are
 * in the way of `bytes`. The first that must stay ends it. */
struct prune_rule {
	enum journal_log log;
	uint64_t before_us; /* older is too old; 0: none is */
	uint64_t bytes;     /* the log may take so much; UINT64_MAX: any amount */
	uint64_t keep_us;   /* from then on nothing goes: what may still be undone */
};

struct prune_result {
	uint64_t entries, bytes;
	uint64_t last_seq, last_us; /* of the last that goes; 0: none does */
	bool has_more;              /* `most` ended it */
};

/*
 * At most `most` entries (fewer, where they are large), in the transaction. What was pruned is an
 * entry itself, made from `as` (time, principal), with the rows of decided state that go with the
 * pruned entries. Of a log of refusals it is an entry of that log, and there are no rows. Nothing
 * to prune: no entry. Writer's thread. Adds to the result.
 */
void journal_prune(struct store_txn *, const struct prune_rule *, uint64_t most,
		   const struct entry *as, struct prune_result *);

/*
 * In a replay of an entry whose rows are written: if it is a pruning, what it pruned goes here too,
 * as far as it is there. Nothing is logged.
 */
void journal_prune_again(struct store_txn *, const struct entry *);

/* The last seq that a prune entry names, here or in the log that this store was replayed from; 0:
 * nothing was pruned. */
uint64_t journal_pruned_to(struct store_txn *);

/* The same without doing it: what goes after what the result holds already. */
void journal_prune_plan(struct store_txn *, const struct prune_rule *, uint64_t most,
			struct prune_result *);
