/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The setting of the bin: for how long records that scavenging or an administrator removed can be
 * brought back. The bin is a view of the log, not a table (doc/decisions/012); the setting is a
 * lower bound of the log's retention.
 */
#include "journal/state.h"
#include "store/store.h"

#define BIN_DEFAULT_SECONDS (14ull * 86400)
#define BIN_LEAST_SECONDS   3600ull
#define BIN_MOST_SECONDS    (3650ull * 86400)

/* Returns the time in seconds; retention prunes no entry that is younger. Any thread. */
uint64_t bin_keeps(struct store_txn *);
/* Sets the time, for an entry of the log. Asserts that it lies within the bounds. Writer's thread.
 */
void bin_put_keeps(struct state_edit *, uint64_t seconds);
