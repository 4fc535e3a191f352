/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Whether a store is what it should be: checksums, the log's chain, what names hold, and each index
 * against the data that it is of; rows of decided state against the log. For a store that nobody
 * else has open, or for a copy.
 */
#include "vault/report.h"

struct check_counts {
	uint64_t rows, zones, names, records, entries;
	uint64_t untold; /* rows of decided state that are older than the log */
};

/*
 * Tells all findings. False: the store could not be read to its end (`report->error`). The pages
 * were looked at before (store/inspect.h).
 */
bool check_store(struct store *, struct report *, struct check_counts *);
