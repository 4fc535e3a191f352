/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/commits.h"

#define STEPS_OF_A_COMMIT 50000

void commits_begin(struct commits *batch, struct store *store)
{
	*batch = (struct commits){.store = store};
	store_write_begin(store, &batch->txn);
	store_use_reserve(&batch->txn);
}

static void commits_commit(struct commits *batch)
{
	enum store_error error = store_commit(&batch->txn);
	if (!batch->error)
		batch->error = error;
}

bool commits_step(struct commits *batch)
{
	if (++batch->steps % STEPS_OF_A_COMMIT == 0 && !batch->txn.error) {
		commits_commit(batch);
		store_write_begin(batch->store, &batch->txn);
		store_use_reserve(&batch->txn);
	}
	return !batch->error && !batch->txn.error;
}

enum store_error commits_end(struct commits *batch)
{
	commits_commit(batch);
	return batch->error;
}
