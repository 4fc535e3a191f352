/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Walks the history of a name: the chain of its changes (struct change, `previous`), backward from
 * the last one, whose seq stands in the name's node or tombstone (zonedb/name_history.h). Reads
 * only the entries of the name, in bounded memory. Any thread, with its own transaction.
 */
#include "journal/journal.h"

/* A walk backward, the newest entry first; `entry` is valid until the next step. */
struct history {
	struct store_txn *txn;
	struct dns_name name;
	uint64_t next;   /* 0: the chain has ended */
	uint64_t pruned; /* the entry at which pruned history begins; 0: the chain is complete */
	struct arena arena;
	struct entry entry;
};

/* Begins a walk, which history_end frees. `head`: seq of the name's last change; 0: it has none. */
void history_start(struct history *, struct store_txn *, const struct dns_name *, uint64_t head);
/* Goes to the next older entry. False: the chain has ended, or the transaction failed, as for a
 * link to an entry that is not of the name. */
bool history_back(struct history *);
void history_end(struct history *);

struct history_span {
	uint64_t since_us, until_us; /* both within; 0: open */
	uint64_t first; /* no earlier entry is of the span (journal/log_time.h); 0: not known */
};

/*
 * Calls `each` for the entries of the span, the oldest first, until it returns false. The chain is
 * walked backward to set marks, and once more from mark to mark. Returns the seq at which pruned
 * history begins; 0 if the chain is complete, or the span begins later.
 */
typedef bool history_each(void *context, const struct entry *);
uint64_t history_walk(struct store_txn *, const struct dns_name *, uint64_t head,
		      const struct history_span *, history_each *, void *context);
