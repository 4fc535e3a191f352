/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Local state: values of this machine that do not affect what the server answers. They are in no
 * entry of the log and no digest, and a restored or copied store works without them:
 *
 *      alive-at        when the server was last seen alive, seconds
 *      export-NAME     up to which entries a target of the live export has been served
 *      refusals-...    heads and bases of the logs of refusals (journal/journal.c)
 *      key-use:NAME    when and from where a key was used last
 *      ignored:...     at how many names a client renewed in vain (nameserver/ignored_names.h)
 *      put-back        the entry that says that the store was put back, until somebody saw it
 *      report:...      what `secure` would have said of updates (nameserver/report.h)
 *
 * Checkpoints (STORE_CHECKPOINTS) are local too. Writes: writer's thread; reads: any.
 */
#include "store/store.h"

#define LOCAL_ALIVE_AT "alive-at"
#define LOCAL_PUT_BACK "put-back"

/* Whether the table holds local state: STORE_LOCAL, checkpoints, the logs of refusals. */
bool local_is_table(enum store_table);

/* Read and set a number; one that was never set is 0. */
uint64_t local_number(struct store_txn *, const char *word);
void local_set_number(struct store_txn *, const char *word, uint64_t);
