/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How many names of a zone each principal owns, for zones that bound it (setting max-names).
 * Counted by one walk over the zone, then kept by adding what is claimed; names that went since are
 * found by the next walk, which comes before anybody is refused, but once in OWNED_NAMES_RECOUNT_S
 * only. The writer's thread.
 */
#include "nameserver/update_parts.h"

#define OWNED_NAMES_RECOUNT_S 1

struct owned_names;
struct owned_names *owned_names_new(void);
void owned_names_free(struct owned_names *);
/* A transaction was thrown away: what was claimed in it is counted anew. */
void owned_names_forget(struct owned_names *);

/* What the requester owns, if it is below `most`; or what a fresh count says. */
unsigned owned_names_count(struct owned_names *, const struct update_run *, unsigned most);
/* So many more are the requester's. */
void owned_names_add(struct owned_names *, const struct update_run *, unsigned names);
