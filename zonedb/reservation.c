/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/reservation.h"
#include "zonedb/principal.h"
#include "zonedb/zone_owner.h"

#define ROW_NAME  "name"
#define ROW_OWNER "owner"

static bool reservation_unpack(struct store_txn *txn, struct bytes row, struct arena *arena,
			       const char **owner)
{
	struct bytes text;
	if (!state_row_find(row, ROW_OWNER, &text) || text.len == 0 ||
	    memchr(text.data, 0, text.len)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	*owner = arena_text(arena, (const char *)text.data, text.len);
	return true;
}

bool reservation_find(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
		      struct arena *arena, const char **owner)
{
	uint8_t key[ZONE_KEY_MAX];
	struct bytes row;
	return state_get(txn, STATE_RESERVATION, bytes_of(key, zone_key(key, zone, name)), &row) &&
	       reservation_unpack(txn, row, arena, owner);
}

void reservation_put(struct state_edit *rows, const struct zone *zone, const struct dns_name *name,
		     const char *owner)
{
	uint8_t key[ZONE_KEY_MAX];
	char shown[DNS_NAME_TEXT_MAX];
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_text(&row, ROW_NAME, dns_name_show(name, shown));
	state_row_put_text(&row, ROW_OWNER, owner);
	state_put(rows, STATE_RESERVATION, bytes_of(key, zone_key(key, zone, name)),
		  state_row_end(&row));
}

void reservation_stake(struct store_txn *txn, uint32_t zone_id, struct bytes row)
{
	struct arena arena = {0};
	const char *owner;
	if (reservation_unpack(txn, row, &arena, &owner))
		zone_owner_put(txn, zone_id, principal_intern(txn, owner));
	arena_free(&arena);
}

bool reservation_drop(struct state_edit *rows, const struct zone *zone, const struct dns_name *name)
{
	uint8_t key[ZONE_KEY_MAX];
	return state_del(rows, STATE_RESERVATION, bytes_of(key, zone_key(key, zone, name)));
}

void reservation_walk_from(struct reservation_walk *walk, struct store_txn *txn,
			   const struct zone *zone)
{
	uint8_t key[ZONE_KEY_MAX];
	size_t len = zone_key(key, zone, &zone->apex);
	walk->zone = zone;
	state_walk_from(&walk->rows, txn, STATE_RESERVATION, bytes_of(key, len));
}

bool reservation_next(struct reservation_walk *walk, struct dns_name *name, struct arena *arena,
		      const char **owner)
{
	struct store_txn *txn = walk->rows.walk.txn;
	struct bytes key, row;
	if (!state_walk_next(&walk->rows, &key, &row))
		return false;
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_take(&in, 4); /* zone id */
	struct bytes rest = bytes_of(in.at, bytes_in_left(&in));
	if (dns_name_from_key(name, rest, &walk->zone->apex))
		return reservation_unpack(txn, row, arena, owner);
	store_fail(txn, STORE_CORRUPT);
	return false;
}

void reservation_walk_end(struct reservation_walk *walk)
{
	state_walk_end(&walk->rows);
}
