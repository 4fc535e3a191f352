/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The server begins: runs that are under way are so no more. Each becomes RUN_ABANDONED, with an
 * entry of the log; what it did stands, and can be undone.
 */
#include "store/store.h"

/* Returns how many. In a writer's job. */
size_t run_recovery_abandon(struct store_txn *, uint64_t now_us);
