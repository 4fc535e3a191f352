/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Local state: values of this machine that do not affect what the server answers. They are in no
 * entry of the log and no digest, and a restored or copied store works without them:
 *
 *      alive-at        when the server was last seen alive, seconds
 *      export-NAME     up to which entry a target of the live export has been served
 *      key-use:NAME    when and from where a key was used last
 *
 * Checkpoints (STORE_CHECKPOINTS) are local too. Writes: writer's thread; reads: any.
 */
#include "store/store.h"

/* Read and set a number; one that was never set is 0. */
uint64_t local_number(struct store_txn *, const char *word);
void local_set_number(struct store_txn *, const char *word, uint64_t);
