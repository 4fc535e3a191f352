/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads rows of decided state (journal/state.h) as they were after an entry of the log: the stored
 * rows, with the old rows of later entries put back. Time grows with the number of later entries,
 * memory with the rows that they changed. As of the last entry it gives the stored rows.
 *
 * Any thread; the read transaction must not be renewed meanwhile. Errors stick to it.
 */
#include "journal/state.h"

struct state_at;

/* The state after entry `seq`, to which the log must reach back. Never NULL; state_at_close frees
 * it.
 */
struct state_at *state_at_open(struct store_txn *, uint64_t seq);
void state_at_close(struct state_at *);

/* The last later entry of format 1 that changed settings, which it describes in words: rows as of
 * an earlier entry are not known. 0: there is none. */
uint64_t state_at_unknown(const struct state_at *);

/* The row then; it lies in the map, or lives as long as this. False: it was not there, or an error
 * of the transaction. */
bool state_at_get(const struct state_at *, enum state_table, struct bytes key, struct bytes *row);

/* A walk over the rows whose key begins with `prefix` (at most STATE_KEY_MAX bytes), in the order
 * of their keys. Key and row are valid until the next step. */
struct state_at_walk {
	struct state_at *state_at;
	enum state_table table;
	uint8_t prefix[STATE_KEY_MAX];
	size_t prefix_len;
	size_t next; /* of the changed rows */
	struct state_walk stored;
	struct bytes key, row; /* the stored row that comes next */
	bool has_stored;
};
void state_at_walk_from(struct state_at_walk *, struct state_at *, enum state_table,
			struct bytes prefix);
/* False: no more, or an error of the transaction. */
bool state_at_walk_next(struct state_at_walk *, struct bytes *key, struct bytes *row);
void state_at_walk_end(struct state_at_walk *);

/*
 * One row then, without what state_at_open costs: the entries after `seq` are read until one
 * changes it. Those of the zone alone, if `zone_id` is not 0: for rows that only entries of the
 * zone change (its own row, rules, reservations, notes).
 */
struct state_at_row {
	bool was_there;
	struct bytes row; /* the arena's */
	uint64_t unknown; /* the row cannot be told: this later entry says in words what it changed
			   */
	uint64_t until;   /* the entry that changed it; 0: it is so still */
};
/* As of entry `seq`, to which the log must reach back. False: an error of the transaction. */
bool state_at_find(struct store_txn *, uint64_t seq, uint32_t zone_id, enum state_table,
		   struct bytes key, struct arena *, struct state_at_row *);
