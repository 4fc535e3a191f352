/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The format of records on the control socket: tenurectl reads a zone file with the rights of its
 * user, and sends the records; the daemon checks each again. The body of a frame is
 *
 *      1  length of the owner; 0: the same owner as the record before, in this body
 *      n  owner, wire form
 *      2  type    4  TTL    4  mark    2  length of the data
 *      n  data, stored form
 *      1  class (enum dns_age_class); 0: nothing is said of the record's age, else
 *              8  stamp    2  length of the record's owner, 0: not said    n  owner
 *
 * repeated for each record. The mark is the number that the sender gave the record, which is in
 * errors about it. Pure; any thread.
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

/* The length of the longest record. */
#define DNS_RECORDS_ITEM_MAX (1 + DNS_NAME_MAX + 12 + 65535 + 11 + DNS_AGE_OWNER_MAX)

/* Writes a record. `before` is the owner of the record before it in the same body, or NULL. Without
 * room `out` is full. */
void dns_records_put(struct bytes_out *out, const struct dns_records_item *,
		     const struct dns_name *before);

/* Reads the next record; `item` must be the one that the last call filled. False: there is no more,
 * or the format is wrong, and `in` is bad. */
bool dns_records_next(struct bytes_in *in, struct dns_records_item *item);
