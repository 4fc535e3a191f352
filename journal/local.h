/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Local state: what belongs to this machine and decides nothing that the server answers. It is
 * never in an entry of the log, in no digest, and a restored or copied store does without it:
 *
 *      alive-at        when the server was last seen alive, seconds
 *      export-NAME     up to which entry a target of the live export has been served
 *      key-use:NAME    when and from where a key was used last
 *
 * Checkpoints (STORE_CHECKPOINTS) are local too. Writes: writer's thread; reads: any.
 */
#include "store/store.h"

/* 0: never set. */
uint64_t local_number(struct store_txn *, const char *word);
void local_set_number(struct store_txn *, const char *word, uint64_t);
