/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A zone's row of decided state (journal/state_row.h): each setting under its name, in the words of
 * `zone set`, and what the server keeps. Fields that are not known are passed over. For zone.c and
 * deleted zones.
 */
#include "zonedb/zone.h"

/* Adds the fields of the zone. */
void zone_pack(const struct zone *, struct state_row_writer *);

/* Into a zone that holds defaults. False: damaged. */
bool zone_unpack(struct zone *, struct bytes row);
