/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The silent rules: changes that RFC 2136 3.4.2 leaves out without an error, so that the answer is
 * NOERROR. The update asks of a name as the message has changed it so far, `why` of one as it is
 * stored. Pure.
 */
#include "base/bytes.h"
#include "dns/name.h"
#include "zonedb/node.h"

/* What a name holds, as far as one change of it asks. */
struct update_silent_name {
	const struct dns_name *name, *apex;
	bool has_cname;
	bool has_other;    /* what cannot stand beside a CNAME; asked for a CNAME alone */
	bool has_rrset;    /* of the type of the change; asked for SOA and NS alone */
	struct bytes only; /* its only record, or of more the first */
	bool is_one;       /* it has but that record */
};

/* Types that may stand beside a CNAME (RFC 4034 2.5 and 3, RFC 2535's before them). */
bool update_silent_is_beside_cname(uint16_t type);
/* Of what is stored; NULL: nothing is. Names must outlive the result. */
struct update_silent_name update_silent_stored(const struct node *, const struct dns_name *name,
					       const struct dns_name *apex, uint16_t type);

/* Why the addition is left out, a constant; NULL: it is not. Data may be empty where it is not
 * known: then an SOA at the apex is not left out. */
const char *update_silent_add(const struct update_silent_name *, uint16_t type, struct bytes rdata);
/* The same of the deletion of a whole RRset, and of one record. */
const char *update_silent_delete_set(const struct update_silent_name *, uint16_t type);
const char *update_silent_delete_one(const struct update_silent_name *, uint16_t type,
				     struct bytes rdata);

/* Whether adding a record takes a stored one of the same type away, without a deletion: a type of
 * which a name has one only, or the same service in WKS (RFC 2136 1.1.1, 1.1.5). */
bool update_silent_replaces(uint16_t type, struct bytes stored, struct bytes added);
