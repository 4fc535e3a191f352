/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Decides whether a record is stale. All times are seconds since 1970. Pure; any thread. */
#include "journal/entry.h"

struct age_windows {
	uint32_t no_refresh, refresh;
};

/* The age, `now` - `stamp`; a stamp in the future counts as now. */
uint64_t age_of(uint64_t stamp, uint64_t now);

/* The first second in which a record can be refreshed again, and the first in which it is stale. */
uint64_t age_refreshable_at(uint64_t stamp, const struct age_windows *);
uint64_t age_stale_at(uint64_t stamp, const struct age_windows *);

/* Whether a record is stale: now > stamp + no_refresh + refresh. Static and pinned ones never are.
 */
bool age_is_stale(enum record_class, uint64_t stamp, uint64_t now, const struct age_windows *);
