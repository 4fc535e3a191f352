/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Records on their way over the control socket: tenurectl reads the zone file, with its user's
 * rights, and sends what it read; the daemon checks each record again. A frame's body is
 *
 *      1  length of the owner; 0: the same owner as the record before, in this body
 *      n  owner, wire form
 *      2  type    4  TTL    4  mark    2  length of the data
 *      n  data, stored form
 *      1  class (enum dns_age_class); 0: nothing is said of the record's age, else
 *              8  stamp    2  length of the record's owner, 0: not said    n  owner
 *
 * again and again. The mark is a number of the sender's (which of its records this is) and comes
 * back with what is wrong with the record. Pure; any thread.
 */
#include "base/bytes.h"
#include "dns/age_note.h"
#include "dns/name.h"

struct dns_records_item {
	struct dns_name owner;
	uint16_t type;
	uint32_t ttl, mark;
	struct bytes rdata; /* where it lies */
	struct dns_age age; /* the owner where it lies */
};

/* The longest that one record can be. */
#define DNS_RECORDS_ITEM_MAX (1 + DNS_NAME_MAX + 12 + 65535 + 11 + DNS_AGE_OWNER_MAX)

/* `before` is the owner of the record before in the same body, or NULL. `out` turns full if there
 * is no room. */
void dns_records_put(struct bytes_out *out, const struct dns_records_item *,
		     const struct dns_name *before);

/* The next record; `item` must be the one that the last call filled. False: no more, or not in
 * this format (then `in` is bad). */
bool dns_records_next(struct bytes_in *in, struct dns_records_item *item);
