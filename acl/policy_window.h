/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The window class of a record that is stamped: by which windows it ages, if not by the zone's. It
 * follows from who the record belongs to, and is asked anew with each stamp. Where the owner's
 * rights come from several rules, that for `claim` is asked first, then `join`, then `takeover`; of
 * a guest `join` first. The first of them that has a window gives it; where none has, a group of
 * the owner's does (groups_window()); otherwise the zone's windows hold. The zone's mode does not
 * matter. Pure; any thread.
 */
#include "acl/policy.h"

struct policy_window {
	struct window window;          /* not given: the zone's */
	const struct rule *rule;       /* that gives it, or */
	const struct acl_group *group; /* the group; both NULL: none does */
};

/* Whether a rule of the zone or a group has a window: where none has, none need be asked. */
bool policy_wants_window(const struct policy_zone *);

/* The window class of a record of the requester's; `group` is groups_window()'s. */
struct policy_window policy_window(const struct policy_zone *, const struct policy_asker *,
				   const struct policy_name *, const struct policy_record *,
				   const struct acl_group *group);
