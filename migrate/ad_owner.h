/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Whose the records of a name of Active Directory are here. There one account owns a name, and
 * entries of its list of access let others write it; here each record has an owner.
 * doc/decisions/052 gives the reasons.
 *
 *      stamp   the name's owner                       here
 *      any     an administrator or a controller, and  that account: the name was made for it
 *              one more account may write the name
 *      some    an account, also a deleted one         that account
 *      some    the administration, not one account    local:migrate
 *      some    all accounts may write the name        anonymous: the first of the host's own name
 *      some    an account that is not known           anonymous
 *      none    an account                             local:migrate; with --static-owner node it
 *      none    anything else                          local:migrate
 *
 * Pure; any thread.
 */
#include "migrate/ad_site.h"

#define AD_OWNER_LOCAL     "local:migrate"
#define AD_OWNER_ANONYMOUS "anonymous"

struct ad_owner {
	const char *dynamic_owner,
		*static_owner;            /* principals; they live as long as the accounts */
	const struct ad_account *account; /* that owns the name; NULL: none that is known */
	const struct ad_account *writer;  /* the first account that also may write; NULL */
	size_t writers;                   /* how many accounts may, beside the owner */
	bool is_admin;    /* the owner is an administrator, a controller or the system */
	bool is_unknown;  /* the owner is no account that was read */
	bool is_open;     /* all accounts may write the name */
	bool is_made_for; /* `writer` owns it */
};

struct ad_owner ad_owner_of(const struct ad_accounts *, const struct ad_node *,
			    bool static_is_nodes);
