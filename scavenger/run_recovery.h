/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Marks runs that were in progress at a crash as abandoned, when the server starts: each becomes
 * RUN_ABANDONED, with an entry of the log. Their changes remain, and can be undone. The deletion of
 * a zone is not abandoned: vault/removals.h goes on with it.
 */
#include "store/store.h"

/* Marks them. Returns how many. Writer's thread. */
size_t run_recovery_abandon(struct store_txn *, uint64_t now_us);
