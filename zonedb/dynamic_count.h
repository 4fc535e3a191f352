/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The number of a zone's dynamic records (journal/dynamic.h), counted by looking at every name: to
 * check it, and for stores of a version that did not keep it.
 */
#include "zonedb/node.h"
#include "zonedb/zone.h"

/* Of one name. */
uint64_t dynamic_count_of(const struct node *);

uint64_t dynamic_count_zone(struct store_txn *, const struct zone *);

/* Counts the zones that have no number yet. Writer's thread, once after the store was opened. */
void dynamic_count_settle(struct store_txn *);
