/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/plan.h"
#include "scavenger/presence.h"
#include "dns/type.h"
#include "journal/run.h"
#include "zonedb/lookup.h"

static const struct {
	const char *word, *text;
} holds[PLAN_HOLDS] = {
	[PLAN_MAY_RUN] = {"none", "may run"},
	[PLAN_AGING_OFF] = {"aging-off", "aging is off"},
	[PLAN_UPDATES_OFF] = {"updates-off",
			      "the zone takes no updates, so nothing could be refreshed"},
	[PLAN_FROZEN] = {"frozen", "the zone is frozen"},
	[PLAN_NOT_YET_AVAILABLE] = {"not-yet-available", "its clients still have time to refresh"},
	[PLAN_CLOCK_JUMPED] = {"clock-jumped", "the clock was set forward"},
	[PLAN_RUN_HELD] = {"run-held", "a run waits to be approved or cancelled"},
	[PLAN_NO_PERIOD] = {"no-period", "no scavenging period is set"},
	[PLAN_BRAKE] = {"brake", "it would remove too much, and waits to be approved"},
	[PLAN_NOT_HELD] = {"not-held", "the run is not held"},
	[PLAN_OTHER_RULES] = {"other-rules", "the zone's windows or keep-types were changed since"},
	[PLAN_ZONE_GONE] = {"zone-gone", "the zone is gone"},
};

static unsigned own_holds(const struct zone *zone, uint64_t now)
{
	unsigned set = 0;
	if (!zone->is_aging)
		set |= PLAN_BIT(PLAN_AGING_OFF);
	if (zone->update == ZONE_UPDATE_NONE)
		set |= PLAN_BIT(PLAN_UPDATES_OFF);
	if (zone->is_frozen)
		set |= PLAN_BIT(PLAN_FROZEN);
	if (now <= zone->available_at)
		set |= PLAN_BIT(PLAN_NOT_YET_AVAILABLE);
	return set;
}

unsigned plan_holds(struct store_txn *txn, const struct zone *zone, uint64_t now)
{
	unsigned set = own_holds(zone, now);
	if (presence_holds(txn, zone->refresh, now))
		set |= PLAN_BIT(PLAN_CLOCK_JUMPED);
	if (run_held(txn, zone->id))
		set |= PLAN_BIT(PLAN_RUN_HELD);
	return set;
}

enum plan_hold plan_first_hold(unsigned set)
{
	for (unsigned hold = 0; hold < PLAN_HOLDS; hold++) {
		if (set & PLAN_BIT(hold))
			return (enum plan_hold)hold;
	}
	return PLAN_MAY_RUN;
}

enum plan_hold plan_zone_hold(const struct zone *zone, uint64_t now)
{
	return plan_first_hold(own_holds(zone, now));
}

const char *plan_hold_text(enum plan_hold hold)
{
	return holds[hold].text;
}

const char *plan_hold_word(enum plan_hold hold)
{
	return holds[hold].word;
}

bool plan_is_kept(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
		  uint16_t type)
{
	if (type == DNS_TYPE_SOA || type == DNS_TYPE_NS)
		return true;
	for (size_t i = 0; i < ZONE_KEEP_TYPES_MAX && zone->keep_types[i]; i++) {
		if (zone->keep_types[i] == type)
			return true;
	}
	return (type == DNS_TYPE_A || type == DNS_TYPE_AAAA) &&
	       lookup_is_below_cut(txn, zone, name);
}

/* False: the walk is to end. */
static bool judge_rrset(struct store_txn *txn, const struct plan_question *ask,
			struct plan_item *item, const struct node_rrset *rrset, uint64_t *count)
{
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	item->type = rrset->type;
	item->ttl = rrset->ttl;
	while (node_next_record(&in, &item->record)) {
		if (!age_is_stale(item->record.class, item->record.stamp, ask->when, ask->windows))
			continue;
		if (plan_is_kept(txn, ask->zone, &item->name, rrset->type))
			return true;
		item->stale_at = age_stale_at(item->record.stamp, ask->windows);
		++*count;
		if (!ask->item(ask->context, item))
			return false;
	}
	return true;
}

uint64_t plan_walk(struct store_txn *txn, const struct zone *zone, uint64_t when,
		   const struct age_windows *windows,
		   bool (*item)(void *context, const struct plan_item *), void *context)
{
	struct plan_question ask = {
		.zone = zone, .when = when, .windows = windows, .item = item, .context = context};
	uint64_t span = (uint64_t)windows->no_refresh + windows->refresh, stamp, count = 0;
	struct due_walk walk;
	struct dns_name name;
	due_walk_from(&walk, txn, zone, when > span ? when - span : 0);
	while (due_walk_next(&walk, &name, &stamp)) {
		if (!plan_name(txn, &ask, &name, &count))
			break;
	}
	due_walk_end(&walk);
	return count;
}

bool plan_name(struct store_txn *txn, const struct plan_question *ask, const struct dns_name *name,
	       uint64_t *count)
{
	struct node node;
	struct node_rrset rrset;
	if (!lookup_node(txn, ask->zone, name, &node))
		return true;
	struct plan_item item = {.name = *name};
	struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
	while (node_next_rrset(&in, &rrset)) {
		if (!judge_rrset(txn, ask, &item, &rrset, count))
			return false;
	}
	return true;
}
