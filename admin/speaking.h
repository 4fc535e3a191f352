/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Records of clients at names that speak for a host (acl/policy.h), left there by who has nothing
 * at the host now: an alias at _acme-challenge, a key at _domainkey. Static records, and those of
 * clients that a rule names, are meant to be there. Read from the call's snapshot. The call's
 * thread.
 */
#include "admin/command.h"

/* Who left a record at the name, which speaks for a host that holds records: "key:web", in the
 * call's arena. NULL: nobody, or the name speaks for no host below the apex. */
const char *command_speaking_owner(struct call *, const struct zone *, const struct dns_name *name,
				   const struct node *);

/* Warns of such names of a host, whether that holds records or not; of the first by its name, and
 * of records of `but`, NULL: nobody, not at all. Looks at so many names below the host at most. */
enum { SPEAKING_LOOKED_MAX = 10000 };
void command_warn_speaking(struct call *, const struct zone *, const struct dns_name *host,
			   const char *but);
