/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/policy_limit.h"

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
