/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/policy_window.h"
#include "acl/rule_match.h"

bool policy_wants_window(const struct policy_zone *zone)
{
	return (zone->rules && zone->rules->has_windows) || groups_have_windows(zone->groups);
}

struct policy_window policy_window(const struct policy_zone *zone, const struct policy_asker *asker,
				   const struct policy_name *name,
				   const struct policy_record *record,
				   const struct acl_group *group)
{
	static const unsigned owners[] = {RULE_CLAIM, RULE_JOIN, RULE_TAKEOVER};
	static const unsigned guests[] = {RULE_JOIN, RULE_CLAIM, RULE_TAKEOVER};
	const unsigned *rights = record->is_guest ? guests : owners;
	for (size_t i = 0; zone->rules && zone->rules->has_windows && i < 3; i++) {
		struct rule_question question = {.zone = zone,
						 .asker = asker,
						 .name = name,
						 .record = record,
						 .type = record->type,
						 .right = rights[i]};
		const struct rule *rule = rule_given(&question);
		if (rule && rule->window.is_given)
			return (struct policy_window){rule->window, rule, NULL};
	}
	if (group)
		return (struct policy_window){group->window, NULL, group};
	return (struct policy_window){0};
}
