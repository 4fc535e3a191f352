/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/removal_parts.h"
#include "journal/run.h"
#include "journal/state_derived.h"
#include "zonedb/due.h"
#include "zonedb/owned_names.h"
#include "zonedb/removal_state.h"
#include "zonedb/walk.h"
#include "zonedb/zone_setting.h"
#include <inttypes.h>
#include <stdio.h>

#define SMALL_ROWS  512 /* names, and rows of each index, that are deleted in one transaction */
#define SMALL_BYTES (128u << 10)
#define PART_BYTES  (32u << 10) /* of the changes in one entry: a part has several */
#define DROP_ROWS   128

/* Indexes that end with the zone, and can have many rows when its names are gone. */
static const enum store_table left_behind[] = {STORE_LOG_SERIAL, STORE_ZONE_OWNERS};
#define LEFT_BEHIND (sizeof(left_behind) / sizeof(left_behind[0]))

static struct bytes zone_prefix(const struct zone *zone, uint8_t prefix[4])
{
	struct bytes_out out = bytes_out_of(prefix, 4);
	bytes_out_u32(&out, zone->id);
	return bytes_of(prefix, 4);
}

static bool is_small_table(struct store_txn *txn, enum store_table table, const struct zone *zone)
{
	uint8_t prefix[4];
	struct store_walk walk;
	struct bytes key, value;
	size_t rows = 0, bytes = 0;
	store_walk_from(&walk, txn, table, zone_prefix(zone, prefix), 4);
	while (rows <= SMALL_ROWS && bytes <= SMALL_BYTES && store_walk_next(&walk, &key, &value)) {
		rows++;
		bytes += value.len;
	}
	store_walk_end(&walk);
	return rows <= SMALL_ROWS && bytes <= SMALL_BYTES;
}

bool removal_is_small(struct store_txn *txn, const struct zone *zone)
{
	bool is_small = is_small_table(txn, STORE_NODES, zone);
	for (size_t i = 0; i < LEFT_BEHIND && is_small; i++)
		is_small = is_small_table(txn, left_behind[i], zone);
	return is_small;
}

void removal_parts_begin(struct store_txn *txn, const struct zone *zone, const struct entry *as)
{
	struct arena arena = {0};
	struct state_edit rows = state_edit_of(txn, &arena);
	struct entry entry = *as;
	struct zone deleting = *zone;
	run_begin(&rows, RUN_ZONE_DELETE, RUN_UNDER_WAY, &entry);
	deleting.deleting = entry.run;
	zone_put(&rows, &deleting);
	entry.event = EVENT_ZONE_SETTING;
	entry.subject = "deleting";
	entry.reason = arena_print(&arena,
				   "the zone is out of service: run %" PRIu64
				   " removes its records, and then the zone",
				   entry.run);
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(txn, &entry, &arena);
	arena_free(&arena);
}

/* --- names */

static void drop_due(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
		     const struct node *node)
{
	uint8_t key[STORE_ROW_KEY_MAX];
	struct due_entry entry;
	for (int after = DUE_FIRST; due_next(node, after, &entry); after = entry.window) {
		size_t len = due_key(key, zone, &entry, name);
		if (len)
			store_del(txn, STORE_DUE, bytes_of(key, len));
	}
}

/* What is stored of a name that is in the log as removed. */
static void drop_name(struct removal *removal, const struct dns_name *name, uint32_t *cuts)
{
	uint8_t bytes[ZONE_KEY_MAX];
	struct store_txn *txn = removal->txn;
	struct bytes key = bytes_of(bytes, zone_key(bytes, removal->zone, name)), value;
	struct node node;
	if (!store_get(txn, STORE_NODES, key, &value) || !node_open(&node, value)) {
		store_fail(txn, STORE_CORRUPT);
		return;
	}
	/* The node lies in the map, which each deletion may move. */
	node.rrsets.data = arena_copy(&removal->arena, node.rrsets.data, node.rrsets.len);
	drop_due(txn, removal->zone, name, &node);
	struct edit_name gone = {.name = *name, .is_stored = true, .stored = node};
	owned_names_move(txn, removal->zone, &gone, NULL, &removal->arena);
	*cuts -= store_del(txn, STORE_CUTS, key) && *cuts > 0;
	store_del(txn, STORE_NODES, key);
}

static void append_removed(struct removal *removal, const struct entry *as)
{
	struct entry entry = *as;
	uint32_t cuts = state_cuts(removal->txn, removal->zone->id);
	entry.changes = removal->changes;
	entry.change_count = removal->count;
	removal_leave_tombstones(removal, journal_append(removal->txn, &entry, &removal->arena));
	for (size_t i = 0; i < removal->count && !removal->txn->error; i++) {
		const struct dns_name *name = &removal->changes[i].name;
		if (i == 0 || !dns_name_equal(name, &removal->changes[i - 1].name))
			drop_name(removal, name, &cuts);
	}
	state_set_cuts(removal->txn, removal->zone->id, cuts);
	removal_follow(removal, &entry);
}

/* Names behind the apex. False: there are none. */
static bool remove_names(struct store_txn *txn, const struct zone *zone, const struct entry *as)
{
	struct removal removal = {.txn = txn,
				  .zone = zone,
				  .bytes_max = PART_BYTES,
				  .last = zone->apex,
				  .has_last = true};
	removal_take_names(&removal);
	bool has_names = removal.count > 0 && !txn->error;
	if (has_names)
		append_removed(&removal, as);
	arena_free(&removal.arena);
	return has_names;
}

/* --- indexes */

/* False: there is nothing left in them. */
static bool drop_left_behind(struct store_txn *txn, const struct zone *zone)
{
	uint8_t prefix[4], keys[DROP_ROWS][STORE_ROW_KEY_MAX];
	size_t lens[DROP_ROWS], count = 0;
	for (size_t i = 0; i < LEFT_BEHIND && count == 0; i++) {
		struct store_walk walk;
		struct bytes key, value;
		store_walk_from(&walk, txn, left_behind[i], zone_prefix(zone, prefix), 4);
		while (count < DROP_ROWS && store_walk_next(&walk, &key, &value)) {
			memcpy(keys[count], key.data, key.len);
			lens[count++] = key.len;
		}
		store_walk_end(&walk);
		for (size_t k = 0; k < count; k++)
			store_del(txn, left_behind[i], bytes_of(keys[k], lens[k]));
	}
	return count > 0 && !txn->error;
}

/* --- a part */

/* The apex, then the zone. */
static void remove_zone(struct store_txn *txn, const struct zone *zone, struct entry *as,
			struct run *run)
{
	struct arena arena = {0};
	char shown[DNS_NAME_TEXT_MAX];
	struct state_edit rows = state_edit_of(txn, &arena);
	removal_records(txn, zone, as);
	if (run->kind == RUN_ZONE_DELETE) {
		run->state = RUN_DONE;
		run_put(&rows, run);
	}
	as->event = EVENT_ZONE_DELETE;
	as->subject = dns_name_show(&zone->apex, shown);
	if (run_get(txn, run->id, run))
		as->reason = arena_print(&arena, "%" PRIu64 " records", run->removed);
	as->rows = state_edit_changes(&rows, &as->row_count);
	removal_end(txn, zone, as);
	arena_free(&arena);
}

bool removal_part(struct store_txn *txn, const struct zone *zone, uint64_t now_us,
		  struct writer_part *part)
{
	struct run run;
	if (!run_get(txn, zone->deleting, &run)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	struct entry as = {.time_us = now_us,
			   .kind = ENTRY_ADMIN,
			   .principal = run.principal,
			   .transport = ENTRY_LOCAL,
			   .has_zone = true,
			   .zone_id = zone->id,
			   .zone = zone->apex,
			   .run = run.id};
	as.serial_before = as.serial_after = zone_serial(txn, zone);
	store_use_reserve(txn);
	while (remove_names(txn, zone, &as) || drop_left_behind(txn, zone)) {
		if (txn->error || writer_part_is_over(part))
			return false;
	}
	if (!txn->error)
		remove_zone(txn, zone, &as, &run);
	return !txn->error;
}

/* A zone whose records are just being imported is not. */
static bool is_to_go(struct store_txn *txn, uint64_t id)
{
	struct run run;
	return run_get(txn, id, &run) &&
	       (run.kind == RUN_ZONE_DELETE || run.state != RUN_UNDER_WAY);
}

bool removal_parts_next(struct store_txn *txn, struct zone *out)
{
	struct dns_name apex, root = dns_name_root();
	struct state_walk walk;
	struct bytes key, row;
	bool is_found = false;
	state_walk_from(&walk, txn, STATE_ZONE, bytes_of(NULL, 0));
	while (!is_found && state_walk_next(&walk, &key, &row)) {
		struct zone zone;
		if (!dns_name_from_key(&apex, key, &root))
			continue;
		zone = zone_default(&apex);
		is_found = zone_unpack(&zone, row) && zone.deleting != 0 &&
			   is_to_go(txn, zone.deleting);
	}
	state_walk_end(&walk);
	return is_found && zone_get(txn, &apex, out);
}
