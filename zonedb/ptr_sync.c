/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/ptr_sync.h"
#include "dns/type.h"
#include "journal/journal.h"
#include "journal/state_derived.h"
#include "zonedb/delegation.h"
#include "zonedb/edit.h"
#include "zonedb/lookup.h"
#include "zonedb/walk.h"
#include "zonedb/zone_setting.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

/* Names, and bytes of their records, that are read before some of it is written. */
#define BATCH_NAMES 64
#define BATCH_BYTES (32u << 10)
/* Rows of the index of which one is looked for that is of no record. */
#define ROWS_LOOKED_AT 2048

/* What a part works on. */
struct ptr_batch {
	struct ptr_sync *sync;
	struct store_txn *txn;
	const struct zone *zone;
	uint64_t now_us;
	struct arena arena; /* ends with the batch */
	struct dns_name names[BATCH_NAMES];
	struct node nodes[BATCH_NAMES];
	size_t count;
};

/* The first zone that has something to be done. */
static bool ptr_sync_find(struct store_txn *txn, struct zone *out)
{
	struct dns_name apex, root = dns_name_root();
	struct state_walk walk;
	struct bytes key, row;
	uint64_t seq;
	bool is_found = false;
	state_walk_from(&walk, txn, STATE_ZONE, bytes_of(NULL, 0));
	while (!is_found && state_walk_next(&walk, &key, &row)) {
		if (!state_row_number(row, "ptr-pending", &seq) || seq == 0 ||
		    !dns_name_from_key(&apex, key, &root))
			continue;
		struct zone zone = zone_default(&apex);
		is_found = zone_unpack(&zone, row) && !zone.deleting;
	}
	state_walk_end(&walk);
	return is_found && zone_get(txn, &apex, out);
}

/* The zone of the last part, if it is to go on with it, or the next. */
static bool ptr_sync_turn(struct ptr_sync *sync, struct store_txn *txn, struct zone *zone)
{
	if (sync->pending && zone_get(txn, &sync->apex, zone) && !zone->deleting &&
	    zone->ptr_pending == sync->pending)
		return true;
	sync->pending = 0;
	if (!ptr_sync_find(txn, zone))
		return false;
	sync->apex = zone->apex;
	sync->pending = zone->ptr_pending;
	sync->has_last = sync->is_in_nodes = sync->is_in_rows = false;
	sync->row_len = 0;
	sync->after.len = 0;
	sync->made = sync->removed = 0;
	return true;
}

/* Whether the names of a zone are looked at for this type. */
static bool ptr_sync_wants(const struct node *node, bool is_reverse)
{
	struct node_rrset rrset;
	return is_reverse ? node_find(node, DNS_TYPE_PTR, &rrset)
			  : node_find(node, DNS_TYPE_A, &rrset) ||
				    node_find(node, DNS_TYPE_AAAA, &rrset);
}

/* The next names, copied. False: there are none. */
static bool ptr_sync_read(struct ptr_batch *batch, bool is_reverse)
{
	struct ptr_sync *sync = batch->sync;
	struct walk walk;
	struct dns_name name;
	struct node node;
	size_t looked_at = 0, bytes = 0;
	batch->count = 0;
	walk_from_name(&walk, batch->txn, batch->zone,
		       sync->has_last ? &sync->last : &batch->zone->apex);
	while (batch->count < BATCH_NAMES && bytes < BATCH_BYTES && looked_at < 16 * BATCH_NAMES &&
	       walk_next(&walk, &name, &node)) {
		if (sync->has_last && dns_name_equal(&name, &sync->last))
			continue;
		looked_at++;
		bytes += node.rrsets.len;
		sync->last = name;
		sync->has_last = true;
		if (!ptr_sync_wants(&node, is_reverse))
			continue;
		node.rrsets.data = arena_copy(&batch->arena, node.rrsets.data, node.rrsets.len);
		batch->names[batch->count] = name;
		batch->nodes[batch->count++] = node;
	}
	walk_end(&walk);
	return looked_at > 0;
}

static struct ptr_work ptr_sync_work(struct ptr_batch *batch)
{
	return (struct ptr_work){.txn = batch->txn,
				 .arena = &batch->arena,
				 .time_us = batch->now_us,
				 .cause = batch->zone->ptr_pending};
}

static void ptr_sync_end_work(struct ptr_batch *batch, struct ptr_work *work)
{
	ptr_end(work);
	batch->sync->made += work->made;
	batch->sync->removed += work->removed;
}

/* --- a forward zone */

/* Of records that are not in the index, since they were registered before, or their owner had no
 * right then, the mark is set as if they were registered now. */
static void ptr_sync_mark(struct ptr_batch *batch)
{
	struct ptr_sync *sync = batch->sync;
	struct edit_author author = {.owner_text = "anonymous", .now = batch->now_us / 1000000};
	struct edit *edit = edit_open(batch->txn, batch->zone, &author, &batch->arena);
	struct zone all = *batch->zone;
	for (size_t i = 0; i < batch->count; i++) {
		struct node_walk walk = node_walk_of(&batch->nodes[i]);
		struct node_record record;
		while (node_walk_next(&walk, &record)) {
			struct node_record as = record;
			struct ptr_address address;
			as.lacks_ptr = false;
			if (!ptr_index_holds(&all, &batch->names[i], walk.rrset.type, &as) ||
			    !ptr_address_of(walk.rrset.type, record.rdata, &address) ||
			    ptr_index_has(batch->txn, &address, &batch->names[i], all.id,
					  walk.rrset.ttl))
				continue;
			as.lacks_ptr = !sync->may(sync->context, batch->txn, batch->zone,
						  &batch->names[i], walk.rrset.type, &record);
			if (as.lacks_ptr != record.lacks_ptr)
				edit_add_as(edit, &batch->names[i], walk.rrset.type, walk.rrset.ttl,
					    &as);
		}
	}
	struct entry entry = {.time_us = batch->now_us,
			      .kind = ENTRY_ADMIN,
			      .principal = PTR_PRINCIPAL,
			      .transport = ENTRY_LOCAL,
			      .cause = batch->zone->ptr_pending};
	edit_commit(edit, &entry);
}

/* Records are read again: their marks may have moved. */
static void ptr_sync_read_again(struct ptr_batch *batch, size_t i, struct node *node)
{
	if (!lookup_node(batch->txn, batch->zone, &batch->names[i], node)) {
		*node = (struct node){.seq = 0};
		return;
	}
	node->rrsets.data = arena_copy(&batch->arena, node->rrsets.data, node->rrsets.len);
}

/* Whether any zone has addresses of which PTR are derived. */
static bool ptr_sync_is_empty(struct store_txn *txn)
{
	struct store_walk walk;
	struct bytes key, value;
	store_walk_from(&walk, txn, STORE_ADDRESSES, bytes_of(NULL, 0), 0);
	bool is_empty = !store_walk_next(&walk, &key, &value);
	store_walk_end(&walk);
	return is_empty;
}

static bool ptr_sync_names(struct ptr_batch *batch)
{
	struct ptr_address address;
	struct node_record record;
	size_t moved = 0;
	if (!ptr_sync_read(batch, false))
		return false;
	if (batch->sync->may && batch->zone->makes_ptr)
		ptr_sync_mark(batch);
	struct ptr_work work = ptr_sync_work(batch);
	for (size_t i = 0; i < batch->count; i++) {
		struct node node;
		ptr_sync_read_again(batch, i, &node);
		ptr_index_set(batch->txn, batch->zone, &batch->names[i], &node, &moved);
		struct node_walk walk = node_walk_of(&node);
		while (node_walk_next(&walk, &record))
			if (ptr_address_of(walk.rrset.type, record.rdata, &address))
				ptr_settle(&work, &address);
	}
	ptr_sync_end_work(batch, &work);
	return true;
}

/* The next row of the index that is the zone's, and of no record of it: one that went while the
 * zone was not followed. False: there is none among so many rows. */
static bool ptr_sync_stale(struct ptr_batch *batch, unsigned rows, struct ptr_address *address)
{
	struct ptr_sync *sync = batch->sync;
	struct store_walk walk;
	struct bytes key, value;
	struct ptr_target target;
	bool is_stale = false, has_more = true;
	store_walk_from(&walk, batch->txn, STORE_ADDRESSES, bytes_of(sync->row, sync->row_len), 0);
	while (!is_stale && rows-- > 0 && (has_more = store_walk_next(&walk, &key, &value))) {
		memcpy(sync->row, key.data, key.len);
		sync->row_len = key.len;
		is_stale = ptr_index_read(key, value, address, &target) &&
			   target.zone_id == batch->zone->id &&
			   !ptr_index_is_of(batch->txn, batch->zone, address, &target);
	}
	store_walk_end(&walk);
	batch->sync->is_in_rows = has_more;
	return is_stale;
}

/* False: all rows were looked at. */
static bool ptr_sync_rows(struct ptr_batch *batch)
{
	struct ptr_address address;
	struct ptr_work work = ptr_sync_work(batch);
	while (ptr_sync_stale(batch, ROWS_LOOKED_AT, &address)) {
		store_del(batch->txn, STORE_ADDRESSES,
			  bytes_of(batch->sync->row, batch->sync->row_len));
		ptr_settle(&work, &address);
	}
	ptr_sync_end_work(batch, &work);
	return batch->sync->is_in_rows;
}

static bool ptr_sync_forward(struct ptr_batch *batch)
{
	if (!batch->zone->makes_ptr && ptr_sync_is_empty(batch->txn))
		return false;
	if (!batch->sync->is_in_rows && ptr_sync_names(batch))
		return true;
	batch->sync->is_in_rows = true;
	return ptr_sync_rows(batch);
}

/* --- a reverse zone */

static bool ptr_sync_addresses(struct ptr_batch *batch)
{
	struct ptr_sync *sync = batch->sync;
	struct ptr_work work = ptr_sync_work(batch);
	size_t count = 0;
	struct ptr_address address;
	while (count < BATCH_NAMES &&
	       ptr_index_next(batch->txn, &batch->zone->apex, sync->after.len ? &sync->after : NULL,
			      &address)) {
		ptr_settle(&work, &address);
		sync->after = address;
		count++;
	}
	ptr_sync_end_work(batch, &work);
	return count > 0;
}

/* PTR of addresses that are not in the index any more. */
static bool ptr_sync_nodes(struct ptr_batch *batch)
{
	struct ptr_address address;
	if (!ptr_sync_read(batch, true))
		return false;
	struct ptr_work work = ptr_sync_work(batch);
	for (size_t i = 0; i < batch->count; i++)
		if (ptr_address_of_name(&batch->names[i], &address))
			ptr_settle(&work, &address);
	ptr_sync_end_work(batch, &work);
	return true;
}

static bool ptr_sync_reverse(struct ptr_batch *batch)
{
	if (!batch->sync->is_in_nodes && ptr_sync_addresses(batch))
		return true;
	batch->sync->is_in_nodes = true;
	return ptr_sync_nodes(batch);
}

/* --- again */

/* The whole zone, at once. */
static void ptr_sync_index(struct store_txn *txn, const struct zone *zone)
{
	struct ptr_sync sync = {.pending = 0};
	struct ptr_batch *batch = calloc(1, sizeof *batch);
	size_t moved = 0;
	assert(batch);
	batch->sync = &sync;
	batch->txn = txn;
	batch->zone = zone;
	while (!txn->error && ptr_sync_read(batch, false)) {
		for (size_t i = 0; i < batch->count; i++)
			ptr_index_set(txn, zone, &batch->names[i], &batch->nodes[i], &moved);
		arena_reset(&batch->arena);
	}
	arena_free(&batch->arena);
	free(batch);
}

void ptr_sync_replay(struct store_txn *txn, const struct entry *entry)
{
	struct dns_name apex, root = dns_name_root();
	struct zone zone;
	uint64_t seq;
	for (size_t i = 0; i < entry->row_count; i++) {
		const struct state_change *row = &entry->rows[i];
		if (row->table == STATE_ZONE && row->has_old && row->has_new &&
		    state_row_number(row->old, "ptr-pending", &seq) && seq &&
		    !(state_row_number(row->new, "ptr-pending", &seq) && seq) &&
		    dns_name_from_key(&apex, row->key, &root) && zone_get(txn, &apex, &zone) &&
		    !dns_name_is_reverse(&apex))
			ptr_sync_index(txn, &zone);
	}
}

/* --- a part */

/* The delegation of the zone, and those in it. */
static void ptr_sync_delegations(struct ptr_batch *batch)
{
	struct ptr_work work = ptr_sync_work(batch);
	work.principal = DELEGATION_PRINCIPAL;
	delegation_settle(&work, &batch->zone->apex);
	delegation_settle_below(&work, &batch->zone->apex);
	delegation_settle_in(&work, batch->zone);
	ptr_end(&work);
}

static void ptr_sync_end(struct ptr_batch *batch)
{
	struct ptr_sync *sync = batch->sync;
	const struct zone *zone = batch->zone;
	ptr_sync_delegations(batch);
	struct state_edit rows = state_edit_of(batch->txn, &batch->arena);
	uint32_t serial = zone_serial(batch->txn, zone);
	zone_put_settled(&rows, zone);
	struct entry entry = {.time_us = batch->now_us,
			      .kind = ENTRY_SETTING,
			      .event = EVENT_ZONE_SETTING,
			      .principal = PTR_PRINCIPAL,
			      .transport = ENTRY_LOCAL,
			      .has_zone = true,
			      .zone_id = zone->id,
			      .zone = zone->apex,
			      .serial_before = serial,
			      .serial_after = serial,
			      .cause = zone->ptr_pending,
			      .subject = "ptr"};
	entry.reason =
		arena_print(&batch->arena, "derived PTR: %" PRIu64 " made, %" PRIu64 " removed",
			    sync->made, sync->removed);
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(batch->txn, &entry, &batch->arena);
	sync->all_made += sync->made;
	sync->all_removed += sync->removed;
	sync->pending = 0;
}

bool ptr_sync_part(struct ptr_sync *sync, struct store_txn *txn, uint64_t now_us,
		   struct writer_part *part)
{
	struct zone zone;
	if (state_ptr_pending(txn) == 0)
		return false;
	if (!ptr_sync_turn(sync, txn, &zone))
		return false;
	struct ptr_batch batch = {.sync = sync, .txn = txn, .zone = &zone, .now_us = now_us};
	bool is_reverse = dns_name_is_reverse(&zone.apex), has_more = true;
	while (has_more && !txn->error) {
		has_more = is_reverse ? ptr_sync_reverse(&batch) : ptr_sync_forward(&batch);
		arena_reset(&batch.arena);
		if (has_more && writer_part_is_over(part))
			break;
	}
	if (!has_more && !txn->error)
		ptr_sync_end(&batch);
	arena_free(&batch.arena);
	return !txn->error;
}
