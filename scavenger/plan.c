/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/plan.h"
#include "dns/type.h"
#include "journal/run.h"
#include "scavenger/clock_watch.h"
#include "zonedb/lookup.h"
#include "zonedb/record_window.h"
#include "zonedb/renewal.h"

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
	if (zone->is_frozen || zone->deleting)
		set |= PLAN_BIT(PLAN_FROZEN);
	if (now <= zone->available_at)
		set |= PLAN_BIT(PLAN_NOT_YET_AVAILABLE);
	return set;
}

unsigned plan_holds(struct store_txn *txn, const struct zone *zone, uint64_t now)
{
	unsigned set = own_holds(zone, now);
	if (clock_watch_holds(txn, due_longest_refresh(txn, zone), now))
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
	       (lookup_is_glue(txn, zone, name) || lookup_is_server(txn, zone, name));
}

struct ticket_guarded plan_guarded(struct store_txn *txn, const struct zone *zone,
				   const struct dns_name *name, const struct node *node)
{
	struct ticket_guarded guarded = ticket_guarded_in(node);
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	while (!guarded.is_fixed && node_next_rrset(&in, &rrset))
		guarded.is_fixed =
			ticket_guards(rrset.type) && plan_is_kept(txn, zone, name, rrset.type);
	return guarded;
}

/* What is asked about one name. */
struct age_windows plan_windows(struct store_txn *txn, const struct node_record *record,
				const struct age_windows *zone)
{
	struct record_windows windows = record_window_or(
		txn, record->window, (struct record_windows){zone->no_refresh, zone->refresh});
	return (struct age_windows){windows.no_refresh, windows.refresh};
}

static uint64_t plan_own_stale_at(struct store_txn *txn, const struct plan_record *of,
				  const struct node_record *record, const struct age_windows *zone)
{
	struct age_windows windows = plan_windows(txn, record, zone);
	return age_stale_at(eras_count(of->eras, of->node->seq, record->stamp), &windows);
}

uint64_t plan_stale_at(struct store_txn *txn, const struct plan_record *of,
		       const struct age_windows *zone)
{
	struct node_walk walk = node_walk_of(of->node);
	struct node_record guarded;
	if (of->record.class != RECORD_DYNAMIC)
		return 0;
	uint64_t stale_at = plan_own_stale_at(txn, of, &of->record, zone);
	if (!ticket_is(of->type, of->record.rdata))
		return stale_at;
	while (node_walk_next(&walk, &guarded)) {
		if (!ticket_guards(walk.rrset.type))
			continue;
		if (guarded.class != RECORD_DYNAMIC)
			return 0;
		uint64_t at = plan_own_stale_at(txn, of, &guarded, zone);
		stale_at = at > stale_at ? at : stale_at;
	}
	return stale_at;
}

struct plan_place {
	struct store_txn *txn;
	const struct plan_question *ask;
	const struct node *node;
	struct ticket_guarded guarded;
	bool has_looked_for_kept;
	struct plan_item item;
	uint64_t count, contested, overdue;
};

/* For how many refresh windows a contested record is left before a person is asked. */
#define CONTESTED_WINDOWS 2

/* What the latest renewal at the name says of the place's record, if it counts yet. */
static enum renewer_says plan_renewal(const struct plan_place *place,
				      const struct age_windows *windows)
{
	struct record_windows span = {windows->no_refresh, windows->refresh};
	if (!renewal_counts(&place->node->hint, place->ask->when, &span))
		return RENEWER_NOTHING;
	return renewer_says(place->ask->renewer, place->node, place->item.record.owner);
}

/* The stale record of the place. */
static void plan_count_item(struct plan_place *place, const struct age_windows *windows)
{
	struct plan_item *item = &place->item;
	uint64_t when = place->ask->when, left = (uint64_t)CONTESTED_WINDOWS * windows->refresh;
	item->is_overdue = item->is_contested && when > item->stale_at + left;
	place->count += !item->is_contested;
	place->contested += item->is_contested;
	place->overdue += item->is_overdue;
}

/* Whether an address at the name is kept; looked for only where a ticket would be stale. */
static bool is_kept_by_address(struct plan_place *place)
{
	if (!place->has_looked_for_kept)
		place->guarded =
			plan_guarded(place->txn, place->ask->zone, &place->item.name, place->node);
	place->has_looked_for_kept = true;
	return place->guarded.is_fixed;
}

static bool is_stale(struct plan_place *place, uint16_t type)
{
	const struct plan_question *ask = place->ask;
	struct plan_record of = {place->node, ask->eras, type, place->item.record};
	uint64_t stale_at = plan_stale_at(place->txn, &of, ask->windows);
	if (stale_at == 0 || ask->when < stale_at)
		return false;
	place->item.stale_at = stale_at;
	return !ticket_is(type, of.record.rdata) || !is_kept_by_address(place);
}

/* False: the walk is to end. */
static bool judge_rrset(struct plan_place *place, const struct node_rrset *rrset)
{
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	const struct plan_question *ask = place->ask;
	struct plan_item *item = &place->item;
	item->type = rrset->type;
	item->ttl = rrset->ttl;
	while (node_next_record(&in, &item->record)) {
		if (!is_stale(place, rrset->type))
			continue;
		if (plan_is_kept(place->txn, ask->zone, &item->name, rrset->type))
			return true;
		struct age_windows windows = plan_windows(place->txn, &item->record, ask->windows);
		enum renewer_says says = plan_renewal(place, &windows);
		if (says == RENEWER_REFRESHES)
			continue;
		item->is_contested = says == RENEWER_IN_VAIN;
		item->stamp = eras_count(ask->eras, place->node->seq, item->record.stamp);
		plan_count_item(place, &windows);
		if (!ask->item(ask->context, item))
			return false;
	}
	return true;
}

bool plan_was_met(const struct due_walk *walk, const struct due_place *at)
{
	struct node node;
	struct due_entry entry;
	if (at->entry.window == 0 || !lookup_node(walk->txn, walk->zone, &at->name, &node))
		return false;
	for (int w = DUE_FIRST; due_next(&node, w, &entry) && entry.window < at->entry.window;
	     w = entry.window) {
		if (due_is_met(walk->txn, &walk->moment, &entry))
			return true;
	}
	return false;
}

struct plan_count plan_walk(struct store_txn *txn, const struct zone *zone, uint64_t when,
			    const struct age_windows *windows,
			    bool (*item)(void *context, const struct plan_item *), void *context)
{
	struct eras eras;
	struct renewer renewer;
	struct plan_question ask = {.zone = zone,
				    .when = when,
				    .windows = windows,
				    .eras = &eras,
				    .renewer = &renewer,
				    .item = item,
				    .context = context};
	struct due_moment moment = {when, {windows->no_refresh, windows->refresh}, &eras};
	eras_read(txn, &eras);
	renewer_begin(&renewer, txn);
	struct plan_count count = {0};
	struct due_walk walk;
	struct due_place at;
	due_walk_from(&walk, txn, zone, &moment);
	while (due_walk_next(&walk, &at)) {
		if (plan_was_met(&walk, &at))
			continue;
		if (!plan_name(txn, &ask, &at.name, &count))
			break;
	}
	due_walk_end(&walk);
	renewer_end(&renewer);
	return count;
}

bool plan_name(struct store_txn *txn, const struct plan_question *ask, const struct dns_name *name,
	       struct plan_count *count)
{
	struct node node;
	struct node_rrset rrset;
	bool goes_on = true;
	if (!lookup_node(txn, ask->zone, name, &node))
		return true;
	struct plan_place place = {.txn = txn,
				   .ask = ask,
				   .node = &node,
				   .guarded = ticket_guarded_in(&node),
				   .item = {.node = &node, .name = *name}};
	struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
	while (goes_on && node_next_rrset(&in, &rrset))
		goes_on = judge_rrset(&place, &rrset);
	count->records += place.count;
	count->names += place.count > 0;
	count->contested += place.contested;
	count->overdue += place.overdue;
	return goes_on;
}
