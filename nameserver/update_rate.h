/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Enforces the setting max-rate by a token bucket for each zone and principal. A bucket fills at
 * max-rate and holds UPDATE_RATE_BURST_S seconds' worth, so that a burst is accepted at once. An
 * update that finds it empty is due when it has filled again, at most UPDATE_RATE_QUEUE_US later
 * (nameserver/update_delay.h holds it until then). An update that would be due later is dropped
 * without an answer, since DHCP servers give up after REFUSED, but try again after a timeout.
 *
 * A bucket is found by a digest. Two principals whose digests share a slot replace each other's
 * bucket, and begin with a full one. Any thread; each call takes a lock.
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

/* The zone and the principal of a bucket. */
struct update_rate_of {
	uint32_t zone_id;
	const char *principal;
	uint32_t per_second; /* max-rate; not 0 */
};

struct update_rate_slot {
	uint64_t due_us; /* when it may be applied; not after now: at once */
	size_t slot;     /* below UPDATE_RATE_SLOTS; updates of one slot keep their order */
};

/* Takes a token for an update, and says when it is due. False: that is too late. */
bool update_rate_take(struct update_rates *, const struct update_rate_of *, uint64_t now_us,
		      struct update_rate_slot *);

/* How many microseconds an update that came now would wait; takes no token. */
uint64_t update_rate_wait(struct update_rates *, const struct update_rate_of *, uint64_t now_us);
