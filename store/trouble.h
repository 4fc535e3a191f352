/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What keeps the store from being written or read, from the first error to the first success; for
 * the files of store/ alone. store_health (store/store.h) tells it to others.
 *
 * The writer's thread notes errors and successes. A trouble that only a success ends is looked for
 * by writes of others, and where nobody writes by one that changes nothing (trouble_probe).
 *
 * A map, a disk or a memory that is nearly full takes small writes and refuses large ones. So the
 * size of the largest write that failed is kept, and the trouble is over when one of that size
 * finds room: it is tried in a transaction that is not committed.
 */
#include "store/environment.h"

/* An error of a write, with its errno or code of LMDB. The first of its kind is a line of the log,
 * and one a minute of those that follow. */
void trouble_note(struct store *, enum store_error, const char *what, int code);

/* The same with the size of the transaction that failed. */
void trouble_note_txn(const struct store_txn *, enum store_error, const char *what, int code);

/* Something was committed: ends the trouble, unless it is one that small writes do not meet. */
void trouble_written(struct store *);

/* Looks whether the trouble is over. False: it is not; to be called again a second later. Writer's
 * thread, outside of transactions. */
bool trouble_probe(struct store *);
