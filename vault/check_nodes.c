/* SPDX-License-Identifier: BSD-2-Clause */
/* Zones, principals and names: what each row says, and what others say of it. */
#include "dns/rdata.h"
#include "base/progress.h"
#include "journal/dynamic.h"
#include "vault/check_parts.h"
#include "zonedb/deleted_zone.h"
#include "zonedb/due.h"
#include "zonedb/dynamic_count.h"
#include "zonedb/principal.h"
#include "zonedb/record_window.h"
#include "zonedb/zone_owner.h"
#include <assert.h>
#include <stdlib.h>

/* --- zones */

static void check_nodes_add_zone(struct check *check, const struct zone *zone, bool is_dead)
{
	if (check->zone_count == check->zone_room) {
		check->zone_room = check->zone_room ? 2 * check->zone_room : 64;
		check->zones = realloc(check->zones, check->zone_room * sizeof *check->zones);
		assert(check->zones);
	}
	check->zones[check->zone_count++] = (struct check_zone){.zone = *zone, .is_dead = is_dead};
	check->counts->zones += !is_dead;
}

/* Row `d`: its key ends with a 00 and the id. */
static void take_deleted_zone(struct check *check, const struct store_row *row)
{
	struct dns_name root = dns_name_root(), apex;
	struct deleted_zone deleted_zone;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	bytes_in_u8(&in);
	size_t len = bytes_in_left(&in) < 5 ? 0 : bytes_in_left(&in) - 5;
	const uint8_t *key = bytes_in_take(&in, len);
	bytes_in_u8(&in);
	uint32_t id = bytes_in_u32(&in);
	bool is_there = !in.bad && id > 0 && dns_name_from_key(&apex, bytes_of(key, len), &root) &&
			deleted_zone_next(&check->txn, &apex, id - 1, &deleted_zone) &&
			deleted_zone.zone.id == id;
	check->txn.error = STORE_OK;
	if (is_there)
		check_nodes_add_zone(check, &deleted_zone.zone, true);
	else
		check_find(check, STORE_ZONES, row->key, "what is left of a zone makes no sense");
}

/* Rows `a` hold the settings, rows `i` lead from the id to the apex. */
static bool check_nodes_take_zone(void *context, const struct store_row *row)
{
	struct check *check = context;
	struct dns_name root = dns_name_root(), apex;
	struct zone zone;
	if (!row->is_whole)
		return true;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	uint8_t kind = bytes_in_u8(&in);
	if (kind == 'd') {
		take_deleted_zone(check, row);
		return true;
	}
	if (kind == 'i') {
		uint32_t id = bytes_in_u32(&in);
		bool is_there = !in.bad && zone_get_by_id(&check->txn, id, &zone) && zone.id == id;
		check->txn.error = STORE_OK;
		if (!is_there)
			check_find(check, STORE_ZONES, row->key, "leads to no zone of its id");
		return true;
	}
	struct bytes rest = bytes_of(in.at, bytes_in_left(&in));
	if (!dns_name_from_key(&apex, rest, &root) || !zone_get(&check->txn, &apex, &zone)) {
		check->txn.error = STORE_OK;
		check_find(check, STORE_ZONES, row->key, "a zone's settings make no sense");
		return true;
	}
	check_nodes_add_zone(check, &zone, false);
	return true;
}

static int by_id(const void *a, const void *b)
{
	const struct check_zone *x = a, *y = b;
	return x->zone.id < y->zone.id ? -1 : x->zone.id > y->zone.id;
}

static void check_nodes_find_zone(struct check *check, const struct check_zone *zone,
				  const char *what, bool is_repairable)
{
	char text[DNS_NAME_TEXT_MAX];
	report_find(check->report, &(struct finding){
					   .table = store_table_name(STORE_ZONES),
					   .zone = dns_name_show(&zone->zone.apex, text),
					   .what = what,
					   .is_repairable = is_repairable,
				   });
}

void check_zones(struct check *check)
{
	struct zone by_number;
	store_scan(&check->txn, STORE_ZONES, check_nodes_take_zone, check);
	if (check->zone_count)
		qsort(check->zones, check->zone_count, sizeof *check->zones, by_id);
	for (size_t i = 0; i < check->zone_count; i++) {
		const struct check_zone *zone = &check->zones[i];
		if (zone->is_dead)
			continue;
		bool leads = zone_get_by_id(&check->txn, zone->zone.id, &by_number) &&
			     dns_name_equal(&by_number.apex, &zone->zone.apex);
		check->txn.error = STORE_OK;
		if (!leads)
			check_nodes_find_zone(check, zone, "its id does not lead to it", true);
		if (i && check->zones[i - 1].zone.id == zone->zone.id)
			check_nodes_find_zone(check, zone, "has the id of another zone", false);
		if (zone->zone.id > store_number(&check->txn, "zone-last"))
			check_nodes_find_zone(check, zone, "its id will be given to another zone",
					      true);
	}
}

/* --- principals */

static void note_principal(struct check *check, uint32_t id)
{
	if (id >= check->principal_room) {
		size_t room = 2 * (size_t)id + 64;
		check->has_principal = realloc(check->has_principal, room);
		assert(check->has_principal);
		memset(check->has_principal + check->principal_room, 0,
		       room - check->principal_room);
		check->principal_room = room;
	}
	check->has_principal[id] = true;
}

/* Both rows of windows of records lead to each other. */
static bool take_windows(struct check *check, const struct store_row *row)
{
	struct record_windows windows;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	bool is_number = bytes_in_u8(&in) == 'w', is_right;
	uint16_t number, found;
	if (!is_number)
		in = bytes_in_of(row->value.data, row->value.len);
	number = bytes_in_u16(&in);
	windows = record_window_get(&check->txn, number);
	is_right = !check->txn.error && record_window_find(&check->txn, &windows, &found) &&
		   found == number;
	check->txn.error = STORE_OK;
	if (!is_right)
		report_find(
			check->report,
			&(struct finding){.table = store_table_name(STORE_PRINCIPALS),
					  .what = "windows of records do not lead to their number",
					  .is_repairable = true});
	return true;
}

static bool check_nodes_take_principal(void *context, const struct store_row *row)
{
	struct check *check = context;
	struct bytes_in in = bytes_in_of(row->key.data, row->key.len);
	const char *what = NULL;
	uint32_t found;
	uint8_t kind = bytes_in_u8(&in);
	bool is_id = kind == 'i';
	if (!row->is_whole)
		return true;
	if (kind == 'w' || kind == 'v')
		return take_windows(check, row);
	if (!is_id)
		in = bytes_in_of(row->value.data, row->value.len);
	uint32_t id = bytes_in_u32(&in);
	const char *text = principal_text(&check->txn, id, &check->arena);
	if (check->txn.error)
		what = "leads to no principal";
	else if (is_id && (!principal_find(&check->txn, text, &found) || found != id))
		what = "its text does not lead to it";
	else if (id > store_number(&check->txn, "principal-last"))
		what = "its id will be given to another principal";
	check->txn.error = STORE_OK;
	if (is_id && id <= UINT32_MAX / 4)
		note_principal(check, id);
	if (what) {
		const char *shown = is_id ? arena_text(&check->arena, text, strlen(text)) : NULL;
		report_find(check->report,
			    &(struct finding){.table = store_table_name(STORE_PRINCIPALS),
					      .name = shown,
					      .what = what,
					      .is_repairable = true});
	}
	arena_reset(&check->arena);
	return true;
}

void check_principals(struct check *check)
{
	note_principal(check, PRINCIPAL_ANONYMOUS);
	store_scan(&check->txn, STORE_PRINCIPALS, check_nodes_take_principal, check);
}

/* --- names */

/* NULL, or what is wrong with the records of a set. */
static const char *wrong_in_rrset(struct check *check, const struct node_rrset *rrset)
{
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	struct node_record record, last = {0};
	unsigned count = 0;
	while (node_next_record(&in, &record)) {
		if (record.owner >= check->principal_room || !check->has_principal[record.owner])
			return "a record's owner is unknown";
		record_window_get(&check->txn, record.window);
		if (check->txn.error) {
			check->txn.error = STORE_OK;
			return "a record's windows are unknown";
		}
		if (!dns_rdata_is_valid(rrset->type, record.rdata))
			return "a record's data makes no sense";
		if (count && dns_rdata_compare(rrset->type, last.rdata, record.rdata) >= 0)
			return "its records are out of order";
		last = record;
		count++;
	}
	check->counts->records += count;
	return in.bad || count == 0 || count != rrset->count ? "its records cannot be read" : NULL;
}

/* What the order of RRsets is by: the type, of signatures also the type that they cover. */
static unsigned rrset_place(const struct node_rrset *rrset)
{
	struct bytes_in in = bytes_in_of(rrset->records.data, rrset->records.len);
	struct node_record first;
	unsigned covered = 0;
	if (dns_type_is_signature(rrset->type) && node_next_record(&in, &first))
		covered = dns_rdata_covered(rrset->type, first.rdata);
	return (unsigned)rrset->type << 16 | covered;
}

static const char *wrong_in_node(struct check *check, const struct node *node)
{
	struct bytes_in in = bytes_in_of(node->rrsets.data, node->rrsets.len);
	struct node_rrset rrset;
	unsigned last = 0;
	const char *wrong = NULL;
	while (!wrong && node_next_rrset(&in, &rrset)) {
		unsigned place = rrset_place(&rrset);
		if (place <= last)
			return "its record types are out of order";
		last = place;
		wrong = wrong_in_rrset(check, &rrset);
	}
	if (!wrong && in.bad)
		wrong = "its records cannot be read";
	if (!wrong && node->seq > check->last_seq)
		wrong = "its last change is not in the log";
	return wrong;
}

static bool check_nodes_is_cut(const struct node *node, bool is_apex)
{
	struct node_rrset rrset;
	return node_find(node, DNS_TYPE_DNAME, &rrset) ||
	       (!is_apex && node_find(node, DNS_TYPE_NS, &rrset));
}

static void check_missing(struct check *check, enum store_table table, struct bytes key,
			  const char *what)
{
	struct bytes value;
	if (check_get(check, table, key, &value) == CHECK_ABSENT)
		check_find(check, table, key, what);
}

/* The owners of a name's records have a stake in its zone; nobody in particular has none. */
static void check_zone_owners(struct check *check, const struct check_zone *zone,
			      const struct node *node, struct bytes key)
{
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	while (node_walk_next(&walk, &record)) {
		bool has = record.owner == PRINCIPAL_ANONYMOUS ||
			   zone_owner_has(&check->txn, zone->zone.id, record.owner);
		bool is_damaged = check->txn.error == STORE_CORRUPT;
		check->txn.error = is_damaged ? STORE_OK : check->txn.error;
		if (!has && !is_damaged)
			check_find(check, STORE_ZONE_OWNERS, key, "an owner is missing in it");
	}
}

/* What can become stale is in the index. */
static void check_due(struct check *check, const struct check_zone *zone,
		      const struct dns_name *name, const struct node *node)
{
	uint8_t due[STORE_ROW_KEY_MAX];
	struct due_entry entry;
	for (int at = DUE_FIRST; due_next(node, at, &entry); at = entry.window) {
		size_t len = due_key(due, &zone->zone, &entry, name);
		if (len)
			check_missing(check, STORE_DUE, bytes_of(due, len),
				      "a name is missing in it");
	}
}

/* Derived PTR, and the index of addresses. */
static void check_ptr(struct check *check, const struct check_zone *zone,
		      const struct dns_name *name, const struct node *node, struct bytes key)
{
	bool is_index = false;
	const char *wrong = ptr_verify_node(&check->ptr, &zone->zone, name, node, &is_index);
	bool is_damaged = check->txn.error == STORE_CORRUPT;
	check->txn.error = is_damaged ? STORE_OK : check->txn.error;
	if (wrong && !is_damaged)
		check_find(check, is_index ? STORE_ADDRESSES : STORE_NODES, key, wrong);
}

/* What must stand in the indexes because of a node. */
static void check_nodes_check_beside(struct check *check, struct check_zone *zone,
				     const struct dns_name *name, const struct store_row *row)
{
	struct node node;
	struct bytes value;
	if (!node_open(&node, row->value))
		return;
	zone->dynamic += dynamic_count_of(&node);
	if (check->has_owned_names)
		check_owned_name(check, zone->zone.id, &node, row->key);
	if (check->has_zone_owners)
		check_zone_owners(check, zone, &node, row->key);
	if (check_nodes_is_cut(&node, dns_name_equal(name, &zone->zone.apex))) {
		zone->cuts++;
		check_missing(check, STORE_CUTS, row->key, "a delegation is missing in it");
	}
	check_due(check, zone, name, &node);
	check_ptr(check, zone, name, &node, row->key);
	if (check_get(check, STORE_TOMBSTONES, row->key, &value) == CHECK_THERE)
		check_find(check, STORE_TOMBSTONES, row->key,
			   "the name is there, and said to be gone");
}

/* The entry `seq` must have changed the name. Reads an entry once for the names that it changed
 * together. */
static bool is_changed_by(struct check *check, uint64_t seq, const struct dns_name *name)
{
	if (seq < check->first_seq || check->first_seq == 0)
		return true;
	if (check->entry.seq != seq) {
		arena_reset(&check->entry_arena);
		check->entry_at = 0;
		if (!journal_read(&check->txn, seq, &check->entry, &check->entry_arena)) {
			check->txn.error = STORE_OK;
			check->entry = (struct entry){0};
			/* Told by check_log. */
			return true;
		}
	}
	size_t count = check->entry.change_count;
	for (size_t i = 0; i < count; i++) {
		size_t at = (check->entry_at + i) % count;
		if (!dns_name_equal(&check->entry.changes[at].name, name))
			continue;
		check->entry_at = at;
		return true;
	}
	return false;
}

static bool take_node(void *context, const struct store_row *row)
{
	struct check *check = context;
	struct dns_name name;
	struct node node;
	if (!row->is_whole)
		return true;
	struct check_zone *zone = check_place(check, row->key, &name);
	if (zone && zone->is_dead)
		zone = NULL;
	const char *wrong = !zone                           ? "belongs to no zone"
			    : !node_open(&node, row->value) ? "its records cannot be read"
							    : wrong_in_node(check, &node);
	if (++check->counts->names % PROGRESS_ROWS == 0)
		progress_set(check->counts->names, 0, "names");
	if (!wrong && node.seq && !is_changed_by(check, node.seq, &name))
		wrong = "its last change is not that of the log";
	if (wrong)
		check_find(check, STORE_NODES, row->key, wrong);
	if (zone)
		check_nodes_check_beside(check, zone, &name, row);
	return true;
}

void check_nodes(struct check *check)
{
	check->has_zone_owners = store_number(&check->txn, "stakes-filled") != 0;
	check->has_owned_names = owned_names_are_kept(&check->txn);
	ptr_verify_begin(&check->ptr, &check->txn, &check->ptr_arena);
	store_scan(&check->txn, STORE_NODES, take_node, check);
	for (size_t i = 0; i < check->zone_count; i++) {
		const struct check_zone *zone = &check->zones[i];
		uint64_t count = zone->dynamic;
		if (zone->is_dead)
			continue;
		const char *wrong = ptr_verify_delegation(&check->ptr, &zone->zone);
		if (wrong)
			check_nodes_find_zone(check, zone, wrong, false);
		if (zone->cuts != zone->zone.cut_count)
			check_nodes_find_zone(check, zone, "its number of delegations is wrong",
					      true);
		if (dynamic_count(&check->txn, zone->zone.id, &count) && count != zone->dynamic)
			check_nodes_find_zone(check, zone, "its number of dynamic records is wrong",
					      true);
	}
}
