/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Writes many rows into a store that is being made, in several transactions, so that memory is
 * bounded. One thread.
 */
#include "store/store.h"

struct commits {
	struct store *store;
	struct store_txn txn;
	unsigned steps;
	enum store_error error; /* of a commit that failed */
};

/* Begins the first transaction, `txn`. */
void commits_begin(struct commits *, struct store *);
/* To be called after each row; commits from time to time and begins anew. False: it failed. */
bool commits_step(struct commits *);
/* Commits the rest. STORE_OK: everything is on disk. */
enum store_error commits_end(struct commits *);
