/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/key_stakes.h"
#include "acl/who.h"
#include "admin/handover.h"
#include "base/timeword.h"
#include "nameserver/key_uses.h"
#include <string.h>

#define NAMED_MAX 8 /* zones, and groups, that are written out */

/* A list of names; those beyond NAMED_MAX are counted. */
struct key_places {
	const char *text;
	size_t count;
};

static void key_places_add(struct call *call, struct key_places *places, const char *name)
{
	if (places->count++ < NAMED_MAX)
		places->text = arena_print(&call->arena, "%s%s%s", places->text ? places->text : "",
					   places->text ? ", " : "", name);
}

static const char *key_places_text(struct call *call, const struct key_places *places)
{
	if (places->count <= NAMED_MAX)
		return places->text;
	return arena_print(&call->arena, "%s and %zu more", places->text,
			   places->count - NAMED_MAX);
}

static struct key_places key_groups(struct call *call, const char *principal)
{
	struct key_places places = {0};
	for (size_t i = 0; i < groups_count(call->snapshot.groups); i++) {
		const struct acl_group *group = groups_at(call->snapshot.groups, i);
		bool is_member = false;
		for (size_t k = 0; !is_member && k < group->count; k++)
			is_member = strcmp(group->members[k], principal) == 0;
		if (is_member)
			key_places_add(call, &places, group->name);
	}
	return places;
}

static bool key_stands_in(const struct rules *rules, const char *principal)
{
	for (size_t i = 0; rules && i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];
		if (strcmp(rule->who.text, principal) == 0 ||
		    (rule->has_over && strcmp(rule->over.text, principal) == 0))
			return true;
	}
	return false;
}

static struct key_places key_zones(struct call *call, const char *principal)
{
	char apex[DNS_NAME_TEXT_MAX];
	struct key_places places = {0};
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *zone = zoneset_at(call->snapshot.zones, i);
		if (key_stands_in(rulebook_find(call->snapshot.rules, zone->id), principal))
			key_places_add(call, &places, dns_name_show(&zone->apex, apex));
	}
	return places;
}

/* "; " before what is not the first. */
static const char *key_stakes_join(struct call *call, const char *said, const char *more)
{
	return said ? arena_print(&call->arena, "%s; %s", said, more) : more;
}

static const char *key_last_use(struct call *call, const struct dns_name *key)
{
	char from[ADDR_TEXT_MAX], when[TIMEWORD_TEXT_MAX];
	uint64_t used;
	if (!key_uses_find(call->core->key_uses, call->snapshot.txn, key, &used, from))
		return NULL;
	time_print(used, when);
	return arena_print(&call->arena, "it was last used at %s, from %s", when, from);
}

const char *key_stakes_text(struct call *call, const struct dns_name *key)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct who who;
	const char *said = key_last_use(call, key);
	if (!who_of_key(&who, key))
		return NULL;
	uint64_t owned = handover_owned(call, who.text);
	struct key_places groups = key_groups(call, who.text), zones = key_zones(call, who.text);
	if (owned)
		said = key_stakes_join(call, said,
				       arena_print(&call->arena, "it owns %llu record%s",
						   (unsigned long long)owned,
						   owned == 1 ? "" : "s"));
	if (groups.count)
		said = key_stakes_join(call, said,
				       arena_print(&call->arena, "it is a member of %s",
						   key_places_text(call, &groups)));
	if (zones.count)
		said = key_stakes_join(call, said,
				       arena_print(&call->arena, "rules of %s name it",
						   key_places_text(call, &zones)));
	if (!said)
		return NULL;
	return arena_print(&call->arena, "key %s: %s", dns_name_show(key, shown), said);
}
