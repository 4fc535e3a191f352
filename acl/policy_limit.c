/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/policy_limit.h"
#include "acl/rule_match.h"

#define RULE_LIMIT "limits of the zone"

static struct verdict limit_refuse(enum policy_reason reason, const struct verdict *allowed,
				   struct policy_growth growth, unsigned limit)
{
	return (struct verdict){.reason = reason,
				.right = allowed->right,
				.rule = RULE_LIMIT,
				.growth = growth,
				.limit = limit};
}

struct verdict policy_limit_name(const struct policy_zone *zone, const struct policy_record *record,
				 struct verdict verdict)
{
	if (!verdict.is_allowed || record->change != POLICY_ADD)
		return verdict;
	if (policy_limit_is_passed(record->records, zone->max_records))
		return limit_refuse(POLICY_MANY_RECORDS, &verdict, record->records,
				    zone->max_records);
	if (policy_limit_is_passed(record->types, zone->max_types))
		return limit_refuse(POLICY_MANY_TYPES, &verdict, record->types, zone->max_types);
	if (policy_limit_is_passed(record->bytes, zone->max_name_bytes))
		return limit_refuse(POLICY_MANY_BYTES, &verdict, record->bytes,
				    zone->max_name_bytes);
	return verdict;
}

/* An unsigned client is named by a rule for its address. */
static bool is_address_named(const struct policy_zone *zone, const struct policy_asker *asker)
{
	for (size_t i = 0; zone->rules && i < zone->rules->count; i++) {
		const struct rule *rule = &zone->rules->rule[i];
		if (!rule->is_allow || rule->who.kind != RULE_ANONYMOUS ||
		    !(rule->rights & (RULE_CLAIM | RULE_JOIN | RULE_WRITE)))
			continue;
		for (size_t k = 0; asker->source && k < rule->sources_count; k++)
			if (prefix_holds(&rule->sources[k], asker->source))
				return true;
	}
	return false;
}

bool policy_limit_is_minor(const struct policy_zone *zone, const struct policy_asker *asker)
{
	if (!who_is_authenticated(asker->who))
		return !is_address_named(zone, asker);
	return who_is_host(asker->who) && !rule_names(zone, asker);
}

bool policy_limit_binds(const struct policy_zone *zone, const struct policy_asker *asker)
{
	if (!zone->max_names || who_is_unbound(asker->who))
		return false;
	return !zone->max_names_of_hosts || policy_limit_is_minor(zone, asker);
}

unsigned policy_limit_names_most(const struct policy_zone *zone, unsigned base)
{
	unsigned twice = base > UINT32_MAX / 2 ? UINT32_MAX : 2 * base;
	return zone->max_names_of_hosts && twice > zone->max_names ? twice : zone->max_names;
}

struct verdict policy_limit_names(const struct policy_zone *zone, struct policy_growth growth,
				  unsigned base)
{
	struct verdict allowed = {.is_allowed = true,
				  .reason = POLICY_CLAIM,
				  .right = POLICY_RIGHT_CLAIM,
				  .rule = RULE_LIMIT};
	unsigned most = policy_limit_names_most(zone, base);
	if (!policy_limit_is_passed(growth, most))
		return allowed;
	struct verdict verdict = limit_refuse(POLICY_MANY_NAMES, &allowed, growth, most);
	verdict.is_of_hosts = zone->max_names_of_hosts;
	verdict.base = most > zone->max_names ? base : 0;
	verdict.configured = zone->max_names;
	return verdict;
}

const char *policy_limit_setting(enum policy_reason reason)
{
	switch (reason) {
	case POLICY_MANY_NAMES:
		return "max-names";
	case POLICY_MANY_RECORDS:
		return "max-records";
	case POLICY_MANY_TYPES:
		return "max-types";
	case POLICY_MANY_BYTES:
		return "max-name-bytes";
	default:
		return NULL;
	}
}
