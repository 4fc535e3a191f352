/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Records of a zone that age by other windows than their owners would get now, since rules or
 * groups changed after they were stamped (nameserver/owner_window.h).
 */
#include "admin/command.h"
#include "nameserver/owner_window.h"

struct zone_windows {
	uint64_t records;
	uint64_t stale; /* of these: those that would be stale at once */
};

/* Counts them, and what is stale, in a zone that ages. `rules` and `groups` stand for those that
 * there are; NULL: they are those. A zone in which no record has a window class, and none would get
 * one, is not walked. */
struct zone_windows zone_windows_count(struct call *, const struct zone *, const struct rules *,
				       const struct groups *);

/* The window classes by which records of the zone age besides its own windows, the first eight:
 * "30d/60d, 4d/8d", in the row's arena. NULL: there is none. */
const char *zone_windows_classes(struct call *, const struct zone *);

/* Warns of them after a change of rules or groups, or foretells it with argument `plan`, with the
 * command that gives them their windows at once. `zone` NULL: of all zones together. */
void zone_windows_tell(struct call *, const struct zone *, const struct rules *,
		       const struct groups *);
