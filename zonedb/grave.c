/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/grave.h"
#include "zonedb/zone_setting.h"
#include <string.h>

#define ROW_FIRST_SEQ "first-seq"
#define ROW_LAST_SEQ  "last-seq"
#define ROW_WHEN      "deleted-at"
#define ROW_RULES     "rules"

void grave_dig(struct state_edit *rows, const struct grave *grave)
{
	uint8_t key[STATE_KEY_MAX];
	struct bytes rules, text;
	struct state_row_writer row = {.arena = rows->arena};
	zone_pack(&grave->zone, &row);
	state_row_put_number(&row, ROW_FIRST_SEQ, grave->first_seq);
	state_row_put_number(&row, ROW_LAST_SEQ, grave->last_seq);
	state_row_put_number(&row, ROW_WHEN, grave->when);
	if (state_see(rows, STATE_RULES, state_key_id(grave->zone.id, key), &rules) &&
	    state_row_find(rules, "text", &text))
		state_row_put(&row, ROW_RULES, text);
	state_put(rows, STATE_DELETED_ZONE,
		  state_key_deleted(&grave->zone.apex, grave->zone.id, key), state_row_end(&row));
}

static bool unpack(struct bytes row, struct grave *grave)
{
	return zone_unpack(&grave->zone, row) &&
	       state_row_number(row, ROW_FIRST_SEQ, &grave->first_seq) &&
	       state_row_number(row, ROW_LAST_SEQ, &grave->last_seq) &&
	       state_row_number(row, ROW_WHEN, &grave->when);
}

/* The first with this number or a higher one. A key form never ends with 00, so what stands behind
 * that of the apex cannot be part of a longer name. */
static bool find(struct store_txn *txn, const struct dns_name *apex, uint32_t id,
		 struct grave *grave)
{
	uint8_t buffer[STATE_KEY_MAX];
	struct bytes key = state_key_deleted(apex, id, buffer), at, row;
	struct state_walk walk;
	bool is_there = false;
	state_walk_from(&walk, txn, STATE_DELETED_ZONE, bytes_of(key.data, key.len - 4));
	while (!is_there && state_walk_next(&walk, &at, &row)) {
		is_there = at.len == key.len && memcmp(at.data, key.data, key.len) >= 0;
		if (!is_there)
			continue;
		grave->zone = zone_default(apex);
		if (!unpack(row, grave)) {
			store_fail(txn, STORE_CORRUPT);
			break;
		}
	}
	state_walk_end(&walk);
	return is_there && !txn->error;
}

bool grave_next(struct store_txn *txn, const struct dns_name *apex, uint32_t id,
		struct grave *grave)
{
	return id < UINT32_MAX && find(txn, apex, id + 1, grave);
}

bool grave_last(struct store_txn *txn, const struct dns_name *apex, struct grave *grave)
{
	bool is_there = false;
	struct grave next;
	for (uint32_t id = 0; grave_next(txn, apex, id, &next); id = next.zone.id) {
		*grave = next;
		is_there = true;
	}
	return is_there;
}

void grave_open(struct state_edit *rows, const struct grave *grave, struct zone *zone)
{
	uint8_t key[STATE_KEY_MAX];
	struct bytes row, rules;
	struct grave read = {.zone = zone_default(&grave->zone.apex)};
	struct bytes at = state_key_deleted(&grave->zone.apex, grave->zone.id, key);
	if (!state_see(rows, STATE_DELETED_ZONE, at, &row) || !unpack(row, &read)) {
		store_fail(rows->txn, STORE_CORRUPT);
		return;
	}
	if (state_row_find(row, ROW_RULES, &rules))
		zone_put_rules(rows, &read.zone, rules);
	*zone = read.zone;
	state_del(rows, STATE_DELETED_ZONE, state_key_deleted(&zone->apex, zone->id, key));
	zone_put(rows, zone);
}

bool grave_find(struct store_txn *txn, const struct dns_name *name, struct dns_name *apex)
{
	struct grave grave;
	*apex = *name;
	for (;;) {
		if (find(txn, apex, 0, &grave))
			return true;
		if (apex->labels == 0)
			return false;
		*apex = dns_name_strip(apex, 1);
	}
}
