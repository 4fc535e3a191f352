/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/age.h"

uint64_t age_of(uint64_t stamp, uint64_t now)
{
	return now > stamp ? now - stamp : 0;
}

uint64_t age_refreshable_at(uint64_t stamp, const struct age_windows *windows)
{
	return stamp + windows->no_refresh + 1;
}

uint64_t age_stale_at(uint64_t stamp, const struct age_windows *windows)
{
	return stamp + windows->no_refresh + windows->refresh + 1;
}

bool age_is_stale(enum record_class class, uint64_t stamp, uint64_t now,
		  const struct age_windows *windows)
{
	return class == RECORD_DYNAMIC && now >= age_stale_at(stamp, windows);
}
