/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Counts the names whose records each principal renewed without refreshing them, so that a client
 * of which no rule and no group speaks cannot have hints kept at more names than it may own. Counts
 * are of a span of time, in which a client that renews in time meets each of its names: no-refresh
 * and refresh together. A fixed table in memory, empty after a start; where it is full the oldest
 * count gives way. The writer's thread.
 */
#include "zonedb/node.h"

struct ignored_names;
struct ignored_names *ignored_names_new(void);
void ignored_names_free(struct ignored_names *);
/* Discards the counts, after a transaction was aborted. */
void ignored_names_forget(struct ignored_names *);

struct ignored_names_ask {
	uint32_t zone_id, by; /* `by`: principal's id */
	uint64_t now, span;   /* seconds */
	unsigned most;
	const struct node_hint *hint; /* of the name, as it is stored */
};
/* Counts a name. False: there are as many as may be. One that was counted in this span is free. */
bool ignored_names_take(struct ignored_names *, const struct ignored_names_ask *);
