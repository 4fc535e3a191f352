/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Sets of addresses as prefixes: what a list of addresses with exceptions comes to in the `from` of
 * a rule, which has no exceptions. Prefixes of a set do not overlap. Memory is the arena's.
 * Pure; any thread.
 */
#include "base/addr.h"
#include "base/arena.h"

/* More pieces than any list of rules can hold: the set is `full` then, and stands for nothing. */
#define PREFIX_SET_MAX 8192

struct prefix_set {
	struct arena *arena;
	struct prefix *prefix;
	size_t count, room;
	bool full;
};

/* All addresses of both families. */
struct prefix_set prefix_set_all(struct arena *);
struct prefix_set prefix_set_none(struct arena *);

bool prefix_set_covers(const struct prefix *, const struct prefix *);

/* Adds those of a prefix that are not there yet. */
void prefix_set_add(struct prefix_set *, const struct prefix *);
/* Adds all addresses from the first to the last, both of one family and in their order. */
void prefix_set_add_range(struct prefix_set *, const struct prefix *first,
			  const struct prefix *last);
void prefix_set_remove(struct prefix_set *, const struct prefix *);
void prefix_set_add_all(struct prefix_set *, const struct prefix_set *);
/* What both hold. */
struct prefix_set prefix_set_both(const struct prefix_set *, const struct prefix_set *);

bool prefix_set_is_all(const struct prefix_set *);
bool prefix_set_holds(const struct prefix_set *, const struct prefix *);
bool prefix_set_equal(const struct prefix_set *, const struct prefix_set *);

/* "192.0.2.0/24,2001:db8::/32" with the bits of each: those from `start` on, `count` at most; in
 * the arena. */
const char *prefix_set_text(const struct prefix_set *, size_t start, size_t count);
