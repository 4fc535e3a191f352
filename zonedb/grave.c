/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/grave.h"
#include "zonedb/zone_setting.h"
#include <assert.h>
#include <stdlib.h>

#define ROW_GRAVE 'd'
#define KEY_MAX   (1 + DNS_NAME_KEY_MAX + 1 + 4)
#define HEAD_LEN  (8 + 8 + 8 + 2)

/* Returns the length of what all graves of the apex begin with: a key form never holds 00 bytes at
 * its end, so what stands behind it cannot be part of a longer name. */
static size_t write_prefix(uint8_t out[KEY_MAX], const struct dns_name *apex)
{
	struct dns_name root = dns_name_root();
	out[0] = ROW_GRAVE;
	size_t len = 1 + dns_name_key(out + 1, apex, &root);
	out[len] = 0;
	return len + 1;
}

static struct bytes write_key(uint8_t out[KEY_MAX], const struct dns_name *apex, uint32_t id)
{
	size_t len = write_prefix(out, apex);
	struct bytes_out key = bytes_out_of(out + len, 4);
	bytes_out_u32(&key, id);
	return bytes_of(out, len + 4);
}

static struct bytes id_key(uint8_t out[4], uint32_t id)
{
	struct bytes_out key = bytes_out_of(out, 4);
	bytes_out_u32(&key, id);
	return bytes_of(out, 4);
}

void grave_dig(struct store_txn *txn, const struct grave *grave)
{
	uint8_t bytes[KEY_MAX], row[ZONE_PACKED_MAX], id[4];
	struct bytes key = write_key(bytes, &grave->zone.apex, grave->zone.id), rules = {NULL, 0};
	struct bytes_out settings = bytes_out_of(row, sizeof(row));
	zone_pack(&grave->zone, &settings);
	assert(!settings.full);
	store_get(txn, STORE_RULES, id_key(id, grave->zone.id), &rules);

	size_t len = HEAD_LEN + bytes_out_len(&settings) + rules.len;
	uint8_t *value = malloc(len);
	assert(value);
	struct bytes_out out = bytes_out_of(value, len);
	bytes_out_u64(&out, grave->first_seq);
	bytes_out_u64(&out, grave->last_seq);
	bytes_out_u64(&out, grave->when);
	bytes_out_u16(&out, (uint16_t)bytes_out_len(&settings));
	bytes_out_put(&out, row, bytes_out_len(&settings));
	bytes_out_put(&out, rules.data, rules.len);
	store_put(txn, STORE_ZONES, key, bytes_of(value, len));
	free(value);
}

/* The rules lie in the value. */
static bool unpack(struct bytes value, struct grave *grave, struct bytes *rules)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	grave->first_seq = bytes_in_u64(&in);
	grave->last_seq = bytes_in_u64(&in);
	grave->when = bytes_in_u64(&in);
	size_t len = bytes_in_u16(&in);
	const uint8_t *settings = bytes_in_take(&in, len);
	if (!settings || !zone_unpack(&grave->zone, bytes_of(settings, len)))
		return false;
	len = bytes_in_left(&in);
	*rules = bytes_of(bytes_in_take(&in, len), len);
	return true;
}

static bool find(struct store_txn *txn, const struct dns_name *apex, uint32_t id,
		 struct grave *grave)
{
	uint8_t from[KEY_MAX];
	struct store_walk walk;
	struct bytes key, value, rules;
	struct bytes start = write_key(from, apex, id);
	store_walk_from(&walk, txn, STORE_ZONES, start, start.len - 4);
	bool is_there = store_walk_next(&walk, &key, &value);
	grave->zone = zone_default(apex);
	if (is_there && !unpack(value, grave, &rules)) {
		store_fail(txn, STORE_CORRUPT);
		is_there = false;
	}
	store_walk_end(&walk);
	return is_there;
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

void grave_open(struct store_txn *txn, const struct grave *grave, struct zone *zone)
{
	uint8_t bytes[KEY_MAX], id[4];
	struct bytes key = write_key(bytes, &grave->zone.apex, grave->zone.id), value, rules;
	struct grave read = {.zone = zone_default(&grave->zone.apex)};
	if (!store_get(txn, STORE_ZONES, key, &value) || !unpack(value, &read, &rules)) {
		store_fail(txn, STORE_CORRUPT);
		return;
	}
	uint8_t *copy = malloc(rules.len + 1);
	assert(copy);
	if (rules.len) {
		memcpy(copy, rules.data, rules.len);
		store_put(txn, STORE_RULES, id_key(id, read.zone.id), bytes_of(copy, rules.len));
	}
	free(copy);
	*zone = read.zone;
	zone->cut_count = 0;
	store_del(txn, STORE_ZONES, key);
	zone_revive(txn, zone);
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
