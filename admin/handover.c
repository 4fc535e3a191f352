/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/handover.h"
#include "zonedb/principal.h"
#include "zonedb/walk.h"
#include "zonedb/zone_owner.h"
#include <string.h>

/* Owners that are remembered, by the lowest bits of their ids. */
#define HANDOVER_SEEN 16384u

struct handover_owner {
	uint32_t id;
	bool is_known, is_meant, is_counted;
};

struct handover_look {
	struct call *call;
	struct store_txn *txn;
	struct handover *handover;
	struct handover_owner seen[HANDOVER_SEEN];
};

static struct handover_look *handover_begin(struct call *call, struct store_txn *txn,
					    struct handover *handover)
{
	struct handover_look *look = arena_zero(&call->arena, sizeof *look);
	look->call = call;
	look->txn = txn;
	look->handover = handover;
	handover->records = handover->names = handover->zones = handover->owners = 0;
	return look;
}

static struct handover_owner *handover_owner_of(struct handover_look *look, uint32_t id)
{
	struct handover_owner *owner = &look->seen[id % HANDOVER_SEEN];
	if (owner->is_known && owner->id == id)
		return owner;
	const struct handover *h = look->handover;
	const char *text = principal_text(look->txn, id, &look->call->arena);
	*owner = (struct handover_owner){.id = id, .is_known = true};
	owner->is_meant = id != PRINCIPAL_ANONYMOUS && group_has(h->in, text) &&
			  !(h->not_in && group_has(h->not_in, text));
	return owner;
}

/* Whether the record is one of those; it is counted then. */
static bool handover_takes(struct handover_look *look, uint32_t id)
{
	struct handover_owner *owner = handover_owner_of(look, id);
	if (!owner->is_meant)
		return false;
	look->handover->records++;
	look->handover->owners += !owner->is_counted;
	owner->is_counted = true;
	return true;
}

static uint64_t handover_look_node(struct handover_look *look, struct command_record *row,
				   bool shows)
{
	struct node_walk walk = node_walk_of(row->node);
	uint64_t count = 0;
	while (command_record_next(&walk, row)) {
		if (!handover_takes(look, row->record.owner))
			continue;
		count++;
		if (!shows)
			continue;
		json_t *shown = command_record(look->call, row);
		json_object_set_new(shown, "new_owner", command_string(look->handover->to));
		command_row(look->call, shown);
	}
	return count;
}

void handover_look(struct call *call, struct handover *handover, bool shows)
{
	struct handover_look *look = handover_begin(call, call->snapshot.txn, handover);
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *zone = zoneset_at(call->snapshot.zones, i);
		struct walk walk;
		struct dns_name name;
		struct node node;
		uint64_t before = handover->records;
		walk_from(&walk, call->snapshot.txn, zone, &zone->apex);
		while (walk_next(&walk, &name, &node)) {
			struct command_record row = {.zone = zone, .name = &name, .node = &node};
			handover->names += handover_look_node(look, &row, shows) > 0;
		}
		walk_end(&walk);
		handover->zones += handover->records > before;
	}
}

uint64_t handover_owned(struct call *call, const char *group)
{
	uint32_t id;
	uint64_t count = 0;
	if (!principal_find(call->snapshot.txn, group, &id))
		return 0;
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *zone = zoneset_at(call->snapshot.zones, i);
		struct walk walk;
		struct dns_name name;
		struct node node;
		if (!zone_owner_has(call->snapshot.txn, zone->id, id))
			continue;
		walk_from(&walk, call->snapshot.txn, zone, &zone->apex);
		while (walk_next(&walk, &name, &node)) {
			struct node_walk records = node_walk_of(&node);
			struct node_record record;
			while (node_walk_next(&records, &record))
				count += record.owner == id;
		}
		walk_end(&walk);
	}
	return count;
}

static bool handover_node_has(struct handover_look *look, const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	while (node_walk_next(&walk, &record))
		if (handover_owner_of(look, record.owner)->is_meant)
			return true;
	return false;
}

static void handover_name(struct handover_look *look, struct edit *edit,
			  const struct dns_name *name, uint32_t to)
{
	struct edit_name *at = edit_see(edit, name);
	look->handover->names++;
	for (struct edit_rrset *set = at->rrsets; set; set = set->next)
		for (struct edit_record *is = set->records; is; is = is->next)
			if (handover_takes(look, is->owner))
				is->owner = to;
}

/* The group is the author, so that stamps stay as they are: it has refreshed nothing. */
static void handover_zone(struct handover_look *look, const struct zone *zone, uint64_t run)
{
	struct handover *h = look->handover;
	struct edit_author author = {
		.owner = principal_intern(look->txn, h->to),
		.owner_text = h->to,
		.now = command_time(look->call, look->txn),
		.class = RECORD_DYNAMIC,
	};
	struct edit *edit = edit_open(look->txn, zone, &author, &look->call->arena);
	struct walk walk;
	struct dns_name name;
	struct node node;
	uint64_t before = h->records;
	walk_from(&walk, look->txn, zone, &zone->apex);
	while (walk_next(&walk, &name, &node))
		if (handover_node_has(look, &node))
			handover_name(look, edit, &name, author.owner);
	walk_end(&walk);
	if (h->records == before)
		return;
	h->zones++;
	struct entry entry = command_entry(look->call, ENTRY_ADMIN, look->txn, zone);
	entry.event = EVENT_OWNER_TRANSFER;
	entry.reason = arena_print(&look->call->arena, "who leaves the group -> %s", h->to);
	entry.run = run;
	edit_commit(edit, &entry);
}

void handover_do(struct call *call, struct store_txn *txn, struct handover *handover, uint64_t run)
{
	struct handover_look *look = handover_begin(call, txn, handover);
	struct zoneset *zones = zoneset_load(txn);
	for (size_t i = 0; i < zoneset_count(zones); i++)
		handover_zone(look, zoneset_at(zones, i), run);
	zoneset_free(zones);
}
