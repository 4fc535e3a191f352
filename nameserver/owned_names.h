/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Counts the names that each principal owns in a zone, for the setting max-names. A walk over the
 * zone counts them; then claims are added. Names that were removed meanwhile are found by another
 * walk, which is made before a principal is refused, at most once in OWNED_NAMES_RECOUNT_S seconds.
 * The writer's thread.
 */
#include "nameserver/update_parts.h"

#define OWNED_NAMES_RECOUNT_S 1

struct owned_names;
struct owned_names *owned_names_new(void);
void owned_names_free(struct owned_names *);
/* Discards the counts, after a transaction was aborted. */
void owned_names_forget(struct owned_names *);

/* How many names the requester owns. If the count reaches `most`, the names are counted again. */
unsigned owned_names_count(struct owned_names *, const struct update_run *, unsigned most);
/* Adds to the names of the requester. */
void owned_names_add(struct owned_names *, const struct update_run *, unsigned names);
