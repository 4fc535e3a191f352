/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Compares the rows of decided state (journal/state.h) with the log, in both directions: each row
 * is as the last entry that changed it left it, no row lacks an entry, and no row is missing; each
 * entry found a row as the entry before had left it; and derived values agree with their rows.
 *
 *      state_verify_entry   each entry of the log, in order, as the chain is walked
 *      state_verify_rows    then the tables, in steps: a step may be in a later snapshot than the
 *                           one before it, and reads what was logged in between
 *
 * For each row that an entry of the log changed, a digest of what that left is kept: about 60
 * bytes, STATE_VERIFY_ROWS_MAX rows at most. What is above that bound, and what is older than the
 * log (it was pruned, or entries of format 1 say in words what they set), cannot be held against
 * it: such rows are counted (`untold`). Of a row that was changed since, the log says what it was
 * before, and so what is older is known no further.
 *
 * One thread.
 */
#include "journal/entry.h"

#define STATE_VERIFY_ROWS_MAX (1u << 22)
#define STATE_VERIFY_TEXT_MAX (STATE_KEY_TEXT_MAX + 512)

enum state_verify_step { STATE_VERIFY_ON, STATE_VERIFY_WHOLE };

struct state_verify_fault {
	enum state_table table;
	uint64_t seq;                     /* of the entry that the row contradicts; 0: of none */
	bool is_derived;                  /* not the row is wrong, but what is derived of it */
	char text[STATE_VERIFY_TEXT_MAX]; /* "group @dhcp: its member ..." */
};

struct state_verify_row; /* what is kept of one */

struct state_verify {
	/* Is told each fault; the walk goes on. NULL: they are only counted. */
	void (*found)(void *context, const struct state_verify_fault *);
	void *context;
	uint32_t rows_max;     /* 0: STATE_VERIFY_ROWS_MAX */
	uint64_t rows, untold; /* that were held against the log; that could not be */
	uint64_t faults;
	/* Its own */
	struct state_verify_row *kept;
	size_t count, room;
	uint32_t *index; /* of `kept`, from 1; 0: free */
	size_t index_room;
	uint64_t last_seq, base; /* the last entry; what is older than `base` is not known */
	bool has_begun, is_full;
	enum state_table table; /* the tables' walk: the last row that it saw */
	uint8_t at[STATE_KEY_MAX];
	size_t at_len;
	size_t missing_at; /* the walk over `kept`, after the tables */
};

/* Begin with zero but for the first three; state_verify_end gives the memory back. */
void state_verify_end(struct state_verify *);

/* The next entry of the log; the first may be any. */
void state_verify_entry(struct state_verify *, const struct entry *);

/* Tables against log: about as many rows as `most`. An error sticks to the transaction. */
enum state_verify_step state_verify_rows(struct state_verify *, struct store_txn *, uint64_t most);

/*
 * The parts of it, for vault/check, which walks the tables itself: state_verify_stored for each
 * stored row, then state_verify_missing. A row that cannot be read (`row` NULL) is passed over, and
 * does not count as missing.
 */
void state_verify_stored(struct state_verify *, struct store_txn *, enum state_table,
			 struct bytes key, const struct bytes *row);
void state_verify_missing(struct state_verify *, struct store_txn *);
