/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What one message keeps of whom rules mean: whether its requester, and each owner that `over` is
 * asked about, is in a group or matches a pattern. Members of a group are compared with each text
 * once, whatever number of rules, questions and records there are. One thread at a time.
 */
#include "acl/policy.h"
#include "base/hash_table.h"

/* Zero-initialised, but for `arena` and `steps`. The snapshot that the rules and groups are of must
 * outlive it. */
struct rule_memo {
	struct arena *arena;
	size_t *steps; /* what comparisons take is added here, one for each member or pattern */
	/* What is kept is of these; for others it is found again. */
	const struct rules *rules;
	const struct groups *groups;
	struct rule_memo_text *asker, *owner; /* the owner that was asked about last */
	struct hash_table owners;
};

/* Whether the rule means the requester, by `who`, or the owner of a record, by `over`. The first
 * argument may be NULL: then nothing is kept. */
bool rule_memo_means_asker(struct rule_memo *, const struct policy_zone *, const struct rule *,
			   const char *asker);
bool rule_memo_means_owner(struct rule_memo *, const struct policy_zone *, const struct rule *,
			   const char *owner);
