/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Delegations to zones below: the NS records of a zone's apex stand in the closest zone above it on
 * this server, at the same name and with the same TTL, as records of class derived, unless somebody
 * registered NS, or a CNAME, at that name there. They follow as derived PTR do (zonedb/ptr.h): in
 * the transaction of what they follow, in an entry of `system:delegation` with its `cause`; a
 * frozen zone is left as it is until it is thawed. Names at or below are answered by the zone
 * below: the delegation is for secondaries of the zone above. Writer's thread, but for
 * delegation_wrong.
 */
#include "zonedb/ptr.h"

#define DELEGATION_PRINCIPAL "system:delegation"

/* Makes the delegation of a zone, by its apex, what it has to be, on the private copies of edits;
 * and those of all zones below it, whose closest zone above it may be from now on, or not any more.
 */
void delegation_settle(struct ptr_work *, const struct dns_name *apex);
void delegation_settle_below(struct ptr_work *, const struct dns_name *apex);
/* The same of all that stand in a zone, whose zones below may be gone. */
void delegation_settle_in(struct ptr_work *, const struct zone *);

/* Follows changes of a zone, as ptr_follow; returns what its entries take of the log. */
uint64_t delegation_follow(struct store_txn *, const struct ptr_change *, struct arena *);
bool delegation_is_followed(const struct zone *, const struct change *);

/* What is wrong with the derived NS at a name of a zone; and with the delegation of a zone above
 * it. A constant; NULL: nothing. Any thread. */
const char *delegation_wrong_at(struct ptr_work *, const struct zone *, const struct dns_name *);
const char *delegation_wrong_of(struct ptr_work *, const struct zone *);
