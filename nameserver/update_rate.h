/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How fast a principal sends updates to a zone that bounds it (setting max-rate): a bucket for
 * each, which fills by max-rate a second and holds UPDATE_RATE_BURST_S seconds' worth, so that a
 * burst is taken at once. What finds it empty has its turn when it has filled again, if that is no
 * more than UPDATE_RATE_QUEUE_US away (nameserver/update_delay.h holds it until then); what would
 * have to wait longer is dropped without an answer: DHCP servers give up on REFUSED, and try again
 * after a timeout. What a principal is in is known by a digest; two that meet in a slot take it
 * from each other, and start full. Any thread; a lock for each look.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UPDATE_RATE_BURST_S  10
#define UPDATE_RATE_QUEUE_US 2000000u
#define UPDATE_RATE_SLOTS    4096

struct update_rates;
struct update_rates *update_rates_new(void);
void update_rates_free(struct update_rates *);

/* Whose bucket. */
struct update_rate_of {
	uint32_t zone_id;
	const char *principal;
	uint32_t per_second; /* max-rate */
};

struct update_rate_slot {
	uint64_t due_us; /* when it may be applied; not after now: at once */
	size_t slot;     /* below UPDATE_RATE_SLOTS; what is in one slot keeps its order */
};

/* One update. False: it is too many. */
bool update_rate_take(struct update_rates *, const struct update_rate_of *, uint64_t now_us,
		      struct update_rate_slot *);

/* How long one would wait that came now, in microseconds; takes nothing. */
uint64_t update_rate_wait(struct update_rates *, const struct update_rate_of *, uint64_t now_us);
