/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "journal/history.h"
#include "journal/seq_set.h"
#include "zonedb/name_history.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include "zonedb/zone_at_state.h"

static uint32_t zone_at_name_owner_of(struct zone_at_owners *owners, const char *text)
{
	if (!text)
		return PRINCIPAL_ANONYMOUS;
	if (owners->last && strcmp(owners->last, text) == 0)
		return owners->last_id;
	uint32_t id = PRINCIPAL_ANONYMOUS;
	/* A text of the log has had an id since the entry was written. */
	if (!principal_find(owners->txn, text, &id))
		store_fail(owners->txn, STORE_CORRUPT);
	owners->last = arena_text(owners->arena, text, strlen(text));
	owners->last_id = id;
	return id;
}

static struct zone_at_record *zone_at_name_find(const struct zone_at_name *name, uint16_t type,
						struct bytes rdata)
{
	struct zone_at_record *record = name->records;
	while (record &&
	       (record->type != type ||
		(type != DNS_TYPE_SOA && dns_rdata_compare(type, record->rdata, rdata) != 0)))
		record = record->next;
	return record;
}

/* Whether what is known of the record is better than what this entry tells. */
static bool zone_at_name_is_known(const struct zone_at_record *record, const struct change *change,
				  uint64_t seq, bool is_back)
{
	/* An SOA goes and comes in one entry: what goes is what was. */
	if (record->seq == seq)
		return change->what == CHANGE_ADDED;
	return !is_back;
}

void zone_at_note(struct zone_at_name *name, const struct change *change, uint64_t seq,
		  bool is_back, struct zone_at_owners *owners)
{
	struct zone_at_record *record = zone_at_name_find(name, change->type, change->rdata);
	if (is_back || !name->records)
		name->seq = change->previous;
	if (record && zone_at_name_is_known(record, change, seq, is_back))
		return;
	if (!record) {
		record = arena_zero(owners->arena, sizeof(*record));
		record->next = name->records;
		name->records = record;
	}
	record->type = change->type;
	record->seq = seq;
	record->was_there = change->what != CHANGE_ADDED;
	record->rdata = change->rdata;
	if (!record->was_there)
		return;
	record->ttl = change->was.ttl;
	record->stamp = change->was.stamp;
	record->class = change->was.class;
	record->is_guest = change->was.is_guest;
	record->lacks_ptr = change->was.lacks_ptr;
	/* Windows of the log have had a number since the entry was written. */
	if (!record_window_find(owners->txn, &change->was.windows, &record->window))
		store_fail(owners->txn, STORE_CORRUPT);
	record->owner = zone_at_name_owner_of(owners, change->was.owner);
}

bool zone_at_serial(const struct entry *entry, const struct zone *zone, uint32_t *serial)
{
	if (entry->serial_before != entry->serial_after) {
		*serial = entry->serial_before;
		return true;
	}
	for (size_t i = 0; i < entry->change_count; i++) {
		const struct change *change = &entry->changes[i];
		if (change->type == DNS_TYPE_SOA && change->what == CHANGE_REMOVED &&
		    dns_name_equal(&change->name, &zone->apex)) {
			*serial = dns_soa_serial(change->rdata);
			return true;
		}
	}
	return false;
}

/* --- the node */

static struct edit_rrset *rrset_of(struct edit_rrset **rrsets, uint16_t type, struct arena *arena)
{
	struct edit_rrset **at = rrsets;
	while (*at && (*at)->type < type)
		at = &(*at)->next;
	if (*at && (*at)->type == type)
		return *at;
	struct edit_rrset *rrset = arena_zero(arena, sizeof(*rrset));
	rrset->type = type;
	rrset->next = *at;
	*at = rrset;
	return rrset;
}

static void zone_at_name_put(struct edit_rrset *rrset, const struct edit_record *from,
			     struct arena *arena)
{
	struct edit_record **at = &rrset->records;
	/* Mostly they come in order. */
	if (rrset->latest && dns_rdata_compare(rrset->type, rrset->latest->rdata, from->rdata) < 0)
		at = &rrset->latest->next;
	while (*at && dns_rdata_compare(rrset->type, (*at)->rdata, from->rdata) < 0)
		at = &(*at)->next;
	struct edit_record *record = arena_alloc(arena, sizeof(*record));
	*record = *from;
	record->next = *at;
	*at = record;
	rrset->latest = record;
}

static void put_stored(const struct zone_at_name *name, const struct node_rrset *stored,
		       struct edit_rrset **rrsets, struct arena *arena)
{
	struct bytes_in in = bytes_in_of(stored->records.data, stored->records.len);
	struct node_record record;
	while (node_next_record(&in, &record)) {
		if (name && zone_at_name_find(name, stored->type, record.rdata))
			continue;
		struct edit_rrset *rrset = rrset_of(rrsets, stored->type, arena);
		rrset->ttl = stored->ttl;
		zone_at_name_put(rrset,
				 &(struct edit_record){.rdata = record.rdata,
						       .owner = record.owner,
						       .ttl = stored->ttl,
						       .stamp = record.stamp,
						       .class = record.class,
						       .is_guest = record.is_guest,
						       .lacks_ptr = record.lacks_ptr,
						       .window = record.window},
				 arena);
	}
}

static void put_changed(const struct zone_at_name *name, struct edit_rrset **rrsets,
			struct arena *arena)
{
	for (const struct zone_at_record *r = name ? name->records : NULL; r; r = r->next) {
		if (!r->was_there)
			continue;
		struct edit_rrset *rrset = rrset_of(rrsets, r->type, arena);
		rrset->ttl = r->ttl;
		zone_at_name_put(rrset,
				 &(struct edit_record){.rdata = r->rdata,
						       .owner = r->owner,
						       .ttl = r->ttl,
						       .stamp = r->stamp,
						       .class = r->class,
						       .is_guest = r->is_guest,
						       .lacks_ptr = r->lacks_ptr,
						       .window = r->window},
				 arena);
	}
}

static void zone_at_name_set_serial(struct edit_rrset *rrsets, uint32_t serial, struct arena *arena)
{
	struct edit_rrset *soa = rrsets;
	while (soa && soa->type != DNS_TYPE_SOA)
		soa = soa->next;
	if (!soa)
		return;
	struct bytes *rdata = &soa->records->rdata;
	uint8_t *copy = arena_copy(arena, rdata->data, rdata->len);
	dns_soa_set_serial(copy, rdata->len, serial);
	rdata->data = copy;
}

bool zone_at_pack(const struct zone_at_name *name, const struct node *now, const uint32_t *serial,
		  struct arena *arena, struct node *node)
{
	static const struct node_hint no_hint;
	static const struct node_client nobody;
	struct edit_rrset *rrsets = NULL;
	struct node_rrset stored;
	struct bytes_in in =
		now ? bytes_in_of(now->rrsets.data, now->rrsets.len) : bytes_in_of("", 0);
	while (node_next_rrset(&in, &stored))
		put_stored(name, &stored, &rrsets, arena);
	put_changed(name, &rrsets, arena);
	if (!rrsets)
		return false;
	if (serial)
		zone_at_name_set_serial(rrsets, *serial, arena);
	uint64_t seq = name && name->records ? name->seq : now ? now->seq : 0;
	return node_open(node, edit_pack_node(rrsets, seq, &no_hint, &nobody, arena));
}

/* --- one name */

/* The serial then is what the first entry after it that moved it began with. */
static bool find_serial(struct store_txn *txn, const struct zone *zone, uint64_t seq,
			uint32_t *serial)
{
	struct arena arena = {0};
	struct entry entry;
	struct seq_set seqs = seq_set_of_zones(txn, &zone->id, 1);
	bool is_found = false;
	while (!is_found && seq_set_from(&seqs, seq + 1, &seq) &&
	       journal_read(txn, seq, &entry, &arena)) {
		is_found = zone_at_serial(&entry, zone, serial);
		arena_reset(&arena);
	}
	seq_set_end(&seqs);
	arena_free(&arena);
	return is_found;
}

static void walk_back(struct history *history, uint64_t seq, struct zone_at_name *name,
		      struct zone_at_owners *owners)
{
	while (history->next > seq && history_back(history)) {
		for (size_t i = 0; i < history->entry.change_count; i++) {
			struct change change = history->entry.changes[i];
			if (!dns_name_equal(&change.name, &history->name))
				continue;
			change.rdata.data =
				arena_copy(owners->arena, change.rdata.data, change.rdata.len);
			zone_at_note(name, &change, history->entry.seq, true, owners);
		}
	}
	/* Pruned in between: the caller should have looked how far the log reaches. */
	if (history->pruned)
		store_fail(history->txn, STORE_CORRUPT);
}

bool zone_at_node(struct store_txn *txn, const struct zone *zone, const struct dns_name *at,
		  uint64_t seq, struct arena *arena, struct node *node)
{
	uint8_t key[ZONE_KEY_MAX];
	struct zone_at_owners owners = {.txn = txn, .arena = arena};
	struct zone_at_name *name = arena_zero(arena, sizeof(*name));
	struct history history;
	struct bytes value;
	struct node now;
	uint32_t serial;
	history_start(&history, txn, at, name_history_head(txn, zone, at));
	walk_back(&history, seq, name, &owners);
	history_end(&history);
	bool is_here = store_get(txn, STORE_NODES, bytes_of(key, zone_key(key, zone, at)), &value);
	if (is_here && !node_open(&now, value)) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	bool is_apex = dns_name_equal(at, &zone->apex);
	bool has_serial = is_apex && find_serial(txn, zone, seq, &serial);
	return zone_at_pack(name, is_here ? &now : NULL, has_serial ? &serial : NULL, arena,
			    node) &&
	       !txn->error;
}

bool zone_at_has_zone(struct store_txn *txn, const struct zone *zone, uint64_t seq)
{
	struct arena arena = {0};
	struct node node;
	struct node_rrset soa;
	bool has = zone_at_node(txn, zone, &zone->apex, seq, &arena, &node) &&
		   node_find(&node, DNS_TYPE_SOA, &soa);
	arena_free(&arena);
	return has;
}
