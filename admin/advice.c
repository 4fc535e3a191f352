/* SPDX-License-Identifier: BSD-2-Clause */
/* What `zone check` and `zone set` say of a zone's aging before it hurts. */
#include "admin/command.h"
#include "acl/window.h"
#include "scavenger/advice.h"
#include "scavenger/brake.h"
#include "scavenger/plan.h"
#include "zonedb/due.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include "zonedb/walk.h"

struct advising {
	struct call *call;
	const struct zone *zone;
	uint64_t count;
};

static void as_row(void *context, const char *word, const char *text)
{
	struct advising *a = context;
	json_t *row = json_object();
	json_object_set_new(row, "level", json_string("advice"));
	json_object_set_new(row, "name", command_name(&a->zone->apex));
	json_object_set_new(row, "code", json_string(word));
	json_object_set_new(row, "text", command_string(text));
	a->count++;
	command_row(a->call, row);
}

static void as_warning(void *context, const char *word, const char *text)
{
	struct advising *a = context;
	(void)word;
	a->count++;
	command_warn(a->call, 0, text);
}

/* Advice about a window class, which is said to be of that. */
struct class_advice {
	struct advising *advising;
	advice_fn *advise;
	const char *window;
};

/* A class is one owner's habit: what is said of all DHCP servers need not be of its. */
static void advise_of_class(void *context, const char *word, const char *text)
{
	struct class_advice *class = context;
	struct call *call = class->advising->call;
	if (strcmp(word, "refresh-below-half-a-lease") == 0)
		return;
	class->advise(
		class->advising, word,
		arena_print(&call->arena, "records with the window %s: %s", class->window, text));
}

static void advise_classes(struct advising *advising, advice_fn *advise)
{
	struct store_txn *txn = advising->call->snapshot.txn;
	uint16_t number;
	for (int at = RECORD_WINDOW_ZONE; due_class_after(txn, advising->zone, at, &number);
	     at = number) {
		struct record_windows windows = record_window_get(txn, number);
		struct window window = {true, windows.no_refresh, windows.refresh};
		char text[WINDOW_TEXT_MAX];
		struct class_advice class = {advising, advise, window_print(&window, text)};
		struct zone zone = *advising->zone;
		zone.no_refresh = windows.no_refresh;
		zone.refresh = windows.refresh;
		advice_windows(&zone, advise_of_class, &class);
	}
}

static bool advice_count_only(void *context, const struct plan_item *item)
{
	(void)context;
	(void)item;
	return true;
}

/* Whether the owner is a key or a group, as DHCP servers are. */
static bool advice_is_key(struct call *call, uint32_t owner)
{
	const char *text = principal_text(call->snapshot.txn, owner, &call->row_arena);
	bool is = text[0] == '@' || strncmp(text, "key:", 4) == 0;
	arena_reset(&call->row_arena);
	return is;
}

static void count_rrset(struct call *call, struct advice_facts *facts,
			const struct node_rrset *rrset)
{
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	struct node_record record;
	while (node_next_record(&in, &record)) {
		facts->dynamic += record.class == RECORD_DYNAMIC;
		facts->others += record.class != RECORD_DYNAMIC;
		if (record.class == RECORD_DYNAMIC && !facts->has_key_owner)
			facts->has_key_owner = advice_is_key(call, record.owner);
	}
}

static void advice_count_zone(struct call *call, struct advice_facts *facts)
{
	struct age_windows windows = {facts->zone->no_refresh, facts->zone->refresh};
	struct store_txn *txn = call->snapshot.txn;
	struct walk walk;
	struct dns_name name;
	struct node node;
	struct node_rrset rrset;
	walk_from(&walk, txn, facts->zone, &facts->zone->apex);
	while (walk_next(&walk, &name, &node)) {
		struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
		while (node_next_rrset(&in, &rrset))
			count_rrset(call, facts, &rrset);
	}
	walk_end(&walk);
	facts->goes = plan_walk(txn, facts->zone, clock_now(&call->core->clock), &windows,
				advice_count_only, NULL);
	facts->names = due_count(txn, facts->zone, brake_reach(facts->zone, facts->goes.names));
}

uint64_t command_advise(struct call *call, const struct zone *zone)
{
	struct advising advising = {.call = call, .zone = zone};
	struct advice_facts facts = {.zone = zone};
	struct scavenge_settings settings;
	if (!zone->is_aging)
		return 0;
	advice_count_zone(call, &facts);
	scavenge_settings_read(call->snapshot.txn, &settings);
	advice(&facts, &settings, as_row, &advising);
	advise_classes(&advising, as_row);
	return advising.count;
}

void command_advise_windows(struct call *call, const struct zone *zone)
{
	struct advising advising = {.call = call, .zone = zone};
	if (!zone->is_aging)
		return;
	advice_windows(zone, as_warning, &advising);
	advise_classes(&advising, as_warning);
}
