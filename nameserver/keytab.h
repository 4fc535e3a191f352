/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What the keytab lacks: the services for which clients of secure zones get no ticket, DNS/ and the
 * zone's MNAME. For `tenurectl status` and the log at start. Any thread.
 */
#include "acl/gss.h"
#include "nameserver/core.h"
#include "nameserver/snapshot.h"

/* Calls `each` for each secure zone whose service the keytab lacks. */
void keytab_lacks(struct core *, const struct snapshot *,
		  void (*each)(void *context, const struct dns_name *zone, const char *service),
		  void *context);

/* Logs a warning for each such zone, with what to do. */
void keytab_warn(struct core *);
