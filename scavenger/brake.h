/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The brake: decides whether a scavenging run would remove more than the zone's settings max-share
 * and max-count allow at once.
 *
 * max-share is a share of the names at which a record ages, so that a lease counts once, with or
 * without a claim ticket. It applies only to runs that remove records of more than BRAKE_FEW names,
 * since in a small zone few names are a large share. max-count is a number of records.
 */
#include "journal/run.h"
#include "scavenger/plan.h"

#define BRAKE_FEW 10

/* How many of the zone's names must be counted at most to know whether `names` are too large a
 * share, so that a run need not count all names of a large zone. */
uint64_t brake_reach(const struct zone *, uint64_t names);

/* Whether the run is to be held; then `note` says why. `all` is the number of the zone's names, or
 * brake_reach if there are more. Pure. */
bool brake_holds(const struct zone *, const struct plan_count *goes, uint64_t all,
		 char note[RUN_NOTE_MAX]);

/* Does the same with the number of names in the transaction. */
bool brake_would_hold(struct store_txn *, const struct zone *, const struct plan_count *goes,
		      char note[RUN_NOTE_MAX]);
