/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The past of a name: the chain of its changes (change.previous), from its last one back, which the
 * name's node or tombstone knows (zonedb/name_history.h). Bounded memory, whatever the chain's
 * length; reads nothing but the entries of the name.
 */
#include "journal/journal.h"

/* A walk back, the newest first; `entry` is good until the next step. */
struct history {
	struct store_txn *txn;
	struct dns_name name;
	uint64_t next;   /* 0: the chain has ended */
	uint64_t pruned; /* the chain went on with this entry, which is no longer kept; 0: whole */
	struct arena arena;
	struct entry entry;
};

/* `head`: seq of the name's last change; 0: it has none. */
void history_start(struct history *, struct store_txn *, const struct dns_name *, uint64_t head);
/* False: the chain has ended, or the transaction failed (a link that leads nowhere). */
bool history_back(struct history *);
void history_end(struct history *);

struct history_span {
	uint64_t since_us, until_us; /* both within; 0: open */
};

/*
 * The chain's entries of the span, the oldest first: the chain is walked back once to set marks,
 * and again from mark to mark. A false from `each` ends it. Returns what `pruned` says above, or 0
 * when the span begins later than that.
 */
typedef bool history_each(void *context, const struct entry *);
uint64_t history_walk(struct store_txn *, const struct dns_name *, uint64_t head,
		      const struct history_span *, history_each *, void *context);

/*
 * The last entry that was written at `time_us` or before, as far as the clock went forward; 0: none
 * was. False: what was there then has been pruned.
 */
bool history_at(struct store_txn *, uint64_t time_us, uint64_t *seq);
