/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/grave.h"
#include "zonedb/replay.h"
#include <stdio.h>

/* "update=secure aging=on", in the words of the log; what is not known is passed over. */
static void take_settings(struct replay *replay, struct zone *zone, const char *text, uint64_t now)
{
	while (text && *text) {
		const char *sign = strchr(text, '='), *end = text + strcspn(text, " ");
		if (sign && sign < end) {
			const char *name = arena_text(&replay->arena, text, (size_t)(sign - text));
			const char *value =
				arena_text(&replay->arena, sign + 1, (size_t)(end - sign - 1));
			struct zone old = *zone;
			zone_setting_parse(zone, name, value, &replay->arena);
			zone_arm(&old, zone, now);
		}
		text = end + strspn(end, " ");
	}
}

/* The zone is made by the first entry that names it. */
static void make_zone(struct replay *replay, const struct entry *entry, struct zone *zone)
{
	*zone = zone_default(&entry->zone);
	zone->id = entry->zone_id;
	zone->created_at = entry->time_us / 1000000;
	struct grave grave;
	for (uint32_t id = 0; grave_next(replay->txn, &entry->zone, id, &grave);
	     id = grave.zone.id) {
		if (grave.zone.id == entry->zone_id) {
			grave_open(replay->txn, &grave, zone);
			return;
		}
	}
	zone_revive(replay->txn, zone);
}

/* "update: none -> secure" of the setting `subject`. */
static void set_zone(struct replay *replay, const struct entry *entry, struct zone *zone)
{
	uint64_t now = entry->time_us / 1000000;
	const char *arrow = entry->reason ? strstr(entry->reason, " -> ") : NULL;
	if (strcmp(entry->event, "zone-create") == 0) {
		take_settings(replay, zone, entry->reason, now);
	} else if (arrow && entry->subject) {
		struct zone old = *zone;
		zone_setting_parse(zone, entry->subject, arrow + 4, &replay->arena);
		zone_arm(&old, zone, now);
	} else {
		return;
	}
	zone_put(replay->txn, zone);
}

static bool is_event(const struct entry *entry, const char *event)
{
	return entry->event && strcmp(entry->event, event) == 0;
}

static void end_zone(struct replay *replay)
{
	struct grave grave = {
		.first_seq = replay->first_seq, .last_seq = replay->last_seq, .when = replay->when};
	replay->is_ending = false;
	if (!zone_get(replay->txn, &replay->apex, &grave.zone))
		return;
	grave_dig(replay->txn, &grave);
	zone_delete(replay->txn, &grave.zone);
}

static bool goes_on(const struct replay *replay, const struct entry *entry)
{
	return entry->has_zone && dns_name_equal(&entry->zone, &replay->apex) &&
	       entry->change_count > 0 && entry->changes[0].what == CHANGE_REMOVED &&
	       entry->kind == ENTRY_ADMIN;
}

void replay_start(struct replay *replay, struct store_txn *txn)
{
	*replay = (struct replay){.txn = txn};
}

bool replay_next(struct replay *replay, const struct entry *entry, struct replay_fault *fault)
{
	struct zone zone;
	arena_reset(&replay->arena);
	if (replay->is_ending && !goes_on(replay, entry))
		end_zone(replay);
	bool makes = entry->change_count > 0 || is_event(entry, "zone-create");
	if (!entry->has_zone ||
	    (!makes && !is_event(entry, "zone-setting") && !is_event(entry, "zone-delete")))
		return true;
	bool is_there = zone_get(replay->txn, &entry->zone, &zone);
	if (is_there && zone.id != entry->zone_id) {
		fault->seq = entry->seq;
		snprintf(fault->text, sizeof(fault->text),
			 "the entry's zone has id %u, and the zone that is here %u", entry->zone_id,
			 zone.id);
		return false;
	}
	if (!is_there && !makes)
		return true;
	if (!is_there)
		make_zone(replay, entry, &zone);
	if (is_event(entry, "zone-create") || is_event(entry, "zone-setting"))
		set_zone(replay, entry, &zone);
	if (is_event(entry, "zone-delete")) {
		replay->is_ending = true;
		replay->apex = entry->zone;
		replay->when = entry->time_us / 1000000;
		replay->first_seq = entry->seq + 1;
	}
	if (replay->is_ending)
		replay->last_seq = entry->seq;
	return entry->change_count == 0 || replay_entry(replay->txn, &zone, entry, fault);
}

void replay_end(struct replay *replay)
{
	if (replay->is_ending)
		end_zone(replay);
	arena_free(&replay->arena);
}
