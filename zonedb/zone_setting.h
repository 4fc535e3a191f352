/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Packs and unpacks a zone's row of decided state (journal/state_row.h): each setting under its
 * name, with its value as `zone set` takes it, and what the server keeps. Unknown fields are passed
 * over. Pure; for zone.c and deleted zones.
 */
#include "zonedb/zone.h"

/* Adds the fields of the zone. */
void zone_pack(const struct zone *, struct state_row_writer *);

/* Sets the fields of the row in a zone that has the defaults. False: the row is damaged. */
bool zone_unpack(struct zone *, struct bytes row);
