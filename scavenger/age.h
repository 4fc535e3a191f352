/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* How old: pure functions of plain values (aging.md). Seconds since 1970. */
#include "journal/entry.h"

struct age_windows {
	uint32_t no_refresh, refresh;
};

/* now - stamp; a stamp in the future counts as now. */
uint64_t age_of(uint64_t stamp, uint64_t now);

/* When the record can be refreshed again, and when it becomes stale: the first second in which it
 * is. */
uint64_t age_refreshable_at(uint64_t stamp, const struct age_windows *);
uint64_t age_stale_at(uint64_t stamp, const struct age_windows *);

/* Strictly: now > stamp + no_refresh + refresh; never for static and pinned. */
bool age_is_stale(enum record_class, uint64_t stamp, uint64_t now, const struct age_windows *);
