/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Many rows into a store that is being made: commits now and then, so that memory stays flat. */
#include "store/store.h"

struct commits {
	struct store *store;
	struct store_txn txn;
	unsigned steps;
	enum store_error error; /* of a commit that failed */
};

void commits_begin(struct commits *, struct store *);
/* After each row or so: commits when it is time. False: it failed. */
bool commits_step(struct commits *);
/* STORE_OK: everything is on disk. */
enum store_error commits_end(struct commits *);
