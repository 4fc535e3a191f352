/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/known_owner.h"
#include "admin/scope.h"
#include "zonedb/principal.h"
#include "zonedb/zone_owner.h"
#include <string.h>

static bool known_owner_is(const struct rule_who *who, const char *text)
{
	return who->text && strcmp(who->text, text) == 0;
}

static bool known_owner_in_rules(const struct rules *rules, const char *text)
{
	for (size_t i = 0; rules && i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];
		if (known_owner_is(&rule->who, text) ||
		    (rule->has_over && known_owner_is(&rule->over, text)))
			return true;
	}
	return false;
}

bool known_owner(struct call *call, const char *text)
{
	struct snapshot *s = &call->snapshot;
	uint32_t id;
	bool has_id = scope_is_listed(call) && principal_find(s->txn, text, &id);
	for (size_t i = 0; scope_is_listed(call) && i < zoneset_count(s->zones); i++) {
		const struct zone *zone = zoneset_at(s->zones, i);
		if (scope_holds(call, &zone->apex) &&
		    ((has_id && zone_owner_has(s->txn, zone->id, id)) ||
		     known_owner_in_rules(rulebook_find(s->rules, zone->id), text)))
			return true;
	}
	return !scope_is_listed(call);
}
