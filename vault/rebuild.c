/* SPDX-License-Identifier: BSD-2-Clause */
#include "vault/rebuild.h"
#include "dns/type.h"
#include "journal/chain.h"
#include "journal/dynamic.h"
#include "journal/index.h"
#include "journal/run.h"
#include "journal/state_derived.h"
#include "vault/commits.h"
#include "zonedb/due.h"
#include "zonedb/dynamic_count.h"
#include "zonedb/owned_names.h"
#include "zonedb/principal.h"
#include "zonedb/ptr_index.h"
#include "zonedb/renewal.h"
#include "zonedb/reservation.h"
#include "zonedb/zone_owner.h"
#include <assert.h>
#include <stdlib.h>

struct rebuild {
	struct store_txn read; /* what was there when it began */
	struct commits batch;
	struct arena arena;
	struct zone zone; /* of the last name */
	bool has_zone;
	uint32_t cuts;
	uint64_t dynamic;
	uint32_t *buried; /* ids of zones that were deleted */
	size_t buried_count;
	enum journal_log log;     /* that is read */
	struct journal_link head; /* of it */
	uint64_t first_seq;       /* of the change log */
};

/* --- principals and zones */

/* The row that leads from the windows to their number. */
static void put_windows(struct rebuild *r, const struct store_row *row)
{
	uint8_t key[1 + 8], number[2];
	struct bytes_out out = bytes_out_of(key, sizeof key);
	bytes_out_u8(&out, 'v');
	bytes_out_put(&out, row->value.data, row->value.len);
	if (row->key.len != 1 + sizeof number || out.full)
		return;
	memcpy(number, row->key.data + 1, sizeof number);
	store_put(&r->batch.txn, STORE_PRINCIPALS, bytes_of(key, bytes_out_len(&out)),
		  bytes_of(number, sizeof number));
}

static bool put_principal(void *context, const struct store_row *row)
{
	struct rebuild *r = context;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	arena_reset(&r->arena);
	if (row->is_whole && bytes_in_u8(&in) == 'i') {
		uint32_t id = bytes_in_u32(&in);
		principal_put(&r->batch.txn, id,
			      arena_text(&r->arena, (const char *)row->value.data, row->value.len));
	}
	if (row->is_whole && row->key.len && row->key.data[0] == 'w')
		put_windows(r, row);
	return commits_step(&r->batch);
}

/* A deleted zone's key ends with the zone's id. */
static void rebuild_bury(struct rebuild *r, struct bytes key)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_take(&in, key.len - 4);
	r->buried = realloc(r->buried, (r->buried_count + 1) * sizeof *r->buried);
	assert(r->buried);
	r->buried[r->buried_count++] = bytes_in_u32(&in);
}

/* The row that leads from the id to the apex, and the highest id. */
static bool rebuild_put_zone(void *context, const struct store_row *row)
{
	struct rebuild *r = context;
	struct dns_name root = dns_name_root(), apex;
	struct zone zone;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint8_t kind = bytes_in_u8(&in);
	struct bytes rest = bytes_of(in.at, bytes_in_left(&in));
	if (row->is_whole && kind == 'd' && rest.len > 4)
		rebuild_bury(r, rest);
	if (!row->is_whole || kind != 'a' || !dns_name_from_key(&apex, rest, &root) ||
	    !zone_get(&r->read, &apex, &zone))
		return true;
	zone_settle(&r->batch.txn, &zone);
	state_set_cuts(&r->batch.txn, zone.id, 0);
	dynamic_forget(&r->batch.txn, zone.id);
	return commits_step(&r->batch);
}

/* --- names */

/* What was counted in the zone of the names so far. */
static void put_counts(struct rebuild *r)
{
	if (!r->has_zone)
		return;
	dynamic_set(&r->batch.txn, r->zone.id, r->dynamic);
	state_set_cuts(&r->batch.txn, r->zone.id, r->cuts);
}

/* The zone of a key. False: there is none. */
static bool turn_to(struct rebuild *r, uint32_t id)
{
	if (r->has_zone && r->zone.id == id)
		return true;
	put_counts(r);
	r->cuts = 0;
	r->dynamic = 0;
	r->has_zone = zone_get_by_id(&r->batch.txn, id, &r->zone);
	return r->has_zone;
}

static bool rebuild_is_cut(const struct node *node, bool is_apex)
{
	struct node_rrset rrset;
	return node_find(node, DNS_TYPE_DNAME, &rrset) ||
	       (!is_apex && node_find(node, DNS_TYPE_NS, &rrset));
}

static void put_zone_owners(struct rebuild *r, const struct node *node)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	while (node_walk_next(&walk, &record))
		zone_owner_put(&r->batch.txn, r->zone.id, record.owner);
}

/* Who a name is kept for has one too. */
static bool put_reserved(void *context, const struct store_row *row)
{
	struct rebuild *r = context;
	uint32_t id = state_key_zone(STATE_RESERVATION, row->key);
	if (row->is_whole)
		reservation_stake(&r->batch.txn, id, row->value);
	return commits_step(&r->batch);
}

static void put_due(struct rebuild *r, const struct dns_name *name, const struct node *node)
{
	struct due_entry entry;
	uint8_t due[STORE_ROW_KEY_MAX];
	for (int at = DUE_FIRST; due_next(node, at, &entry); at = entry.window) {
		size_t len = due_key(due, &r->zone, &entry, name);
		if (len)
			store_put(&r->batch.txn, STORE_DUE, bytes_of(due, len), bytes_of(NULL, 0));
	}
}

static bool rebuild_put_name(void *context, const struct store_row *row)
{
	struct rebuild *r = context;
	struct store_txn *txn = &r->batch.txn;
	struct dns_name name;
	struct node node;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint32_t id = bytes_in_u32(&in);
	struct bytes rest = bytes_of(in.at, bytes_in_left(&in));
	if (!row->is_whole || !turn_to(r, id) || !dns_name_from_key(&name, rest, &r->zone.apex) ||
	    !node_open(&node, row->value))
		return !txn->error;
	if (rebuild_is_cut(&node, dns_name_equal(&name, &r->zone.apex))) {
		r->cuts++;
		store_append(txn, STORE_CUTS, row->key, bytes_of(NULL, 0));
	}
	put_due(r, &name, &node);
	size_t moved = 0;
	if (r->zone.makes_ptr)
		ptr_index_set(txn, &r->zone, &name, &node, &moved);
	r->dynamic += dynamic_count_of(&node);
	put_zone_owners(r, &node);
	store_del(txn, STORE_TOMBSTONES, row->key);
	return commits_step(&r->batch);
}

static bool is_buried(const struct rebuild *r, uint32_t id)
{
	for (size_t i = 0; i < r->buried_count; i++) {
		if (r->buried[i] == id)
			return true;
	}
	return false;
}

/* A tombstone that nobody can have left: of no zone, no name, or behind the log. */
static bool rebuild_drop_tombstone(void *context, const struct store_row *row)
{
	struct rebuild *r = context;
	struct dns_name name;
	struct zone zone;
	struct bytes_in key = bytes_in_of(row->key.data, row->key.len);
	struct bytes_in value = bytes_in_of(row->value.data, row->value.len);
	uint32_t id = bytes_in_u32(&key);
	uint64_t seq = bytes_in_u64(&value);
	struct bytes rest = bytes_of(key.at, bytes_in_left(&key));
	bool is_right = row->is_whole && !value.bad && seq && seq < journal_next_seq(&r->batch.txn);
	if (is_right && zone_get_by_id(&r->batch.txn, id, &zone))
		is_right = dns_name_from_key(&name, rest, &zone.apex);
	else if (is_right)
		is_right = is_buried(r, id);
	if (!is_right)
		store_del(&r->batch.txn, STORE_TOMBSTONES, row->key);
	return commits_step(&r->batch);
}

/* --- the log */

/* The last change of a name that is gone: later entries overwrite it. */
static void put_tombstones(struct rebuild *r, const struct entry *entry)
{
	struct zone zone = {.id = entry->zone_id, .apex = entry->zone};
	uint8_t key[ZONE_KEY_MAX], tombstone[8];
	struct bytes_out out = bytes_out_of(tombstone, sizeof tombstone);
	bytes_out_u64(&out, entry->seq);
	for (size_t i = 0; i < entry->change_count; i++) {
		struct bytes at = bytes_of(key, zone_key(key, &zone, &entry->changes[i].name));
		if (!store_has(&r->batch.txn, STORE_NODES, at))
			store_put(&r->batch.txn, STORE_TOMBSTONES, at,
				  bytes_of(tombstone, sizeof tombstone));
	}
}

/* Who owned something in a zone that is there has a stake in it, also when it is gone. */
static void put_past_zone_owners(struct rebuild *r, const struct entry *entry)
{
	struct zone zone;
	uint32_t owner;
	if (!zone_get_by_id(&r->batch.txn, entry->zone_id, &zone))
		return;
	for (size_t i = 0; i < entry->change_count; i++) {
		const struct change *c = &entry->changes[i];
		if (c->what != CHANGE_REMOVED && c->is.owner &&
		    principal_find(&r->batch.txn, c->is.owner, &owner))
			zone_owner_put(&r->batch.txn, zone.id, owner);
		if (renewal_is_refresh(entry, c) && c->is.owner &&
		    principal_find(&r->batch.txn, c->is.owner, &owner))
			zone_owner_refreshed(&r->batch.txn, zone.id, owner, c->is.stamp);
	}
}

/* A zone was deleted here, and came back: no difference leads across that. */
static void forget_serials(struct rebuild *r, uint32_t zone_id)
{
	uint8_t prefix[4], at[8];
	struct bytes_out out = bytes_out_of(prefix, sizeof prefix);
	bytes_out_u32(&out, zone_id);
	for (bool is_there = true; is_there;) {
		struct store_walk walk;
		struct bytes key, value;
		store_walk_from(&walk, &r->batch.txn, STORE_LOG_SERIAL, bytes_of(prefix, 4), 4);
		is_there = store_walk_next(&walk, &key, &value) && key.len == sizeof at;
		if (is_there)
			memcpy(at, key.data, sizeof at);
		store_walk_end(&walk);
		if (is_there)
			store_del(&r->batch.txn, STORE_LOG_SERIAL, bytes_of(at, sizeof at));
	}
}

static void put_serial(struct rebuild *r, const struct entry *entry)
{
	struct zone zone;
	uint8_t key[8], value[8];
	struct bytes_out k = bytes_out_of(key, sizeof key), v = bytes_out_of(value, sizeof value);
	if (!entry->has_zone || entry->serial_before == entry->serial_after ||
	    !zone_get_by_id(&r->batch.txn, entry->zone_id, &zone))
		return;
	bytes_out_u32(&k, entry->zone_id);
	bytes_out_u32(&k, entry->serial_before);
	bytes_out_u64(&v, entry->seq);
	store_put(&r->batch.txn, STORE_LOG_SERIAL, bytes_of(key, sizeof key),
		  bytes_of(value, sizeof value));
}

/* What the log's head should be, were this the last entry. */
static void rebuild_follow(struct rebuild *r, uint64_t seq, struct bytes value)
{
	struct bytes packed;
	const uint8_t *digest;
	if (!journal_split(value, &packed, &digest))
		return;
	r->head.seq = seq;
	r->head.bytes += journal_weight(value.len);
	memcpy(r->head.digest, digest, DIGEST_LEN);
}

/* What began before the log does cannot be counted again, and stays as it is. */
static bool is_run_older(struct rebuild *r, uint64_t run)
{
	struct run_span span;
	return run_span(&r->read, run, &span) && span.first_seq < r->first_seq;
}

/* The highest number, and the zone's held and last run. */
static bool put_run(void *context, const struct store_row *row)
{
	struct rebuild *r = context;
	struct run run;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	if (row->is_whole && run_get(&r->read, bytes_in_u64(&in), &run))
		state_settle(&r->batch.txn, STATE_RUN, row->key, row->value);
	r->read.error = r->read.error == STORE_CORRUPT ? STORE_OK : r->read.error;
	return !r->read.error && commits_step(&r->batch);
}

static bool drop_span(void *context, const struct store_row *row)
{
	struct rebuild *r = context;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint64_t run = bytes_in_u64(&in);
	if (!row->is_whole || !store_has(&r->read, STORE_RUNS, row->key) || !is_run_older(r, run))
		store_del(&r->batch.txn, STORE_LOG_RUN, row->key);
	return commits_step(&r->batch);
}

static void put_span(struct rebuild *r, const struct entry *entry)
{
	bool is_older = is_run_older(r, entry->run);
	r->read.error = r->read.error == STORE_CORRUPT ? STORE_OK : r->read.error;
	if (!is_older)
		run_note(&r->batch.txn, entry);
}

static bool rebuild_put_entry(void *context, const struct store_row *row)
{
	struct rebuild *r = context;
	struct entry entry;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint64_t seq = bytes_in_u64(&in);
	arena_reset(&r->arena);
	if (!row->is_whole || !journal_log_read(&r->read, r->log, seq, &entry, &r->arena)) {
		r->read.error = r->read.error == STORE_CORRUPT ? STORE_OK : r->read.error;
		return !r->read.error;
	}
	rebuild_follow(r, seq, row->value);
	index_add(&r->batch.txn, &entry);
	if (r->log != JOURNAL_CHANGES)
		return commits_step(&r->batch);
	if (entry.has_zone && entry.event == EVENT_ZONE_DELETE)
		forget_serials(r, entry.zone_id);
	put_serial(r, &entry);
	put_span(r, &entry);
	if (entry.has_zone) {
		put_tombstones(r, &entry);
		put_past_zone_owners(r, &entry);
	}
	return commits_step(&r->batch);
}

/* A head that is lost, or behind the log, is that of the last entry. */
static void rebuild_put_head(struct rebuild *r)
{
	struct journal_link head = journal_log_head(&r->batch.txn, r->log);
	if (r->batch.txn.error || head.seq >= r->head.seq)
		return;
	journal_log_set_head(&r->batch.txn, r->log, &r->head);
}

static void rebuild_logs(struct rebuild *r)
{
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		r->log = (enum journal_log)log;
		r->head = (struct journal_link){.bytes = journal_log_base(&r->read, r->log).bytes};
		store_scan(&r->read, journal_log_tables(r->log).entries, rebuild_put_entry, r);
		rebuild_put_head(r);
	}
}

bool rebuild_indexes(struct store *store, struct report *report)
{
	struct rebuild *r = calloc(1, sizeof *r);
	if (!r)
		return report_fail(report, "there is no memory");
	commits_begin(&r->batch, store);
	store_read_begin(store, &r->read);
	r->first_seq = journal_base(&r->read).seq + 1;
	store_scan(&r->read, STORE_PRINCIPALS, put_principal, r);
	store_scan(&r->read, STORE_ZONES, rebuild_put_zone, r);
	store_scan(&r->read, STORE_NODES, rebuild_put_name, r);
	put_counts(r);
	store_scan(&r->read, STORE_RESERVED, put_reserved, r);
	store_scan(&r->read, STORE_TOMBSTONES, rebuild_drop_tombstone, r);
	store_scan(&r->read, STORE_RUNS, put_run, r);
	store_scan(&r->read, STORE_LOG_RUN, drop_span, r);
	rebuild_logs(r);
	owned_names_forget(&r->batch.txn);
	enum store_error read = r->read.error, error = commits_end(&r->batch);
	store_read_end(&r->read);
	arena_free(&r->arena);
	free(r->buried);
	free(r);
	if (!error)
		error = read;
	return !error ||
	       report_fail(report, "the indexes cannot be made: %s", store_error_text(error));
}
