/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Checks a store: checksums, the chain of the log, the nodes of names, each index against its data,
 * and rows of decided state against the log. For a store that no other process has open, or for a
 * copy. One thread.
 */
#include "vault/report.h"

struct check_counts {
	uint64_t rows, zones, names, records, entries;
	uint64_t untold; /* rows of decided state that are older than the log */
};

/*
 * Counts a row that is whole, of a store whose pages are too damaged for check_store: for
 * store_inspection.row.
 */
void check_count_row(struct check_counts *, enum store_table, struct bytes key, struct bytes value);

/*
 * Reports all findings, and counts what the store holds. The caller has inspected the pages
 * (store/inspect.h). False: the store could not be read to its end; `report->error` says why.
 */
bool check_store(struct store *, struct report *, struct check_counts *);
