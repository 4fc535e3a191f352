/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Finds the rule that decides, for policy.c and `why`. Pure; any thread. */
#include "acl/policy.h"

/* What is asked of the rules. */
struct rule_question {
	const struct policy_zone *zone;
	const struct policy_asker *asker;
	const struct policy_name *name;     /* NULL: only the requester is compared */
	const struct policy_record *record; /* NULL: only its type is compared */
	uint16_t type;
	unsigned right; /* a bit */
};

/* Whether a rule that matches reaches what is asked (acl/rule_reach.h). */
enum rule_reach {
	RULE_REACHED,
	RULE_UNREACHED_TYPE, /* a structural type that its `types` does not name */
	RULE_UNREACHED_KEPT, /* a name that is reserved for somebody else */
	RULE_UNREACHED_NAME, /* a reserved name */
	RULE_UNREACHED_HOST, /* a name that speaks for a host of others */
};

struct rule_answer {
	const struct rule *rule; /* the first that matches and reaches; NULL: none */
	enum rule_reach reach;   /* of the first that matches without reaching, if any */
};

struct rule_answer rule_match(const struct rule_question *);

/* The first `allow` that would give the right to the requester at the name, but for its `types`,
 * `target-self` or `from`, which is written to the last argument; NULL: there is none. To be called
 * when no rule matches. */
const struct rule *rule_near(const struct rule_question *, enum rule_clause *);

/* The rule for what the requester was given by this right: as rule_match(), but whomever `over`
 * means, since what was taken over is the requester's by now, and, where the requester's address is
 * not known, whatever `from` says. NULL: none, or one that denies. */
const struct rule *rule_given(const struct rule_question *);

/* Whether the zone, or its preset, has a rule of one of these rights. */
bool rule_any(const struct policy_zone *, unsigned rights, enum rule_place place);

/* The first rule that allows some update to the requester from its address; NULL: there is none. */
const struct rule *rule_admits(const struct policy_zone *, const struct policy_asker *);

/* Whether a group, or a rule of the zone that allows `claim`, `join` or `write`, names the
 * requester itself: by its text, a pattern of keys or a group, and not as one of all that
 * authenticate. */
bool rule_names(const struct policy_zone *, const struct policy_asker *);

/* Whether a rule denies the requester `claim` of the name or `write` of the record. */
bool rule_denies(const struct policy_zone *, const struct policy_asker *,
		 const struct policy_name *, const struct policy_record *);
