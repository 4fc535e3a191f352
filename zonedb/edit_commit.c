/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/serial.h"
#include "dns/rdata.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "journal/state_derived.h"
#include "zonedb/delegation.h"
#include "zonedb/due.h"
#include "zonedb/edit_state.h"
#include "zonedb/owned_names.h"
#include "zonedb/principal.h"
#include "zonedb/ptr.h"
#include "zonedb/renewal.h"
#include "zonedb/zone_owner.h"
#include <assert.h>

/* RFC 1982; 0 is left out, since some secondaries take it for "none". */
static uint32_t serial_next(uint32_t serial)
{
	return serial + 1 == 0 ? 1 : serial + 1;
}

static bool changes_data(const struct change *change)
{
	return change->what == CHANGE_ADDED || change->what == CHANGE_REMOVED ||
	       (change->what == CHANGE_ALTERED && change->was.ttl != change->is.ttl);
}

static bool edit_changes_data(const struct edit *edit)
{
	for (size_t i = 0; i < edit->change_count; i++) {
		if (changes_data(&edit->changes[i].change))
			return true;
	}
	return false;
}

static bool is_refresh_only(const struct edit *edit)
{
	for (size_t i = 0; i < edit->change_count; i++) {
		if (edit->changes[i].change.what != CHANGE_REFRESHED)
			return false;
	}
	return true;
}

static bool stored_serial(const struct edit_name *apex, uint32_t *serial)
{
	struct node_rrset rrset;
	struct node_record record;
	if (!apex->is_stored || !node_find(&apex->stored, DNS_TYPE_SOA, &rrset))
		return false;
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	if (!node_next_record(&in, &record))
		return false;
	*serial = dns_soa_serial(record.rdata);
	return true;
}

/* Puts the serial that the change leads to into the SOA of the apex's private copy. */
static void move_serial(struct edit *edit, struct edit_name *apex)
{
	bool has_before = stored_serial(apex, &edit->serial_before);
	edit->serial_after = edit->serial_before;
	struct edit_rrset *soa = edit_find(apex, DNS_TYPE_SOA);
	if (!soa || (has_before && (edit->keeps_serial || !edit_changes_data(edit))))
		return;
	struct edit_record *record = soa->records;
	uint32_t wanted = dns_soa_serial(record->rdata);
	edit->serial_after = wanted;
	if (!has_before || serial_is_ahead(wanted, edit->serial_before))
		return;
	edit->serial_after = serial_next(edit->serial_before);
	uint8_t *rdata = arena_copy(edit->arena, record->rdata.data, record->rdata.len);
	dns_soa_set_serial(rdata, record->rdata.len, edit->serial_after);
	record->rdata.data = rdata;
}

static bool stored_is_cut(const struct edit_name *name, bool is_apex)
{
	struct node_rrset rrset;
	return name->is_stored && (node_find(&name->stored, DNS_TYPE_DNAME, &rrset) ||
				   (!is_apex && node_find(&name->stored, DNS_TYPE_NS, &rrset)));
}

int edit_write_name(struct edit *edit, const struct edit_name *name, uint64_t seq)
{
	uint8_t bytes[ZONE_KEY_MAX];
	struct bytes key = bytes_of(bytes, zone_key(bytes, edit->zone, &name->name));
	struct node_client client =
		owned_names_move(edit->txn, edit->zone, name, edit->author.source, edit->arena);
	if (name->rrsets) {
		store_put(edit->txn, STORE_NODES, key,
			  edit_pack_node(name->rrsets, seq, &name->hint, &client, edit->arena));
		if (!name->is_stored && name->previous)
			store_del(edit->txn, STORE_TOMBSTONES, key);
	} else {
		uint8_t tombstone[8];
		struct bytes_out out = bytes_out_of(tombstone, sizeof(tombstone));
		bytes_out_u64(&out, seq);
		store_del(edit->txn, STORE_NODES, key);
		store_put(edit->txn, STORE_TOMBSTONES, key, bytes_of(tombstone, sizeof(tombstone)));
	}
	due_move(edit->txn, edit->zone, name);

	bool is_apex = dns_name_equal(&name->name, &edit->zone->apex);
	bool was_cut = stored_is_cut(name, is_apex), is_cut = edit_is_cut(name->rrsets, is_apex);
	if (is_cut && !was_cut)
		store_put(edit->txn, STORE_CUTS, key, bytes_of(NULL, 0));
	if (was_cut && !is_cut)
		store_del(edit->txn, STORE_CUTS, key);
	return (int)is_cut - (int)was_cut;
}

void edit_write_hint(struct edit *edit, const struct edit_name *name)
{
	uint8_t key[ZONE_KEY_MAX];
	struct bytes value;
	struct node node;
	size_t len = zone_key(key, edit->zone, &name->name);
	if (!store_get(edit->txn, STORE_NODES, bytes_of(key, len), &value))
		return;
	if (!node_open(&node, value)) {
		store_fail(edit->txn, STORE_CORRUPT);
		return;
	}
	size_t room = NODE_HEAD_LEN + NODE_HINT_LEN + NODE_CLIENT_LEN_MAX + node.rrsets.len;
	struct bytes_out out = bytes_out_of(arena_alloc(edit->arena, room), room);
	node_write_start(&out, node.seq, &name->hint, &node.client);
	bytes_out_put(&out, node.rrsets.data, node.rrsets.len);
	store_put(edit->txn, STORE_NODES, bytes_of(key, len),
		  bytes_of(out.start, bytes_out_len(&out)));
}

/* The stored number counts: an earlier job of the batch may have moved it too. */
void edit_count_cuts(struct edit *edit, int moved)
{
	uint32_t id = edit->zone->id;
	if (moved != 0)
		state_set_cuts(edit->txn, id,
			       (uint32_t)((int64_t)state_cuts(edit->txn, id) + moved));
}

/* The first change that goes into the next entry: a name's changes stay together. */
static size_t entry_end(const struct edit *edit, size_t start)
{
	size_t bytes = 0, i = start;
	for (; i < edit->change_count; i++) {
		const struct edit_change *at = &edit->changes[i];
		bool is_new_name = i > start && at->at != edit->changes[i - 1].at;
		if (is_new_name && bytes > EDIT_ENTRY_BYTES)
			break;
		bytes += EDIT_CHANGE_BYTES + at->change.name.len + at->change.rdata.len;
	}
	return i;
}

/* What the log gets: data and stamps as they are stored. */
static const struct change *settle_changes(struct edit *edit, size_t start, size_t end)
{
	struct change *changes = arena_alloc(edit->arena, (end - start) * sizeof(*changes));
	for (size_t i = start; i < end; i++) {
		struct change *change = &edit->changes[i].change;
		struct edit_record *record = edit->records[i];
		if (record) {
			record->stamp = change->is.stamp;
			record->window = edit->changes[i].is_window;
			change->rdata = record->rdata;
		}
		changes[i - start] = *change;
	}
	return changes;
}

/* The owners that the zone gets by the edit. */
static void note_zone_owners(struct edit *edit, size_t start, size_t end)
{
	uint32_t last = PRINCIPAL_ANONYMOUS;
	for (size_t i = start; i < end; i++) {
		const struct edit_change *at = &edit->changes[i];
		bool is_new = at->change.what == CHANGE_ADDED ||
			      (at->change.what == CHANGE_ALTERED && at->is_owner != at->was_owner);
		if (!is_new || at->is_owner == last)
			continue;
		zone_owner_put(edit->txn, edit->zone->id, at->is_owner);
		last = at->is_owner;
	}
}

/* One entry, and the names in it. */
static int commit_part(struct edit *edit, struct entry *entry, size_t start, size_t end)
{
	int cuts = 0;
	entry->has_zone = true;
	entry->zone_id = edit->zone->id;
	entry->zone = edit->zone->apex;
	entry->serial_before = start == 0 ? edit->serial_before : edit->serial_after;
	entry->serial_after = edit->serial_after;
	entry->changes = settle_changes(edit, start, end);
	entry->change_count = end - start;
	uint64_t seq = journal_append(edit->txn, entry, edit->arena);
	note_zone_owners(edit, start, end);
	for (size_t i = start; i < end; i++) {
		const struct edit_change *at = &edit->changes[i];
		renewal_follow(edit, entry, &at->change);
		if (renewal_is_refresh(entry, &at->change))
			zone_owner_refreshed(edit->txn, edit->zone->id, at->is_owner,
					     at->change.is.stamp);
	}
	for (size_t i = start; i < end; i++) {
		if (i == start || edit->changes[i].at != edit->changes[i - 1].at)
			cuts += edit_write_name(edit, edit->changes[i].at, seq);
	}
	return cuts;
}

/* Nothing moves in any index by it. */
static void edit_write_serial(struct edit *edit, const struct edit_name *apex)
{
	uint8_t bytes[ZONE_KEY_MAX];
	size_t len = zone_key(bytes, edit->zone, &apex->name);
	store_put(edit->txn, STORE_NODES, bytes_of(bytes, len),
		  edit_pack_node(apex->rrsets, apex->previous, &apex->hint, &apex->stored.client,
				 edit->arena));
}

/* The apex when nothing but the serial moved there: its own last change stays what it was. */
static void commit_apex(struct edit *edit, const struct edit_name *apex)
{
	if (edit->serial_after == edit->serial_before)
		return;
	for (size_t i = 0; i < edit->change_count; i++) {
		if (edit->changes[i].at == apex)
			return;
	}
	edit_write_serial(edit, apex);
}

/* What the server makes of the changes of others, in other zones. */
static void commit_follow(struct edit *edit, struct entry *entry)
{
	size_t first = 0;
	while (first < edit->change_count &&
	       !ptr_is_followed(edit->zone, &edit->changes[first].change) &&
	       !delegation_is_followed(edit->zone, &edit->changes[first].change))
		first++;
	if (first == edit->change_count || edit->takes_derived || edit->txn->error)
		return;
	size_t count = edit->change_count - first;
	struct change *changes = arena_alloc(edit->arena, count * sizeof *changes);
	for (size_t i = 0; i < count; i++)
		changes[i] = edit->changes[first + i].change;
	struct ptr_change change = {
		.zone = edit->zone, .changes = changes, .count = count, .entry = entry};
	entry->weight += ptr_follow(edit->txn, &change, edit->arena);
	entry->weight += delegation_follow(edit->txn, &change, edit->arena);
}

uint64_t edit_commit(struct edit *edit, struct entry *entry)
{
	size_t count;
	edit_diff(edit, &count);
	if (count == 0 || edit->txn->error)
		return 0;
	if (edit_eras(edit)->count) {
		edit->is_mending = true;
		edit->has_diff = false;
		edit_diff(edit, &count);
	}
	struct edit_name *apex = edit_see(edit, &edit->zone->apex);
	move_serial(edit, apex);
	if (entry->kind == ENTRY_UPDATE && is_refresh_only(edit))
		entry->kind = ENTRY_REFRESH;

	size_t end = entry_end(edit, 0);
	struct state_edit rows = state_edit_of(edit->txn, edit->arena);
	state_edit_take(&rows, entry->rows, entry->row_count);
	if (end < count && entry->run == 0)
		run_begin(&rows, RUN_OTHER, RUN_DONE, entry);
	struct entry later = *entry;
	later.rows = NULL;
	later.row_count = 0;
	int cuts = commit_part(edit, entry, 0, end);
	for (size_t start = end; start < count; start = end) {
		struct entry part = later;
		end = entry_end(edit, start);
		cuts += commit_part(edit, &part, start, end);
	}
	commit_apex(edit, apex);
	edit_count_cuts(edit, cuts);
	commit_follow(edit, entry);
	return edit->txn->error ? 0 : entry->seq;
}

uint32_t edit_serial_before(const struct edit *edit)
{
	return edit->serial_before;
}

uint32_t edit_serial_after(const struct edit *edit)
{
	return edit->serial_after;
}

/* The records of an RRset that are one set in a node: of signatures those that cover one type. */
struct pack_set {
	const struct edit_record *first, *end;
	uint16_t count;
	size_t len;
};

static struct pack_set pack_set_of(const struct edit_rrset *rrset, const struct edit_record *first)
{
	struct pack_set set = {.first = first};
	const struct edit_record *r = first;
	size_t count = 0;
	for (; r && dns_rdata_is_one_set(rrset->type, first->rdata, r->rdata); r = r->next) {
		set.len += NODE_RECORD_HEAD_LEN + r->rdata.len;
		count++;
	}
	assert(count > 0 && count <= UINT16_MAX);
	set.end = r;
	set.count = (uint16_t)count;
	return set;
}

static size_t measure_rrset(const struct edit_rrset *rrset)
{
	size_t len = 0;
	struct pack_set set = {0};
	for (const struct edit_record *r = rrset->records; r; r = set.end) {
		set = pack_set_of(rrset, r);
		len += NODE_RRSET_HEAD_LEN + set.len;
	}
	return len;
}

static void pack_rrset(struct bytes_out *out, const struct edit_rrset *rrset)
{
	struct pack_set set = {0};
	for (const struct edit_record *r = rrset->records; r; r = set.end) {
		set = pack_set_of(rrset, r);
		node_write_rrset(out, rrset->type, edit_ttl(rrset, r), set.count,
				 (uint32_t)set.len);
		for (; r != set.end; r = r->next) {
			struct node_record record = edit_record_as_stored(r);
			node_write_record(out, &record);
		}
	}
}

struct bytes edit_pack_node(const struct edit_rrset *rrsets, uint64_t seq,
			    const struct node_hint *hint, const struct node_client *client,
			    struct arena *arena)
{
	size_t len = NODE_HEAD_LEN;
	len += hint->at ? NODE_HINT_LEN : 0;
	len += client->len ? 1u + client->len : 0;
	for (const struct edit_rrset *s = rrsets; s; s = s->next)
		len += measure_rrset(s);
	struct bytes_out out = bytes_out_of(arena_alloc(arena, len), len);
	node_write_start(&out, seq, hint, client);
	for (const struct edit_rrset *s = rrsets; s; s = s->next)
		pack_rrset(&out, s);
	assert(!out.full && bytes_out_left(&out) == 0);
	return bytes_of(out.start, bytes_out_len(&out));
}

bool edit_is_cut(const struct edit_rrset *rrsets, bool is_apex)
{
	for (const struct edit_rrset *s = rrsets; s; s = s->next) {
		if (s->type == DNS_TYPE_DNAME || (s->type == DNS_TYPE_NS && !is_apex))
			return true;
	}
	return false;
}
