/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Chooses the entries that a search must read: those of a name's chain, of a zone's index, or all.
 * Any thread, with its own transaction.
 */
#include "outbound/audit.h"
#include "journal/seq_set.h"

/* Returns the smallest known set that contains all entries of the log from `first` to `last` that
 * the filter can match. The caller frees it by seq_set_end. */
struct seq_set log_scan_of(struct store_txn *, const struct audit_filter *, enum journal_log,
			   uint64_t first, uint64_t last);
