/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/idle_owner.h"
#include "zonedb/principal.h"
#include "zonedb/zone_owner.h"

/* What a client that comes each day needs at most to refresh a record. */
#define DAY 86400
static uint64_t idle_after(const struct zone *zone)
{
	return (uint64_t)zone->no_refresh + (zone->refresh < DAY ? zone->refresh : DAY);
}

static bool is_idle(struct store_txn *txn, const struct zone *zone, uint32_t owner)
{
	return owner != PRINCIPAL_ANONYMOUS && zone_owner_refresh(txn, zone->id, owner) == 0;
}

void idle_owners_add(struct idle_owners *idle, struct store_txn *txn, const struct zone *zone,
		     const struct plan_item *item, uint64_t now)
{
	uint32_t owner = item->record.owner;
	size_t i = 0;
	/* Who registered lately could not refresh yet. */
	if (now <= item->stamp || now - item->stamp <= idle_after(zone))
		return;
	while (i < idle->count && idle->owner[i].id != owner)
		i++;
	if (i == idle->count && !is_idle(txn, zone, owner))
		return;
	if (i == IDLE_OWNERS_MAX) {
		idle->others++;
		return;
	}
	if (i == idle->count)
		idle->owner[idle->count++].id = owner;
	idle->owner[i].records++;
}

static const char *idle_owner_text(struct call *call, const struct idle_owners *idle, size_t i)
{
	return principal_text(call->snapshot.txn, idle->owner[i].id, &call->arena);
}

void idle_owners_warn(struct call *call, const struct zone *zone, const struct idle_owners *idle)
{
	char apex[DNS_NAME_TEXT_MAX];
	dns_name_show(&zone->apex, apex);
	for (size_t i = 0; i < idle->count; i++) {
		const char *owner = idle_owner_text(call, idle, i);
		command_warn(
			call, 0,
			arena_print(&call->arena,
				    "zone %s: %s has never refreshed a record, and %llu of its "
				    "would go: class pinned? (a rule `allow %s ... class "
				    "pinned`, and `record pin` for what is there)",
				    apex, owner, (unsigned long long)idle->owner[i].records,
				    owner));
	}
	if (idle->others)
		command_warn(call, 0,
			     arena_print(&call->arena, "zone %s: so have other owners of %s", apex,
					 command_count(call, idle->others, "record")));
}

/* In the question. */
#define IDLE_OWNERS_NAMED 6

struct idle_look {
	struct store_txn *txn;
	const struct zone *zone;
	uint64_t now;
	struct idle_owners idle;
};

static bool idle_look_at(void *context, const struct plan_item *item)
{
	struct idle_look *look = context;
	idle_owners_add(&look->idle, look->txn, look->zone, item, look->now);
	return true;
}

const char *idle_owners_problem(struct call *call, const struct zone *zone)
{
	char apex[DNS_NAME_TEXT_MAX];
	const char *owners = NULL;
	struct idle_look look = {
		.txn = call->snapshot.txn, .zone = zone, .now = clock_now(&call->core->clock)};
	struct age_windows windows = {(uint32_t)idle_after(zone), 0};
	plan_walk(look.txn, zone, look.now, &windows, idle_look_at, &look);
	for (size_t i = 0; i < look.idle.count && i < IDLE_OWNERS_NAMED; i++)
		owners = arena_print(&call->arena, "%s%s%s (%llu record%s)", owners ? owners : "",
				     owners ? ", " : "", idle_owner_text(call, &look.idle, i),
				     (unsigned long long)look.idle.owner[i].records,
				     look.idle.owner[i].records == 1 ? "" : "s");
	if (!owners)
		return NULL;
	if (look.idle.count > IDLE_OWNERS_NAMED)
		owners = arena_print(&call->arena, "%s and others", owners);
	return arena_print(
		&call->arena,
		"owners that have never refreshed a record hold some in %s, which would "
		"go: %s; pin them first (`record pin`, and class pinned in a rule), or add "
		"--yes; `scavenge plan %s --enable --by-owner` shows more",
		dns_name_show(&zone->apex, apex), owners, apex);
}

enum call_code idle_owners_ask(struct call *call, const struct zone *zone)
{
	const char *problem = command_flag(call, "yes") ? NULL : idle_owners_problem(call, zone);
	return problem ? call_fail(call, CALL_REFUSED, "%s", problem) : CALL_OK;
}
