/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Counts the names whose records each principal renewed without refreshing them, so that a client
 * of which no rule and no group speaks cannot have hints kept at more names than it may own. Counts
 * are of a span of time, in which a client that renews in time meets each of its names: no-refresh
 * and refresh together.
 *
 * They are rows of local state (journal/local.h), written with the entries of the hints, so that a
 * restart or a lost transaction gives no client more names:
 *
 *      "ignored:", zone id, principal's id -> when the span began, and ends, seconds; names
 *
 * A row that is made removes rows whose span is over, so that there are about as many as clients
 * that renew in vain. The writer's thread.
 */
#include "zonedb/node.h"

struct ignored_names_ask {
	uint32_t zone_id, by; /* `by`: principal's id */
	uint64_t now, span;   /* seconds */
	unsigned most;
	const struct node_hint *hint; /* of the name, as it is stored */
};
/* Counts a name. False: there are as many as may be. One that was counted in this span is free. */
bool ignored_names_take(struct store_txn *, const struct ignored_names_ask *);
