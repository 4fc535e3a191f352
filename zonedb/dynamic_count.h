/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Counts the dynamic records of a zone by reading every name, to check the stored number
 * (journal/dynamic.h), and for stores of versions that did not store it. Any thread.
 */
#include "zonedb/node.h"
#include "zonedb/zone.h"

/* The number of dynamic records of one name, and of a zone. */
uint64_t dynamic_count_of(const struct node *);

uint64_t dynamic_count_zone(struct store_txn *, const struct zone *);

/* Counts the zones without a stored number and stores it. Writer's thread, once after the store was
 * opened. */
void dynamic_count_settle(struct store_txn *);
