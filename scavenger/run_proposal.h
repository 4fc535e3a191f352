/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The proposal of a held run: which records it may still remove. It is not stored, but follows from
 * the moment, the windows and the types by which the run was judged, and from the names that have
 * not changed since. Any thread, with its own transaction.
 */
#include "journal/run.h"
#include "zonedb/zone.h"

/* Whether the zone still has the windows and keep-types that the run was judged by. */
bool run_proposal_has_rules_of(const struct run *, const struct zone *);

/* Whether the name changed after the run was judged, or a delegation above it, since its addresses
 * may be glue. The run's own changes do not count, nor those of the run whose contested records
 * it removes. */
bool run_proposal_is_outdated(struct store_txn *, const struct run *, const struct zone *,
			      const struct dns_name *);
