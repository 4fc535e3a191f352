/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What is odd about rules that can be read: a rule that never matches, one that an earlier one
 * leaves nothing for, one that opens the zone's own records. Pure; any thread.
 */
#include "acl/group.h"
#include "acl/rule.h"

struct rule_lint {
	const struct dns_name *apex;
	const struct groups *groups; /* NULL: none */
	struct arena *arena;
	/* Each finding; the text is the arena's. */
	void (*found)(void *context, unsigned line, const char *text);
	void *context;
	bool ignores_groups; /* nobody knows which there are */
};

void rules_lint(const struct rules *, const struct rule_lint *);

/* Whether all that `b` matches is matched by `a`; says no when in doubt. */
bool rule_covers(const struct rule *a, const struct rule *b);
