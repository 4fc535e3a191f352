/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a run that is held proposed is not stored: it follows from the moment, the windows and the
 * types by which it was judged, and from the names that have not changed since.
 */
#include "journal/run.h"
#include "zonedb/zone.h"

/* Whether the zone still has the windows and keep-types that the run was judged by. */
bool run_proposal_has_rules_of(const struct run *, const struct zone *);

/* Whether the name changed after the run was judged, or, for what may be glue, a delegation above
 * it did; the run's own changes do not count. */
bool run_proposal_is_outdated(struct store_txn *, const struct run *, const struct zone *,
			      const struct dns_name *);
