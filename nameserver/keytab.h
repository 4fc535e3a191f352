/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The state of the keytab for the operator: whether it can be used, the principals whose keys it
 * holds, and the services for which clients of secure zones get no ticket, DNS/ and the zone's
 * MNAME. For `tenurectl status` and the log at start. Any thread.
 */
#include "acl/gss.h"
#include "base/arena.h"
#include "nameserver/core.h"
#include "nameserver/snapshot.h"

/* The principals, "DNS/ns1.corp.example@CORP.EXAMPLE, ...", or why the keytab cannot be used, in
 * the arena. NULL: there is no keytab. */
const char *keytab_text(struct core *, struct arena *);

/* Calls `each` for each secure zone whose service the keytab lacks. */
void keytab_lacks(struct core *, const struct snapshot *,
		  void (*each)(void *context, const struct dns_name *zone, const char *service),
		  void *context);

/* Logs a warning for each such zone, with what to do. */
void keytab_warn(struct core *);
