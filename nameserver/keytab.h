/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What an operator wants to know of the keytab: can it be used, whose keys does it hold, and which
 * secure zones will nobody get a ticket for? Clients ask for DNS/ and the zone's MNAME.
 *
 * For `tenurectl status` and for the log at start; a thread with a snapshot.
 */
#include "acl/gss.h"
#include "base/arena.h"
#include "nameserver/core.h"
#include "nameserver/snapshot.h"

/* In the arena: the principals, "DNS/ns1.corp.example@CORP.EXAMPLE, ..."; or why it cannot be used.
 * NULL: there is no keytab. */
const char *keytab_text(struct core *, struct arena *);

/* Calls for each secure zone whose DNS/MNAME the keytab lacks. */
void keytab_lacks(struct core *, const struct snapshot *,
		  void (*each)(void *context, const struct dns_name *zone, const char *service),
		  void *context);

/* Warns of each in the log; what to do about it, too. */
void keytab_warn(struct core *);
