/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Settings of a zone as Active Directory keeps them, each a value of the attribute dNSProperty
 * ([MS-DNSP] 2.3.2.1), all numbers little-endian:
 *
 *      0   4  length of the data; 0: the setting has its default
 *      4   4  length of a name, which is not used
 *      8   4  flag
 *      12  4  version, 1
 *      16  4  what it is
 *      20     data, and behind it perhaps other bytes
 *
 * Pure; any thread.
 */
#include "base/bytes.h"

#define AD_PROPERTY_PRIMARY 1
#define AD_PROPERTY_HOURS   168 /* of both windows, where nothing is said */

enum ad_update { AD_UPDATE_NONE, AD_UPDATE_NONSECURE, AD_UPDATE_SECURE };

/* What a zone's properties come to; ad_settings_default() is a zone without any. */
struct ad_settings {
	uint32_t type;   /* AD_PROPERTY_PRIMARY; 0 root hints, 2 secondary, 3 stub, 4 forwarder */
	uint32_t update; /* enum ad_update */
	uint32_t no_refresh, refresh; /* hours */
	uint32_t scavengers;          /* addresses of servers that may scavenge; 0: all may */
	bool is_aging, has_update;
};

struct ad_settings ad_settings_default(void);

/*
 * Takes one value into the settings. NULL, or what is wrong, a constant phrase. `*id` is what it
 * was, and `*is_known` whether its meaning is known.
 */
const char *ad_settings_take(struct ad_settings *, struct bytes, uint32_t *id, bool *is_known);
