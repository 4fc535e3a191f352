/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/removal_state.h"
#include "journal/index.h"
#include "journal/run.h"
#include "zonedb/delegation.h"
#include "zonedb/deleted_zone.h"
#include "zonedb/edit_state.h"
#include "zonedb/principal.h"
#include "zonedb/ptr.h"
#include "zonedb/record_window.h"
#include "zonedb/walk.h"
#include <stdlib.h>

static void removal_push(struct removal *removal, const struct change *change)
{
	if (removal->count == removal->room) {
		size_t room = removal->room ? removal->room * 2 : 64;
		struct change *changes =
			arena_alloc(&removal->arena, room * sizeof *removal->changes);
		if (removal->count)
			memcpy(changes, removal->changes, removal->count * sizeof *changes);
		removal->changes = changes;
		removal->room = room;
	}
	removal->changes[removal->count++] = *change;
	removal->bytes += EDIT_CHANGE_BYTES + change->name.len + change->rdata.len;
}

static void take_rrset(struct removal *removal, const struct dns_name *name,
		       const struct node *node, const struct node_rrset *rrset)
{
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	struct node_record record;
	while (node_next_record(&in, &record)) {
		struct bytes rdata = record.rdata;
		rdata.data = arena_copy(&removal->arena, rdata.data, rdata.len);
		struct change change = {
			.what = CHANGE_REMOVED,
			.name = *name,
			.type = rrset->type,
			.rdata = rdata,
			.was = {.ttl = rrset->ttl,
				.stamp = record.stamp,
				.class = record.class,
				.is_guest = record.is_guest,
				.lacks_ptr = record.lacks_ptr,
				.windows = record_window_get(removal->txn, record.window),
				.owner = principal_text(removal->txn, record.owner,
							&removal->arena)},
			.previous = node->seq,
		};
		removal_push(removal, &change);
	}
	if (in.bad)
		store_fail(removal->txn, STORE_CORRUPT);
}

void removal_take_names(struct removal *removal)
{
	struct walk walk;
	struct dns_name name;
	struct node node;
	walk_from_name(&walk, removal->txn, removal->zone,
		       removal->has_last ? &removal->last : &removal->zone->apex);
	while (removal->bytes < removal->bytes_max && walk_next(&walk, &name, &node)) {
		if (removal->has_last && dns_name_equal(&name, &removal->last))
			continue;
		struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
		struct node_rrset rrset;
		while (node_next_rrset(&in, &rrset))
			take_rrset(removal, &name, &node, &rrset);
		removal->last = name;
		removal->has_last = true;
	}
	walk_end(&walk);
}

void removal_leave_tombstones(struct removal *removal, uint64_t seq)
{
	uint8_t bytes[ZONE_KEY_MAX], tombstone[8];
	struct bytes_out out = bytes_out_of(tombstone, sizeof(tombstone));
	bytes_out_u64(&out, seq);
	for (size_t i = 0; i < removal->count; i++) {
		const struct dns_name *name = &removal->changes[i].name;
		if (i > 0 && dns_name_equal(name, &removal->changes[i - 1].name))
			continue;
		struct bytes key = bytes_of(bytes, zone_key(bytes, removal->zone, name));
		store_put(removal->txn, STORE_TOMBSTONES, key,
			  bytes_of(tombstone, sizeof(tombstone)));
	}
}

void removal_follow(struct removal *removal, const struct entry *entry)
{
	struct ptr_change change = {.zone = removal->zone,
				    .changes = removal->changes,
				    .count = removal->count,
				    .entry = entry,
				    .is_going = true};
	ptr_follow(removal->txn, &change, &removal->arena);
	delegation_follow(removal->txn, &change, &removal->arena);
}

uint64_t removal_records(struct store_txn *txn, const struct zone *zone, struct entry *as)
{
	struct removal removal = {.txn = txn, .zone = zone, .bytes_max = EDIT_ENTRY_BYTES};
	uint64_t records = 0;
	for (;;) {
		removal.changes = NULL;
		removal.count = removal.room = removal.bytes = 0;
		removal_take_names(&removal);
		if (removal.count == 0 || txn->error)
			break;
		struct entry entry = *as;
		entry.changes = removal.changes;
		entry.change_count = removal.count;
		removal_leave_tombstones(&removal, journal_append(txn, &entry, &removal.arena));
		removal_follow(&removal, &entry);
		as->rows = NULL; /* the first entry had them */
		as->row_count = 0;
		records += removal.count;
		arena_reset(&removal.arena);
	}
	arena_free(&removal.arena);
	return records;
}

/* The zone's first entry at or above `seq`: there is one. */
static uint64_t removal_first(const struct index_piece *piece, uint64_t seq)
{
	size_t i = 0;
	while (piece->seqs[i] < seq)
		i++;
	return piece->seqs[i];
}

void removal_end(struct store_txn *txn, const struct zone *zone, const struct entry *as)
{
	struct arena arena = {0};
	struct state_edit rows = state_edit_of(txn, &arena);
	struct run run = {0};
	struct deleted_zone deleted_zone = {.zone = *zone, .when = as->time_us / 1000000};
	struct entry entry = *as;
	struct index_piece piece;
	deleted_zone.zone.deleting = deleted_zone.zone.restored_from = 0;
	state_edit_take(&rows, as->rows, as->row_count);
	deleted_zone.first_seq = deleted_zone.last_seq = journal_next_seq(txn);
	/* Its run may have done something else before. */
	if (run_get(txn, as->run, &run) && run.first_seq &&
	    index_piece_from(txn, JOURNAL_CHANGES, zone->id, run.first_seq, &piece))
		deleted_zone.first_seq = removal_first(&piece, run.first_seq);
	/* What was not restored yet is in the entries of the deletion before. */
	if (zone->restored_from)
		deleted_zone.first_seq = zone->restored_from;
	deleted_zone_put(&rows, &deleted_zone);
	run_cancel_held(&rows, zone->id, "the zone was deleted");
	zone_delete(&rows, zone);
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(txn, &entry, &arena);
	arena_free(&arena);
}
