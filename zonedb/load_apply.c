/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/serial.h"
#include "dns/rdata.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "journal/state_derived.h"
#include "zonedb/delegation.h"
#include "zonedb/due.h"
#include "zonedb/edit_state.h"
#include "zonedb/load_state.h"
#include "zonedb/owned_names.h"
#include "zonedb/principal.h"
#include "zonedb/ptr.h"
#include "zonedb/record_window.h"
#include "zonedb/zone_owner.h"
#include <assert.h>
#include <stdlib.h>

struct apply {
	struct load *load;
	struct store_txn *txn;
	struct zone *zone;
	const struct edit_author *author;
	struct entry entry; /* what each entry of the run begins as */
	struct load_result *result;
	struct arena *arena;    /* ends with each entry */
	struct arena run_arena; /* of the run's rows */
	uint8_t *soa;           /* the SOA as it will be compared and stored */
	uint32_t serial;        /* what it says */
	size_t soa_len;
	const char *owner; /* the last that was asked for, and its id */
	uint32_t owner_id;
	bool has_moved;           /* the serial, in an earlier part */
	struct names_tally tally; /* of a zone that holds nothing yet */
	size_t part_most;         /* bytes of the changes of an entry, about */
};

#define PART_BYTES (24u << 10) /* where several entries make a part of the writer's time */

/* A name that will be otherwise: records `start` to `end` (none: it goes). */
struct difference {
	struct difference *next;
	size_t start, end;
	const uint8_t *key;
	size_t key_len;
};

static struct bytes load_apply_rdata_of(const struct apply *apply, const struct load_record *record)
{
	if (record->type == DNS_TYPE_SOA)
		return bytes_of(apply->soa, apply->soa_len);
	return load_rdata(record);
}

/* What a record will carry; the author's, if the file says nothing. */
static struct node_record load_apply_state_of(struct apply *apply, const struct load_record *from)
{
	const struct edit_author *author = apply->author;
	if (!from->owner)
		return (struct node_record){.owner = author->owner,
					    .stamp = author->now,
					    .class = author->class,
					    .lacks_ptr = author->lacks_ptr,
					    .rdata = load_apply_rdata_of(apply, from)};
	if (apply->owner != from->owner) {
		apply->owner = from->owner;
		apply->owner_id = principal_intern(apply->txn, from->owner);
	}
	return (struct node_record){.owner = apply->owner_id,
				    .stamp = from->stamp,
				    .class = from->class,
				    .is_guest = from->is_guest,
				    .lacks_ptr = author->lacks_ptr || from->lacks_ptr,
				    .window = from->window,
				    .rdata = load_apply_rdata_of(apply, from)};
}

static struct dns_name load_apply_name_of(const struct apply *apply, struct bytes key)
{
	struct dns_name name = apply->zone->apex;
	if (!dns_name_from_key(&name, key, &apply->zone->apex))
		store_fail(apply->txn, STORE_CORRUPT);
	return name;
}

/* The loaded SOA; with the serial of the stored one, unless its own is ahead of that. */
static void settle_soa(struct apply *apply)
{
	struct load_record *record = apply->load->records[0];
	for (size_t i = 1; record->type != DNS_TYPE_SOA; i++) {
		assert(i < apply->load->count);
		record = apply->load->records[i];
	}
	struct bytes loaded = load_rdata(record), stored;
	uint32_t ttl;
	apply->soa = malloc(loaded.len);
	assert(apply->soa);
	memcpy(apply->soa, loaded.data, loaded.len);
	apply->soa_len = loaded.len;
	apply->serial = dns_soa_serial(loaded);
	if (!zone_soa(apply->txn, apply->zone, &stored, &ttl))
		return;
	uint32_t present = dns_soa_serial(stored);
	apply->result->serial_before = apply->result->serial_after = present;
	if (!serial_is_ahead(apply->serial, present))
		dns_soa_set_serial(apply->soa, apply->soa_len, present);
}

/* A zone that holds nothing yet. */

static struct edit_rrset *make_rrsets(struct apply *apply, size_t start, size_t end)
{
	struct edit_rrset *rrsets = NULL, **last_rrset = &rrsets, *rrset = NULL;
	struct edit_record **last = NULL;
	for (size_t i = start; i < end; i++) {
		const struct load_record *from = apply->load->records[i];
		if (!rrset || rrset->type != from->type) {
			rrset = arena_zero(apply->arena, sizeof(*rrset));
			rrset->type = from->type;
			rrset->ttl = from->ttl;
			*last_rrset = rrset;
			last_rrset = &rrset->next;
			last = &rrset->records;
		}
		struct edit_record *record = arena_zero(apply->arena, sizeof(*record));
		struct node_record state = load_apply_state_of(apply, from);
		record->rdata = state.rdata;
		record->ttl = from->ttl;
		edit_record_carry(record, &state);
		*last = record;
		last = &record->next;
	}
	return rrsets;
}

static void add_changes(struct apply *apply, const struct dns_name *name, size_t start, size_t end,
			struct change *changes)
{
	for (size_t i = start; i < end; i++) {
		const struct load_record *from = apply->load->records[i];
		struct change *change = changes + (i - start);
		change->what = CHANGE_ADDED;
		change->name = *name;
		change->type = from->type;
		struct node_record state = load_apply_state_of(apply, from);
		change->rdata = state.rdata;
		change->was = (struct record_state){.ttl = 0};
		change->is = (struct record_state){
			.ttl = from->ttl,
			.stamp = state.stamp,
			.class = state.class,
			.owner = from->owner ? from->owner : apply->author->owner_text,
			.is_guest = state.is_guest,
			.lacks_ptr = state.lacks_ptr,
			.windows = record_window_get(apply->txn, state.window)};
		change->previous = 0;
	}
}

static void append_name(struct apply *apply, const struct dns_name *name, uint64_t seq,
			const struct edit_rrset *rrsets)
{
	uint8_t bytes[ZONE_KEY_MAX];
	struct bytes key = bytes_of(bytes, zone_key(bytes, apply->zone, name));
	store_append(apply->txn, STORE_NODES, key,
		     edit_pack_node(rrsets, seq, &(struct node_hint){0}, &(struct node_client){0},
				    apply->arena));
	zone_owner_put_all(apply->txn, apply->zone->id, rrsets);
	names_tally_add_rrsets(&apply->tally, apply->zone->id, rrsets);
	if (edit_is_cut(rrsets, name->labels == apply->zone->apex.labels)) {
		store_append(apply->txn, STORE_CUTS, key, bytes_of(NULL, 0));
		apply->zone->cut_count++;
	}
	due_add(apply->txn, apply->zone, name, rrsets);
}

/* Where the records of one entry end: whole names. */
static size_t part_end(const struct load *load, size_t start, size_t most)
{
	size_t bytes = 0, at = start;
	while (at < load->count && bytes < most) {
		size_t end = load_name_end(load, at);
		for (; at < end; at++)
			bytes += EDIT_CHANGE_BYTES + load->records[at]->key_len +
				 load->records[at]->rdata_len;
	}
	return at;
}

/* Its first entry makes the run. */
static void load_apply_begin_run(struct apply *apply, enum run_state state)
{
	struct state_edit rows = state_edit_of(apply->txn, &apply->run_arena);
	/* It is a part of another run. */
	if (apply->entry.run)
		return;
	run_begin(&rows, RUN_IMPORT, state, &apply->entry);
}

static void load_apply_drop_run_rows(struct apply *apply)
{
	apply->entry.rows = NULL;
	apply->entry.row_count = 0;
}

static void append_part(struct apply *apply, size_t start, size_t end)
{
	struct change *changes = arena_alloc(apply->arena, (end - start) * sizeof(*changes));
	uint64_t seq = journal_next_seq(apply->txn);
	for (size_t at = start, next; at < end; at = next) {
		next = load_name_end(apply->load, at);
		struct dns_name name =
			load_apply_name_of(apply, load_key(apply->load->records[at]));
		add_changes(apply, &name, at, next, changes + (at - start));
		append_name(apply, &name, seq, make_rrsets(apply, at, next));
		apply->result->names++;
	}
	struct entry entry = apply->entry;
	entry.serial_before = start == 0 ? 0 : apply->serial;
	entry.serial_after = apply->serial;
	entry.changes = changes;
	entry.change_count = end - start;
	journal_append(apply->txn, &entry, apply->arena);
	load_apply_drop_run_rows(apply);
	assert(entry.seq == seq || apply->txn->error);
	if (apply->zone->makes_ptr && !apply->txn->error)
		ptr_follow(apply->txn,
			   &(struct ptr_change){.zone = apply->zone,
						.changes = changes,
						.count = end - start,
						.entry = &entry},
			   apply->arena);
	arena_reset(apply->arena);
}

/* The zone is whole: what follows from its apex may change it. */
static void apply_follow_apex(struct apply *apply)
{
	struct change ns = {.what = CHANGE_ADDED, .name = apply->zone->apex, .type = DNS_TYPE_NS};
	struct entry entry = {.time_us = apply->entry.time_us,
			      .seq = journal_next_seq(apply->txn) - 1};
	struct ptr_change change = {
		.zone = apply->zone, .changes = &ns, .count = 1, .entry = &entry};
	delegation_follow(apply->txn, &change, apply->arena);
}

static void apply_new(struct apply *apply)
{
	load_apply_begin_run(apply, RUN_DONE);
	apply->zone->cut_count = 0;
	for (size_t at = 0, end; at < apply->load->count && !apply->txn->error; at = end) {
		end = part_end(apply->load, at, apply->part_most);
		append_part(apply, at, end);
	}
	apply->result->added = apply->load->count;
	apply->result->serial_after = apply->serial;
	state_set_cuts(apply->txn, apply->zone->id, apply->zone->cut_count);
	names_tally_store(&apply->tally, apply->txn);
	names_tally_free(&apply->tally);
	if (!apply->txn->error)
		apply_follow_apex(apply);
}

/* A zone that holds something. */

static bool has_same_state(struct apply *apply, const struct node_record *stored,
			   const struct load_record *loaded)
{
	if (!loaded->owner)
		return true;
	struct node_record state = load_apply_state_of(apply, loaded);
	return state.owner == stored->owner && state.class == stored->class &&
	       state.stamp <= stored->stamp;
}

static bool is_as_loaded(struct apply *apply, const struct node_rrset *in,
			 const struct node_record *stored, const struct load_record *loaded)
{
	return in->type == loaded->type && in->ttl == loaded->ttl &&
	       dns_rdata_compare(in->type, stored->rdata, load_apply_rdata_of(apply, loaded)) ==
		       0 &&
	       has_same_state(apply, stored, loaded);
}

static bool is_same_node(struct apply *apply, struct bytes value, size_t start, size_t end)
{
	struct node node;
	struct node_record stored;
	if (!node_open(&node, value)) {
		store_fail(apply->txn, STORE_CORRUPT);
		return true;
	}
	size_t at = start;
	struct node_walk walk = node_walk_of(&node);
	while (node_walk_next(&walk, &stored)) {
		if (at == end ||
		    !is_as_loaded(apply, &walk.rrset, &stored, apply->load->records[at]))
			return false;
		at++;
	}
	return at == end;
}

static void push_difference(struct difference ***last, struct arena *arena, struct bytes key,
			    size_t start, size_t end)
{
	struct difference *difference = arena_alloc(arena, sizeof(*difference));
	*difference = (struct difference){.start = start,
					  .end = end,
					  .key = arena_copy(arena, key.data, key.len),
					  .key_len = key.len};
	**last = difference;
	*last = &difference->next;
}

/* Load and store side by side, both in order; nothing is written yet. */
static struct difference *find_differences(struct apply *apply, struct arena *arena)
{
	struct load *load = apply->load;
	struct difference *first = NULL, **last = &first;
	struct store_walk walk;
	struct bytes key, value, stored = {NULL, 0};
	uint8_t prefix[ZONE_KEY_MAX];
	size_t prefix_len = zone_key(prefix, apply->zone, &apply->zone->apex), at = 0;
	store_walk_from(&walk, apply->txn, STORE_NODES, bytes_of(prefix, prefix_len), prefix_len);
	bool has_stored = store_walk_next(&walk, &key, &value);
	while (has_stored || at < load->count) {
		if (has_stored) {
			struct bytes_in in = bytes_in_of(key.data, key.len);
			bytes_in_take(&in, prefix_len);
			stored = bytes_of(in.at, bytes_in_left(&in));
		}
		struct bytes loaded = at < load->count ? load_key(load->records[at]) : stored;
		size_t end = at < load->count ? load_name_end(load, at) : at;
		int order = !has_stored         ? 1
			    : at == load->count ? -1
						: bytes_compare(stored, loaded);
		if (order < 0)
			push_difference(&last, arena, stored, 0, 0);
		else if (order > 0 || !is_same_node(apply, value, at, end))
			push_difference(&last, arena, loaded, at, end);
		if (order >= 0)
			at = end;
		apply->result->names += order >= 0;
		if (order <= 0)
			has_stored = store_walk_next(&walk, &key, &value);
	}
	store_walk_end(&walk);
	return first;
}

static bool add_record(struct apply *apply, struct edit *edit, const struct edit_name *at,
		       const struct load_record *record)
{
	struct node_record stored, state = load_apply_state_of(apply, record);
	if (!record->owner)
		return edit_add(edit, &at->name, record->type, record->ttl, state.rdata);
	if (edit_find_stored(edit, at, record->type, state.rdata, &stored)) {
		/* A zone file does not say these. */
		state.is_guest = stored.is_guest;
		state.lacks_ptr = stored.lacks_ptr;
		state.window = stored.window;
		if (stored.stamp > state.stamp)
			state.stamp = stored.stamp;
	}
	return edit_add_as(edit, &at->name, record->type, record->ttl, &state);
}

static void edit_name(struct apply *apply, struct edit *edit, const struct difference *difference)
{
	struct dns_name name =
		load_apply_name_of(apply, bytes_of(difference->key, difference->key_len));
	const struct edit_name *at = edit_see(edit, &name);
	edit_remove_name(edit, &name);
	for (size_t i = difference->start; i < difference->end; i++) {
		bool fits = add_record(apply, edit, at, apply->load->records[i]);
		assert(fits); /* load_check saw to it */
	}
}

static void count_changes(struct apply *apply, struct edit *edit)
{
	size_t count;
	const struct edit_change *changes = edit_diff(edit, &count);
	for (size_t i = 0; i < count; i++) {
		apply->result->added += changes[i].change.what == CHANGE_ADDED;
		apply->result->removed +=
			changes[i].change.what == CHANGE_REMOVED && !edit_makes_room(&changes[i]);
		/* As load_plan says: a later stamp of the file's is a change of the record. */
		apply->result->altered += changes[i].change.what == CHANGE_ALTERED ||
					  changes[i].change.what == CHANGE_REFRESHED;
	}
}

/* As many names as make about one entry. The first part that changes data moves the serial, and
 * those behind it keep it. */
static const struct difference *apply_part(struct apply *apply, const struct difference *at)
{
	struct edit *edit = edit_open(apply->txn, apply->zone, apply->author, apply->arena);
	edit->is_load = true;
	edit->keeps_serial = apply->has_moved;
	for (size_t bytes = 0; at && bytes < apply->part_most; at = at->next) {
		edit_name(apply, edit, at);
		bytes += EDIT_CHANGE_BYTES + at->key_len;
		for (size_t i = at->start; i < at->end; i++)
			bytes += EDIT_CHANGE_BYTES + apply->load->records[i]->rdata_len;
	}
	count_changes(apply, edit);
	struct entry entry = apply->entry;
	if (edit_commit(edit, &entry) != 0) {
		load_apply_drop_run_rows(apply);
		apply->has_moved |= edit_serial_after(edit) != edit_serial_before(edit);
		apply->result->serial_after = edit_serial_after(edit);
	}
	arena_reset(apply->arena);
	return at;
}

static void apply_differences(struct apply *apply)
{
	struct arena arena = {0};
	const struct difference *at = find_differences(apply, &arena);
	if (at)
		load_apply_begin_run(apply, RUN_DONE);
	while (at && !apply->txn->error)
		at = apply_part(apply, at);
	arena_free(&arena);
	bool is_there = zone_get(apply->txn, &apply->zone->apex, apply->zone);
	assert(is_there || apply->txn->error);
}

/* No node, and no tombstone whose history would have to be gone on with. */
static bool load_apply_is_empty(struct apply *apply)
{
	uint8_t prefix[ZONE_KEY_MAX];
	struct bytes start = bytes_of(prefix, zone_key(prefix, apply->zone, &apply->zone->apex));
	struct bytes below, node, tombstone;
	store_neighbours(apply->txn, STORE_NODES, start, start.len, &below, &node);
	store_neighbours(apply->txn, STORE_TOMBSTONES, start, start.len, &below, &tombstone);
	return !node.data && !tombstone.data;
}

/* --- in parts */

static struct apply apply_of(struct load *load, struct store_txn *txn, struct zone *zone,
			     const struct edit_author *author, const struct entry *entry)
{
	struct apply apply = {.load = load,
			      .txn = txn,
			      .zone = zone,
			      .author = author,
			      .entry = *entry,
			      .part_most = EDIT_ENTRY_BYTES};
	apply.entry.kind = ENTRY_IMPORT;
	apply.entry.has_zone = true;
	apply.entry.zone_id = zone->id;
	apply.entry.zone = zone->apex;
	return apply;
}

static struct apply apply_part_of(struct load_parts *parts, struct store_txn *txn,
				  struct arena *arena)
{
	struct apply apply = apply_of(parts->load, txn, parts->zone, parts->author, parts->entry);
	apply.arena = arena;
	apply.result = &parts->result;
	apply.part_most = PART_BYTES;
	apply.entry.run = parts->place.run;
	parts->result.records = parts->load->count;
	settle_soa(&apply);
	return apply;
}

static void apply_part_end(struct apply *apply)
{
	free(apply->soa);
	arena_free(&apply->run_arena);
	arena_free(apply->arena);
}

void load_append_part(struct load_parts *parts, struct store_txn *txn, struct writer_part *time)
{
	struct arena arena = {0};
	struct load_place *place = &parts->place;
	struct apply apply = apply_part_of(parts, txn, &arena);
	parts->zone->cut_count = state_cuts(txn, parts->zone->id);
	while (place->at < parts->load->count && !txn->error) {
		size_t end = part_end(parts->load, place->at, apply.part_most);
		append_part(&apply, place->at, end);
		place->at = end;
		if (writer_part_is_over(time))
			break;
	}
	state_set_cuts(txn, parts->zone->id, parts->zone->cut_count);
	names_tally_store(&apply.tally, txn);
	names_tally_free(&apply.tally);
	parts->result.added = place->at;
	parts->result.serial_before = 0;
	parts->result.serial_after = apply.serial;
	place->is_done = place->at == parts->load->count;
	apply_part_end(&apply);
}

/* The stored name, if it is of the zone. */
static bool stored_next(struct store_walk *walk, size_t prefix_len, struct bytes *name,
			struct bytes *value)
{
	struct bytes key;
	if (!store_walk_next(walk, &key, value))
		return false;
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_take(&in, prefix_len);
	*name = bytes_of(in.at, bytes_in_left(&in));
	return true;
}

static size_t difference_bytes(const struct load *load, size_t start, size_t end)
{
	size_t bytes = EDIT_CHANGE_BYTES;
	for (; start < end; start++)
		bytes += EDIT_CHANGE_BYTES + load->records[start]->rdata_len;
	return bytes;
}

/* Load and store side by side behind the last name, as far as a part goes; the list is in the
 * arena. */
static struct difference *next_differences(struct apply *apply, struct load_place *place,
					   struct arena *arena, struct writer_part *time)
{
	struct load *load = apply->load;
	struct difference *first = NULL, **last = &first;
	struct store_walk walk;
	struct bytes stored, value;
	uint8_t key[ZONE_KEY_MAX];
	size_t prefix_len = zone_key(key, apply->zone, &apply->zone->apex), bytes = 0;
	memcpy(key + prefix_len, place->key, place->key_len);
	store_walk_from(&walk, apply->txn, STORE_NODES, bytes_of(key, prefix_len + place->key_len),
			prefix_len);
	bool has_stored = stored_next(&walk, prefix_len, &stored, &value);
	if (has_stored && bytes_equal(stored, bytes_of(place->key, place->key_len)))
		has_stored = stored_next(&walk, prefix_len, &stored, &value);
	while ((has_stored || place->at < load->count) && bytes < PART_BYTES &&
	       !writer_part_is_over(time)) {
		bool has_loaded = place->at < load->count;
		size_t start = place->at, end = has_loaded ? load_name_end(load, start) : start;
		struct bytes loaded = has_loaded ? load_key(load->records[start]) : stored;
		int order = !has_stored ? 1 : !has_loaded ? -1 : bytes_compare(stored, loaded);
		struct bytes name = order < 0 ? stored : loaded;
		size_t stop = order < 0 ? start : end;
		if (order != 0 || !is_same_node(apply, value, start, end)) {
			push_difference(&last, arena, name, start, stop);
			bytes += difference_bytes(load, start, stop);
		}
		place->key_len = name.len;
		memcpy(place->key, name.data, name.len);
		place->at = stop;
		apply->result->names += order >= 0;
		if (order <= 0)
			has_stored = stored_next(&walk, prefix_len, &stored, &value);
	}
	place->has_names = !has_stored && place->at == load->count;
	store_walk_end(&walk);
	return first;
}

/* The apex, if it differs: its SOA has the serial that the zone is to have. */
static struct difference *apex_difference(struct apply *apply, struct arena *arena)
{
	struct difference *first = NULL, **last = &first;
	uint8_t bytes[ZONE_KEY_MAX];
	struct bytes key = bytes_of(bytes, zone_key(bytes, apply->zone, &apply->zone->apex)), value;
	size_t end = load_name_end(apply->load, 0);
	apply->result->names++;
	if (!store_get(apply->txn, STORE_NODES, key, &value) || !is_same_node(apply, value, 0, end))
		push_difference(&last, arena, bytes_of(NULL, 0), 0, end);
	return first;
}

void load_apply_part(struct load_parts *parts, struct store_txn *txn, struct writer_part *time)
{
	struct arena arena = {0}, list = {0};
	struct load_place *place = &parts->place;
	uint32_t before = parts->result.serial_before, after = parts->result.serial_after;
	struct apply apply = apply_part_of(parts, txn, &arena);
	if (!place->has_begun) {
		place->has_begun = true;
		place->at = load_name_end(parts->load, 0);
		before = after = parts->result.serial_before;
	}
	parts->result.serial_before = before;
	parts->result.serial_after = after;
	bool is_apex = place->has_names;
	const struct difference *at = is_apex ? apex_difference(&apply, &list)
					      : next_differences(&apply, place, &list, time);
	if (at && !place->run)
		load_apply_begin_run(&apply, RUN_UNDER_WAY);
	place->run = apply.entry.run;
	while (at && !txn->error)
		at = apply_part(&apply, at);
	place->is_done = is_apex && !txn->error;
	apply_part_end(&apply);
	arena_free(&list);
}

void load_apply(struct load *load, struct store_txn *txn, struct zone *zone,
		const struct edit_author *author, const struct entry *entry,
		struct load_result *result)
{
	assert(load->is_sorted && load->count > 0);
	struct arena arena = {0};
	struct apply apply = apply_of(load, txn, zone, author, entry);
	apply.result = result;
	apply.arena = &arena;
	*result = (struct load_result){.records = load->count};
	settle_soa(&apply);
	if (load_apply_is_empty(&apply))
		apply_new(&apply);
	else
		apply_differences(&apply);
	free(apply.soa);
	arena_free(&apply.run_arena);
	arena_free(&arena);
}
