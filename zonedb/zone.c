/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/zone.h"
#include "zonedb/lookup.h"
#include "zonedb/ptr_index.h"
#include "zonedb/zone_setting.h"
#include "journal/journal.h"
#include "journal/state_derived.h"
#include "dns/rdata.h"
#include <assert.h>

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
		.max_records = ZONE_MAX_RECORDS_DEFAULT,
		.max_types = ZONE_MAX_TYPES_DEFAULT,
		.max_names = ZONE_MAX_NAMES_DEFAULT,
		.max_names_of_hosts = true,
		.max_name_bytes = ZONE_MAX_NAME_BYTES_DEFAULT,
		.max_share = ZONE_MAX_SHARE_DEFAULT,
	};
}

void zone_default_limits(struct zone *zone)
{
	struct zone fresh = zone_default(&zone->apex);
	if (zone->max_records == 0)
		zone->max_records = fresh.max_records;
	if (zone->max_names == 0) {
		zone->max_names = fresh.max_names;
		zone->max_names_of_hosts = fresh.max_names_of_hosts;
	}
}

static bool zone_ages(const struct zone *zone)
{
	return zone->is_aging && zone->update != ZONE_UPDATE_NONE && !zone->is_frozen &&
	       !zone->deleting;
}

void zone_arm(const struct zone *old, struct zone *new, uint64_t now, uint32_t longest)
{
	if (!zone_ages(old) && zone_ages(new))
		new->available_at = now + (longest > new->refresh ? longest : new->refresh);
}

static bool open_row(struct store_txn *txn, const struct dns_name *apex, struct bytes row,
		     struct zone *zone)
{
	struct zone read = zone_default(apex);
	if (!zone_unpack(&read, row)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	read.cut_count = state_cuts(txn, read.id);
	*zone = read;
	return true;
}

bool zone_get(struct store_txn *txn, const struct dns_name *apex, struct zone *zone)
{
	uint8_t key[STATE_KEY_MAX];
	struct bytes row;
	return state_get(txn, STATE_ZONE, state_key_apex(apex, key), &row) &&
	       open_row(txn, apex, row, zone);
}

bool zone_see(struct state_edit *rows, const struct dns_name *apex, struct zone *zone)
{
	uint8_t key[STATE_KEY_MAX];
	struct bytes row;
	return state_see(rows, STATE_ZONE, state_key_apex(apex, key), &row) &&
	       open_row(rows->txn, apex, row, zone);
}

bool zone_get_by_id(struct store_txn *txn, uint32_t id, struct zone *zone)
{
	struct dns_name apex;
	return state_zone_apex(txn, id, &apex) && zone_get(txn, &apex, zone);
}

static struct bytes zone_row_of(const struct zone *zone, struct arena *arena)
{
	struct state_row_writer row = {.arena = arena};
	assert(zone->id != 0);
	zone_pack(zone, &row);
	return state_row_end(&row);
}

static bool is_same_ptr(const struct zone *a, const struct zone *b)
{
	return a->makes_ptr == b->makes_ptr &&
	       (!a->makes_ptr || memcmp(a->ptr_from, b->ptr_from, sizeof a->ptr_from) == 0);
}

/* Whether a zone lies above or below. */
static bool has_relatives(struct store_txn *txn, const struct dns_name *apex)
{
	uint8_t buffer[STATE_KEY_MAX];
	struct state_walk walk;
	struct bytes key, row;
	bool has = false;
	for (unsigned labels = apex->labels; !has && labels > 1; labels--) {
		struct dns_name above = dns_name_last(apex, labels - 1);
		has = state_get(txn, STATE_ZONE, state_key_apex(&above, buffer), &row);
	}
	struct bytes own = state_key_apex(apex, buffer);
	state_walk_from(&walk, txn, STATE_ZONE, own);
	while (!has && state_walk_next(&walk, &key, &row))
		has = key.len > own.len;
	state_walk_end(&walk);
	return has;
}

/* Whether a zone is one in which records are derived from now on, and may not be so far. */
static bool is_opened(struct store_txn *txn, const struct zone *old, const struct zone *new)
{
	struct ptr_address address;
	if (new->deleting || new->is_frozen)
		return false;
	/* What is derived in a frozen zone may be of addresses that are gone. The delegation of a
	 * zone that comes at once is made with its NS. */
	if (old)
		return (old->deleting || old->is_frozen) &&
		       (dns_name_is_reverse(&new->apex) || has_relatives(txn, &new->apex));
	return dns_name_is_reverse(&new->apex) && ptr_index_next(txn, &new->apex, NULL, &address);
}

static void zone_put_as_it_is(struct state_edit *rows, const struct zone *zone)
{
	uint8_t key[STATE_KEY_MAX];
	state_put(rows, STATE_ZONE, state_key_apex(&zone->apex, key),
		  zone_row_of(zone, rows->arena));
}

/* A reverse zone comes: who may claim a name in it may have registered addresses before. */
static void open_forward_zones(struct state_edit *rows)
{
	struct dns_name apex, root = dns_name_root();
	struct state_walk walk;
	struct bytes key, row;
	bool makes_ptr;
	state_walk_from(&walk, rows->txn, STATE_ZONE, bytes_of(NULL, 0));
	while (state_walk_next(&walk, &key, &row)) {
		struct zone zone;
		if (!state_row_flag(row, "ptr", &makes_ptr) || !makes_ptr ||
		    !dns_name_from_key(&apex, key, &root) || !zone_see(rows, &apex, &zone))
			continue;
		zone.ptr_pending = journal_next_seq(rows->txn);
		zone_put_as_it_is(rows, &zone);
	}
	state_walk_end(&walk);
}

void zone_put(struct state_edit *rows, const struct zone *zone)
{
	struct zone old, new = *zone;
	bool is_there = zone_see(rows, &zone->apex, &old);
	new.ptr_pending = is_there ? old.ptr_pending : 0;
	if ((is_there && !is_same_ptr(&old, &new)) ||
	    is_opened(rows->txn, is_there ? &old : NULL, &new))
		new.ptr_pending = journal_next_seq(rows->txn);
	if (!is_there && dns_name_is_reverse(&zone->apex))
		open_forward_zones(rows);
	zone_put_as_it_is(rows, &new);
}

void zone_put_settled(struct state_edit *rows, const struct zone *zone)
{
	struct zone settled = *zone;
	settled.ptr_pending = 0;
	zone_put_as_it_is(rows, &settled);
}

void zone_create(struct state_edit *rows, struct zone *zone)
{
	struct zone there;
	assert(!zone_see(rows, &zone->apex, &there));
	zone->id = state_next_zone(rows->txn);
	zone_put(rows, zone);
}

void zone_settle(struct store_txn *txn, const struct zone *zone)
{
	uint8_t key[STATE_KEY_MAX];
	struct arena arena = {0};
	state_settle(txn, STATE_ZONE, state_key_apex(&zone->apex, key), zone_row_of(zone, &arena));
	arena_free(&arena);
}

void zone_put_rules(struct state_edit *rows, const struct zone *zone, struct bytes text)
{
	uint8_t key[STATE_KEY_MAX];
	char shown[DNS_NAME_TEXT_MAX];
	struct state_row_writer row = {.arena = rows->arena};
	state_row_put_text(&row, "zone", dns_name_show(&zone->apex, shown));
	state_row_put(&row, "text", text);
	state_put(rows, STATE_RULES, state_key_id(zone->id, key), state_row_end(&row));
}

/* Rows of a table that begin with the zone's number. */
static void del_rows(struct state_edit *rows, enum state_table table, const struct zone *zone)
{
	uint8_t buffer[STATE_KEY_MAX];
	struct state_walk walk;
	struct bytes key, row;
	state_walk_from(&walk, rows->txn, table, state_key_id(zone->id, buffer));
	while (state_walk_next(&walk, &key, &row))
		state_del(rows, table, key);
	state_walk_end(&walk);
}

void zone_delete(struct state_edit *rows, const struct zone *zone)
{
	uint8_t key[STATE_KEY_MAX];
	del_rows(rows, STATE_RULES, zone);
	del_rows(rows, STATE_RESERVATION, zone);
	del_rows(rows, STATE_NOTE, zone);
	state_del(rows, STATE_ZONE, state_key_apex(&zone->apex, key));
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
