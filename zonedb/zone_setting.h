/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A zone's row in the store: tagged fields, in any order, so that a later version can add some.
 * Fields that are not known are passed over. For zone.c alone.
 *
 *      2  tag    2  length    n  value     (numbers: 8 bytes; types: 2 bytes each; prefixes:
 *                                   family's length, bits, address; texts as they are)
 */
#include "zonedb/zone.h"

#define ZONE_PACKED_MAX 2048

void zone_pack(const struct zone *, struct bytes_out *);

/* Into a zone that holds defaults. False: damaged. */
bool zone_unpack(struct zone *, struct bytes packed);
