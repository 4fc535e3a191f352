/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Where in the log to look for what a filter asks: a name's own chain, a zone's index, all of it.
 */
#include "journal/audit.h"
#include "journal/seq_set.h"

/* The smallest set known that holds all entries from `first` to `last` that the filter can want. */
struct seq_set log_scan_of(struct store_txn *, const struct audit_filter *, uint64_t first,
			   uint64_t last);
