/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Rows that a write transaction keeps in memory and puts late: those of small tables of heads,
 * counts and numbers, which each job of a batch reads and writes again. They are read from LMDB
 * once, and put into it once, when the transaction commits. For the files of store/ alone; who
 * calls store_get, store_put and the rest sees no difference.
 *
 * A kept row has at most LATE_KEY_MAX bytes of key and LATE_VALUE_MAX of value, and there are at
 * most LATE_ROWS_MAX of them: others are read and written where they are. That a row is not there
 * is kept too.
 *
 * While a walk is under way in a table its rows are put at once, so that the walk meets them
 * (late_settle before it begins).
 *
 * Memory is the store's, and used again by the next transaction. Writer's thread.
 */
#include "store/store.h"

#define LATE_KEY_MAX   32
#define LATE_VALUE_MAX 64
#define LATE_ROWS_MAX  1024

struct late_rows;

struct late_rows *late_new(void);
void late_free(struct late_rows *);

/* Begins with none. */
void late_begin(struct late_rows *);

/* Whether rows of a table are kept in this transaction: in a write transaction those of META, with
 * heads and numbers, and of ZONE_OWNERS, with counts. */
static inline bool late_keeps(const struct store_txn *txn, enum store_table table)
{
	return txn->late && (table == STORE_META || table == STORE_ZONE_OWNERS);
}

/* What is known of a row. */
enum late_state { LATE_UNKNOWN, LATE_ABSENT, LATE_THERE };
/* `value` of LATE_THERE lies in memory, and is valid until the row is put or deleted. */
enum late_state late_get(struct late_rows *, enum store_table, struct bytes key,
			 struct bytes *value);

/* Keeps what LMDB has of the row, if there is room; NULL: it has none. */
void late_note(struct late_rows *, enum store_table, struct bytes key, const struct bytes *value);

/* Keeps a row to be put. False: there is no room for it; the caller puts it. */
MUST_USE bool late_put(struct late_rows *, enum store_table, struct bytes key, struct bytes value);

/* Before the caller puts or deletes the row in LMDB: nothing is known of it any more. */
void late_forget(struct late_rows *, enum store_table, struct bytes key);

/* Calls `put` for each row that is to be put; what is known stays known. */
typedef void late_put_fn(struct store_txn *, enum store_table, struct bytes key,
			 struct bytes value);
void late_settle(struct late_rows *, late_put_fn *put, struct store_txn *);
