/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/deleted_zone.h"
#include "zonedb/zone_setting.h"
#include <string.h>

#define ROW_FIRST_SEQ "first-seq"
#define ROW_LAST_SEQ  "last-seq"
#define ROW_WHEN      "deleted-at"
#define ROW_RULES     "rules"

void deleted_zone_put(struct state_edit *rows, const struct deleted_zone *deleted_zone)
{
	uint8_t key[STATE_KEY_MAX];
	struct bytes rules, text;
	struct state_row_writer row = {.arena = rows->arena};
	zone_pack(&deleted_zone->zone, &row);
	state_row_put_number(&row, ROW_FIRST_SEQ, deleted_zone->first_seq);
	state_row_put_number(&row, ROW_LAST_SEQ, deleted_zone->last_seq);
	state_row_put_number(&row, ROW_WHEN, deleted_zone->when);
	if (state_see(rows, STATE_RULES, state_key_id(deleted_zone->zone.id, key), &rules) &&
	    state_row_find(rules, "text", &text))
		state_row_put(&row, ROW_RULES, text);
	state_put(rows, STATE_DELETED_ZONE,
		  state_key_deleted(&deleted_zone->zone.apex, deleted_zone->zone.id, key),
		  state_row_end(&row));
}

static bool deleted_zone_unpack(struct bytes row, struct deleted_zone *deleted_zone)
{
	return zone_unpack(&deleted_zone->zone, row) &&
	       state_row_number(row, ROW_FIRST_SEQ, &deleted_zone->first_seq) &&
	       state_row_number(row, ROW_LAST_SEQ, &deleted_zone->last_seq) &&
	       state_row_number(row, ROW_WHEN, &deleted_zone->when);
}

/* The first with this number or a higher one. A key form never ends with 00, so what stands behind
 * that of the apex cannot be part of a longer name. */
static bool zonedb_deleted_zone_find(struct store_txn *txn, const struct dns_name *apex,
				     uint32_t id, struct deleted_zone *deleted_zone)
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
		deleted_zone->zone = zone_default(apex);
		if (!deleted_zone_unpack(row, deleted_zone)) {
			store_fail(txn, STORE_CORRUPT);
			break;
		}
	}
	state_walk_end(&walk);
	return is_there && !txn->error;
}

bool deleted_zone_next(struct store_txn *txn, const struct dns_name *apex, uint32_t id,
		       struct deleted_zone *deleted_zone)
{
	return id < UINT32_MAX && zonedb_deleted_zone_find(txn, apex, id + 1, deleted_zone);
}

bool deleted_zone_last(struct store_txn *txn, const struct dns_name *apex,
		       struct deleted_zone *deleted_zone)
{
	bool is_there = false;
	struct deleted_zone next;
	for (uint32_t id = 0; deleted_zone_next(txn, apex, id, &next); id = next.zone.id) {
		if (!is_there || next.last_seq > deleted_zone->last_seq)
			*deleted_zone = next;
		is_there = true;
	}
	return is_there;
}

void deleted_zone_restore(struct state_edit *rows, const struct deleted_zone *deleted_zone,
			  struct zone *zone)
{
	uint8_t key[STATE_KEY_MAX];
	struct bytes row, rules;
	struct deleted_zone read = {.zone = zone_default(&deleted_zone->zone.apex)};
	struct bytes at = state_key_deleted(&deleted_zone->zone.apex, deleted_zone->zone.id, key);
	if (!state_see(rows, STATE_DELETED_ZONE, at, &row) || !deleted_zone_unpack(row, &read)) {
		store_fail(rows->txn, STORE_CORRUPT);
		return;
	}
	if (state_row_find(row, ROW_RULES, &rules))
		zone_put_rules(rows, &read.zone, rules);
	*zone = read.zone;
	state_del(rows, STATE_DELETED_ZONE, state_key_deleted(&zone->apex, zone->id, key));
	zone_put(rows, zone);
}

bool deleted_zone_find(struct store_txn *txn, const struct dns_name *name, struct dns_name *apex)
{
	struct deleted_zone deleted_zone;
	*apex = *name;
	for (;;) {
		if (zonedb_deleted_zone_find(txn, apex, 0, &deleted_zone))
			return true;
		if (apex->labels == 0)
			return false;
		*apex = dns_name_strip(apex, 1);
	}
}
