/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/handover.h"
#include "admin/edit_parts.h"
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
		if (handover->records > before && zone->requires_reason)
			handover->asks = zone;
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

/* --- doing it */

struct handover_doing {
	struct handover_look *look;
	uint32_t to;
	enum call_code (*also)(void *context, struct store_txn *, uint64_t *run);
	void *context;
};

static bool handover_node_has(void *context, struct store_txn *txn, const struct zone *zone,
			      const struct dns_name *name, const struct node *node)
{
	struct handover_doing *doing = context;
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	(void)zone, (void)name;
	doing->look->txn = txn;
	while (node_walk_next(&walk, &record))
		if (handover_owner_of(doing->look, record.owner)->is_meant)
			return true;
	return false;
}

static uint64_t handover_name(void *context, struct edit *edit, struct edit_name *at)
{
	struct handover_doing *doing = context;
	uint64_t count = 0;
	(void)edit;
	for (struct edit_rrset *set = at->rrsets; set; set = set->next) {
		for (struct edit_record *is = set->records; is; is = is->next) {
			if (!handover_owner_of(doing->look, is->owner)->is_meant)
				continue;
			is->owner = doing->to;
			count++;
		}
	}
	return count;
}

/* The group is the author, so that stamps stay as they are: it has refreshed nothing. */
static struct edit_author handover_author(void *context, struct store_txn *txn)
{
	struct handover_doing *doing = context;
	const char *group = doing->look->handover->to;
	/* An id may be another's by now, if a transaction was thrown away. */
	memset(doing->look->seen, 0, sizeof doing->look->seen);
	doing->to = principal_intern(txn, group);
	return (struct edit_author){
		.owner = doing->to,
		.owner_text = group,
		.now = command_time(doing->look->call, txn),
		.class = RECORD_DYNAMIC,
	};
}

static enum call_code handover_also(void *context, struct store_txn *txn, uint64_t *run)
{
	struct handover_doing *doing = context;
	return doing->also(doing->context, txn, run);
}

enum call_code handover_do(struct call *call, struct handover *handover,
			   enum call_code (*also)(void *, struct store_txn *, uint64_t *),
			   void *context)
{
	uint64_t owners = handover->owners;
	struct handover_doing doing = {
		.look = handover_begin(call, NULL, handover), .also = also, .context = context};
	const char *reason = arena_print(&call->arena, "who leaves the group -> %s", handover->to);
	struct edit_parts parts = {
		.event = EVENT_OWNER_TRANSFER,
		.reason = reason,
		.note = reason,
		.wants = handover_node_has,
		.author = handover_author,
		.change = handover_name,
		.also = handover_also,
		.context = &doing,
	};
	enum call_code code = edit_parts_run(call, &parts);
	handover->records = parts.records;
	handover->names = parts.names;
	handover->zones = parts.zones;
	handover->owners = owners;
	return code;
}
