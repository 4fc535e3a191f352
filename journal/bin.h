/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The bin: what was scavenged or deleted by an administrator, and can be brought back. It is a view
 * of the log, not a table (doc/decisions/012): this is only how long the log must keep what is in
 * it, whatever its own limits of age and size say.
 */
#include "journal/state.h"
#include "store/store.h"

#define BIN_DEFAULT_SECONDS (14ull * 86400)
#define BIN_LEAST_SECONDS   3600ull
#define BIN_MOST_SECONDS    (3650ull * 86400)

/* Seconds. Retention never prunes an entry that is younger. */
uint64_t bin_keeps(struct store_txn *);
/* For an entry of the log; asserts that it lies within the bounds. */
void bin_put_keeps(struct state_edit *, uint64_t seconds);
