/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The brake: whether a run would remove more than its zone lets go at once.
 *
 * max-share is a share of names: of those at which a record ages. A lease is one name, whether it
 * brings an address alone or an address and its claim ticket. It counts only beyond BRAKE_FEW
 * names: in a zone of two, one of them is half, and nobody means that. max-count counts records,
 * always.
 */
#include "journal/run.h"
#include "scavenger/plan.h"

#define BRAKE_FEW 10

/* How many of the zone's names must be counted to know whether so many are too large a share: what
 * a run costs is not to grow with the zone. */
uint64_t brake_reach(const struct zone *, uint64_t names);

/* `all`: the zone's names, or brake_reach if there are more. True: the run is to be held, and
 * `note` says why. */
bool brake_holds(const struct zone *, const struct plan_count *goes, uint64_t all,
		 char note[RUN_NOTE_MAX]);

/* Both, with the names that a transaction sees. */
bool brake_would_hold(struct store_txn *, const struct zone *, const struct plan_count *goes,
		      char note[RUN_NOTE_MAX]);
