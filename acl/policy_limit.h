/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The limits of a zone: how many records of a type, types and bytes updates may make of a name, and
 * how many names a principal may own.
 * They bind growth: a message after which there are not more than before is never refused by them.
 * They bind what a rule or ownership allowed, in every mode. Administrators and the server itself
 * are not bound.
 *
 * Pure; any thread. For policy.c and update_judge.c.
 */
#include "acl/policy.h"

/* What the limits of a name leave of a verdict about POLICY_ADD: the verdict, or a refusal that
 * has the limit and what it bounds. */
struct verdict policy_limit_name(const struct policy_zone *, const struct policy_record *,
				 struct verdict);

/* Whether a message makes more than the limit; 0: there is none. */
static inline bool policy_limit_is_passed(struct policy_growth growth, unsigned limit)
{
	return limit && growth.after > limit && growth.after > growth.before;
}

/* Whether max-names binds the requester: every principal, and each unsigned address; where it is of
 * hosts, hosts alone (who_is_host) and unsigned addresses, but none that a rule or a group names.
 */
bool policy_limit_binds(const struct policy_zone *, const struct policy_asker *);

/* Whether it is a host or an unsigned client, and no rule and no group names it: those that are
 * many, and need little. */
bool policy_limit_is_minor(const struct policy_zone *, const struct policy_asker *);

/* How many names such a requester may own: as max-names says; where it is of hosts, at least twice
 * what it owned when the limit came. */
unsigned policy_limit_names_most(const struct policy_zone *, unsigned base);

/* Whether the names of a requester that max-names binds may grow so. */
struct verdict policy_limit_names(const struct policy_zone *, struct policy_growth, unsigned base);

/* The setting that refused: "max-records"; NULL: none did. */
const char *policy_limit_setting(enum policy_reason);
