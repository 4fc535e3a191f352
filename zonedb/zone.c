/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/zone.h"
#include "zonedb/lookup.h"
#include "zonedb/zone_setting.h"
#include "journal/dynamic.h"
#include "journal/run.h"
#include "dns/rdata.h"
#include <assert.h>
#include <stdlib.h>

#define LAST_ID "zone-last"
/* Rows of STORE_ZONES: 'a', apex in key form -> settings; 'i', id -> apex in wire form; and those
 * of zonedb/grave.c. */
#define ROW_APEX    'a'
#define ROW_ID      'i'
#define ROW_KEY_MAX (1 + DNS_NAME_KEY_MAX)

/* Rows deleted between two looks at the table. */
#define DELETE_AT_ONCE 512

static size_t apex_key(uint8_t out[ROW_KEY_MAX], const struct dns_name *apex)
{
	struct dns_name root = dns_name_root();
	out[0] = ROW_APEX;
	return 1 + dns_name_key(out + 1, apex, &root);
}

static size_t id_key(uint8_t out[5], uint32_t id)
{
	struct bytes_out key = bytes_out_of(out, 5);
	bytes_out_u8(&key, ROW_ID);
	bytes_out_u32(&key, id);
	return bytes_out_len(&key);
}

struct zone zone_default(const struct dns_name *apex)
{
	return (struct zone){
		.apex = *apex,
		.update = ZONE_UPDATE_NONE,
		.policy = ZONE_POLICY_WINDOWS,
		.no_refresh = ZONE_AGING_DEFAULT,
		.refresh = ZONE_AGING_DEFAULT,
		.protects_static = true,
		.probes_refresh = true,
		.max_share = ZONE_MAX_SHARE_DEFAULT,
	};
}

static bool ages(const struct zone *zone)
{
	return zone->is_aging && zone->update != ZONE_UPDATE_NONE && !zone->is_frozen;
}

void zone_arm(const struct zone *old, struct zone *new, uint64_t now)
{
	if (!ages(old) && ages(new))
		new->available_at = now + new->refresh;
}

static bool open_row(struct store_txn *txn, const struct dns_name *apex, struct bytes row,
		     struct zone *zone)
{
	struct zone read = zone_default(apex);
	if (!zone_unpack(&read, row)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	*zone = read;
	return true;
}

bool zone_get(struct store_txn *txn, const struct dns_name *apex, struct zone *zone)
{
	uint8_t key[ROW_KEY_MAX];
	size_t len = apex_key(key, apex);
	struct bytes row;
	return store_get(txn, STORE_ZONES, bytes_of(key, len), &row) &&
	       open_row(txn, apex, row, zone);
}

bool zone_get_by_id(struct store_txn *txn, uint32_t id, struct zone *zone)
{
	uint8_t key[5];
	size_t len = id_key(key, id);
	struct bytes wire;
	if (!store_get(txn, STORE_ZONES, bytes_of(key, len), &wire))
		return false;
	struct dns_name apex;
	if (!dns_name_from_wire(&apex, wire)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	return zone_get(txn, &apex, zone);
}

void zone_put(struct store_txn *txn, const struct zone *zone)
{
	assert(zone->id != 0);
	uint8_t key[ROW_KEY_MAX], row[ZONE_PACKED_MAX];
	size_t len = apex_key(key, &zone->apex);
	struct bytes_out out = bytes_out_of(row, sizeof(row));
	zone_pack(zone, &out);
	assert(!out.full);
	store_put(txn, STORE_ZONES, bytes_of(key, len), bytes_of(row, bytes_out_len(&out)));
	store_settings_changed(txn);
}

void zone_create(struct store_txn *txn, struct zone *zone)
{
	zone->id = (uint32_t)store_number(txn, LAST_ID) + 1;
	zone_revive(txn, zone);
}

void zone_settle(struct store_txn *txn, const struct zone *zone)
{
	uint8_t key[5];
	if (zone->id > store_number(txn, LAST_ID))
		store_set_number(txn, LAST_ID, zone->id);
	size_t len = id_key(key, zone->id);
	store_put(txn, STORE_ZONES, bytes_of(key, len), bytes_of(zone->apex.wire, zone->apex.len));
	zone_put(txn, zone);
}

void zone_revive(struct store_txn *txn, const struct zone *zone)
{
	struct zone there;
	assert(zone->id != 0 && !zone_get(txn, &zone->apex, &there));
	dynamic_set(txn, zone->id, 0);
	zone_settle(txn, zone);
}

struct doomed {
	size_t count;
	struct {
		uint8_t bytes[STORE_KEY_MAX];
		uint16_t len;
	} keys[DELETE_AT_ONCE];
};

static void find_doomed(struct store_txn *txn, enum store_table table, const uint8_t prefix[4],
			struct doomed *doomed)
{
	struct store_walk walk;
	struct bytes key, value;
	doomed->count = 0;
	store_walk_from(&walk, txn, table, bytes_of(prefix, 4), 4);
	while (doomed->count < DELETE_AT_ONCE && store_walk_next(&walk, &key, &value)) {
		memcpy(doomed->keys[doomed->count].bytes, key.data, key.len);
		doomed->keys[doomed->count++].len = (uint16_t)key.len;
	}
	store_walk_end(&walk);
}

static void delete_rows(struct store_txn *txn, enum store_table table, const uint8_t prefix[4],
			struct doomed *doomed)
{
	do {
		find_doomed(txn, table, prefix, doomed);
		for (size_t i = 0; i < doomed->count; i++)
			store_del(txn, table, bytes_of(doomed->keys[i].bytes, doomed->keys[i].len));
	} while (doomed->count == DELETE_AT_ONCE);
}

void zone_delete(struct store_txn *txn, const struct zone *zone)
{
	static const enum store_table tables[] = {STORE_NODES,      STORE_CUTS,  STORE_DUE,
						  STORE_LOG_SERIAL, STORE_RULES, STORE_STAKES,
						  STORE_RESERVED};
	uint8_t prefix[ZONE_KEY_MAX], key[ROW_KEY_MAX];
	zone_key(prefix, zone, &zone->apex);
	store_use_reserve(txn);
	struct doomed *doomed = malloc(sizeof(*doomed));
	assert(doomed);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		delete_rows(txn, tables[i], prefix, doomed);
	free(doomed);
	dynamic_forget(txn, zone->id);
	run_forget_zone(txn, zone->id);

	size_t len = id_key(key, zone->id);
	store_del(txn, STORE_ZONES, bytes_of(key, len));
	len = apex_key(key, &zone->apex);
	store_del(txn, STORE_ZONES, bytes_of(key, len));
	store_settings_changed(txn);
}

bool zone_soa(struct store_txn *txn, const struct zone *zone, struct bytes *rdata, uint32_t *ttl)
{
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	if (!lookup_node(txn, zone, &zone->apex, &node) || !node_find(&node, DNS_TYPE_SOA, &rrset))
		return false;
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	if (!node_next_record(&in, &record)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	*rdata = record.rdata;
	*ttl = rrset.ttl;
	return true;
}

uint32_t zone_serial(struct store_txn *txn, const struct zone *zone)
{
	struct bytes rdata;
	uint32_t ttl;
	return zone_soa(txn, zone, &rdata, &ttl) ? dns_soa_serial(rdata) : 0;
}

size_t zone_key(uint8_t out[ZONE_KEY_MAX], const struct zone *zone, const struct dns_name *name)
{
	struct bytes_out key = bytes_out_of(out, 4);
	bytes_out_u32(&key, zone->id);
	return 4 + dns_name_key(out + 4, name, &zone->apex);
}
