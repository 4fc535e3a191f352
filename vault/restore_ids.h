/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Ids for the texts of a log: of each principal that its entries name as the owner of a record, and
 * of each pair of windows. What was at a time is told by ids, and a portable backup has them for
 * present records only. One thread, on a store that is being made.
 */
#include "store/store.h"
#include "vault/report.h"

/* False: the report says what could not be written. */
bool restore_ids(struct store *, struct report *);
