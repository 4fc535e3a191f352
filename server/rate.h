/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How fast a principal sends updates to a zone that bounds it (setting max-rate): a bucket for
 * each, which fills by max-rate a second and holds RATE_BURST_S seconds' worth, so that a burst is
 * queued and not lost. An update that finds it empty is dropped without an answer: DHCP servers
 * give up on REFUSED, and try again after a timeout. What a principal is in is known by a digest;
 * two that meet in a slot take it from each other, and start full. Any thread; a lock for each
 * look.
 */
#include <stdbool.h>
#include <stdint.h>

#define RATE_BURST_S 10

struct rates;
struct rates *rates_new(void);
void rates_free(struct rates *);

/* One update of `principal` to the zone. False: it is too many. */
bool rate_take(struct rates *, uint32_t zone_id, const char *principal, uint32_t per_second,
	       uint64_t now_us);
