/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Which rule decides: for policy.c alone. */
#include "acl/policy.h"

/* What is asked of the rules. */
struct rule_question {
	const struct policy_zone *zone;
	const struct policy_asker *asker;
	const struct policy_name *name;     /* NULL: only whether the requester could be meant */
	const struct policy_record *record; /* NULL: only its type is looked at */
	uint16_t type;
	unsigned right; /* a bit */
};

struct rule_answer {
	const struct rule *rule; /* the first that matches; NULL: none */
	bool is_reserved;        /* some rule would have, were the name not reserved */
};

struct rule_answer rule_match(const struct rule_question *);

/* Whether the zone, or its preset, has a rule of one of these rights. */
bool rule_any(const struct policy_zone *, unsigned rights, enum rule_place place);

/* Whether some rule that allows updates could be meant for who asks, from where he asks. */
const struct rule *rule_admits(const struct policy_zone *, const struct policy_asker *);
