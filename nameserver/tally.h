/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How many names of a zone each principal owns, for zones that bound it (setting max-names).
 * Counted by one walk over the zone, then kept by adding what is claimed; names that went since are
 * found by the next walk, which comes before anybody is refused, but once in TALLY_RECOUNT_S only.
 * The writer's thread.
 */
#include "nameserver/update_parts.h"

#define TALLY_RECOUNT_S 1

struct tallies;
struct tallies *tallies_new(void);
void tallies_free(struct tallies *);
/* A transaction was thrown away: what was claimed in it is counted anew. */
void tallies_forget(struct tallies *);

/* What the requester owns, if it is below `most`; or what a fresh count says. */
unsigned tally_names(struct tallies *, const struct update_run *, unsigned most);
/* So many more are the requester's. */
void tally_add(struct tallies *, const struct update_run *, unsigned names);
