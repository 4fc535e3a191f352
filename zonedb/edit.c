/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/edit_state.h"
#include "dns/rdata.h"
#include "zonedb/ticket.h"
#include <assert.h>

/* What an RRset may take in a message: room is left for header, question, OPT and TSIG. */
#define RRSET_BYTES_MAX (65535u - 1024u)
/* A record in a message: compressed owner, type, class, TTL, length. */
#define RECORD_HEAD_BYTES 12u
/* Reading a name, and searching what is stored of it from its beginning: so many bytes are a step.
 */
#define STORED_STEP_BYTES 32u
/* What is stored of a name is sorted for searches if it has more bytes. */
#define STORED_BYTES_FEW 1024u
/* A list is searched from its beginning up to so many; longer ones are sorted. */
#define LIST_FEW 16u

static bool edit_name_is(const struct hash_link *link, const void *key)
{
	return dns_name_equal(&container_of(link, const struct edit_name, link)->name, key);
}

static size_t record_bytes(struct bytes rdata)
{
	return RECORD_HEAD_BYTES + rdata.len;
}

/* A stored record, for searches. */
struct stored_item {
	uint16_t type;
	struct node_record record;
};

/* What is stored at a name, in its order: by type, then canonical. */
struct edit_stored {
	struct stored_item *item; /* NULL: not read yet */
	size_t count;
};

/* --- lists as sorted arrays */

static void sorted_grow(struct edit *edit, struct edit_sorted *sorted)
{
	size_t room = sorted->room ? sorted->room * 2 : 4 * LIST_FEW;
	void **item = arena_alloc(edit->arena, room * sizeof *item);
	if (sorted->count > 0)
		memcpy(item, sorted->item, sorted->count * sizeof *item);
	sorted->item = item;
	sorted->room = room;
}

/* Nothing, where there is no array. */
static void sorted_put(struct edit *edit, struct edit_sorted *sorted, size_t at, void *item)
{
	if (!sorted->item)
		return;
	if (sorted->count == sorted->room)
		sorted_grow(edit, sorted);
	memmove(sorted->item + at + 1, sorted->item + at, (sorted->count - at) * sizeof(void *));
	sorted->item[at] = item;
	sorted->count++;
}

static void sorted_take(struct edit_sorted *sorted, size_t at)
{
	if (!sorted->item)
		return;
	sorted->count--;
	memmove(sorted->item + at, sorted->item + at + 1, (sorted->count - at) * sizeof(void *));
}

static void sorted_add(struct edit *edit, struct edit_sorted *sorted, void *item)
{
	if (sorted->count == sorted->room)
		sorted_grow(edit, sorted);
	sorted->item[sorted->count++] = item;
	edit->steps++;
}

static void edit_sort_records(struct edit *edit, struct edit_rrset *rrset)
{
	rrset->records_sorted = (struct edit_sorted){0};
	for (struct edit_record *record = rrset->records; record; record = record->next)
		sorted_add(edit, &rrset->records_sorted, record);
}

static void edit_sort_types(struct edit *edit, struct edit_name *name)
{
	name->types = (struct edit_sorted){0};
	for (struct edit_rrset *rrset = name->rrsets; rrset; rrset = rrset->next)
		sorted_add(edit, &name->types, rrset);
}

/* Where a record or an RRset is, or would be linked, and which of the array it is. */
struct record_place {
	struct edit_record **link;
	size_t number;
	bool is_there;
};

struct rrset_place {
	struct edit_rrset **link;
	size_t number;
};

static struct record_place halve_records(struct edit *edit, struct edit_rrset *rrset,
					 struct bytes rdata)
{
	struct edit_record **item = (struct edit_record **)rrset->records_sorted.item;
	size_t low = 0, high = rrset->records_sorted.count;
	struct record_place place = {0};
	while (low < high && !place.is_there) {
		size_t middle = low + (high - low) / 2;
		int order = dns_rdata_compare(rrset->type, item[middle]->rdata, rdata);
		edit->steps++;
		place.is_there = order == 0;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	place.number = high;
	place.link = high > 0 ? &item[high - 1]->next : &rrset->records;
	return place;
}

/* Records mostly come in order, so the latest is asked first. */
static struct record_place find_place(struct edit *edit, struct edit_rrset *rrset,
				      struct bytes rdata)
{
	struct edit_record **at = &rrset->records, *latest = rrset->latest;
	if (rrset->records_sorted.item)
		return halve_records(edit, rrset, rdata);
	if (latest && dns_rdata_compare(rrset->type, latest->rdata, rdata) < 0)
		at = &latest->next;
	for (unsigned passed = 0; *at; at = &(*at)->next) {
		edit->steps++;
		int order = dns_rdata_compare(rrset->type, (*at)->rdata, rdata);
		if (order >= 0)
			return (struct record_place){.link = at, .is_there = order == 0};
		if (++passed == LIST_FEW) {
			edit_sort_records(edit, rrset);
			return halve_records(edit, rrset, rdata);
		}
	}
	return (struct record_place){.link = at};
}

static struct rrset_place edit_halve_types(const struct edit_name *name, uint16_t type)
{
	struct edit_rrset **item = (struct edit_rrset **)name->types.item;
	size_t low = 0, high = name->types.count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (item[middle]->type < type)
			low = middle + 1;
		else
			high = middle;
	}
	return (struct rrset_place){low > 0 ? &item[low - 1]->next : NULL, low};
}

static struct rrset_place place_of_type(struct edit *edit, struct edit_name *name, uint16_t type)
{
	struct edit_rrset **at = &name->rrsets;
	unsigned passed = 0;
	while (!name->types.item && *at && (*at)->type < type) {
		at = &(*at)->next;
		edit->steps++;
		if (++passed == LIST_FEW)
			edit_sort_types(edit, name);
	}
	if (!name->types.item)
		return (struct rrset_place){.link = at};
	edit->steps++;
	struct rrset_place place = edit_halve_types(name, type);
	if (!place.link)
		place.link = &name->rrsets;
	return place;
}

/* --- names */

static void copy_records(struct edit *edit, struct edit_name *name, const struct node_rrset *stored,
			 struct edit_rrset *rrset)
{
	struct bytes_in in = bytes_in_of(stored->records.data, stored->records.len);
	struct edit_record **last = rrset->latest ? &rrset->latest->next : &rrset->records;
	struct node_record record;
	while (node_next_record(&in, &record)) {
		struct edit_record *copy = arena_zero(edit->arena, sizeof(*copy));
		copy->rdata = record.rdata;
		copy->ttl = stored->ttl;
		edit_record_carry(copy, &record);
		name->has_derived |= record.class == RECORD_DERIVED;
		rrset->bytes += record_bytes(record.rdata);
		rrset->count++;
		edit->steps += EDIT_STORED_STEPS;
		*last = copy;
		last = &copy->next;
		rrset->latest = copy;
	}
	if (in.bad)
		store_fail(edit->txn, STORE_CORRUPT);
}

static void copy_rrsets(struct edit *edit, struct edit_name *name)
{
	struct bytes_in in = bytes_in_of(name->stored.rrsets.data, name->stored.rrsets.len);
	struct edit_rrset **last = &name->rrsets, *rrset = NULL;
	struct node_rrset stored;
	unsigned types = 0;
	while (node_next_rrset(&in, &stored)) {
		if (!rrset || rrset->type != stored.type) {
			types++;
			rrset = arena_zero(edit->arena, sizeof(*rrset));
			rrset->type = stored.type;
			rrset->ttl = stored.ttl;
			*last = rrset;
			last = &rrset->next;
		}
		copy_records(edit, name, &stored, rrset);
	}
	if (in.bad)
		store_fail(edit->txn, STORE_CORRUPT);
	if (types > LIST_FEW)
		edit_sort_types(edit, name);
	if (name->stored.rrsets.len > STORED_BYTES_FEW)
		name->was = arena_zero(edit->arena, sizeof *name->was);
}

/* The value is copied: what lies in the map may move with the first put of the commit. */
static void edit_read_name(struct edit *edit, struct edit_name *name)
{
	uint8_t key[ZONE_KEY_MAX];
	size_t len = zone_key(key, edit->zone, &name->name);
	struct bytes value;
	if (store_get(edit->txn, STORE_NODES, bytes_of(key, len), &value)) {
		value.data = arena_copy(edit->arena, value.data, value.len);
		name->is_stored = node_open(&name->stored, value);
		edit->steps += value.len / STORED_STEP_BYTES;
		if (!name->is_stored)
			store_fail(edit->txn, STORE_CORRUPT);
		name->previous = name->stored.seq;
		name->hint = name->stored.hint;
		copy_rrsets(edit, name);
	} else if (store_get(edit->txn, STORE_TOMBSTONES, bytes_of(key, len), &value)) {
		struct bytes_in in = bytes_in_of(value.data, value.len);
		name->previous = bytes_in_u64(&in);
	}
}

static struct edit_rrset *make_rrset(struct edit *edit, struct edit_name *name, uint16_t type)
{
	struct rrset_place place = place_of_type(edit, name, type);
	if (*place.link && (*place.link)->type == type)
		return *place.link;
	struct edit_rrset *rrset = arena_zero(edit->arena, sizeof(*rrset));
	rrset->type = type;
	rrset->next = *place.link;
	*place.link = rrset;
	sorted_put(edit, &name->types, place.number, rrset);
	return rrset;
}

static void drop_rrset(struct edit *edit, struct edit_name *name, uint16_t type)
{
	struct rrset_place place = place_of_type(edit, name, type);
	if (!*place.link || (*place.link)->type != type)
		return;
	*place.link = (*place.link)->next;
	sorted_take(&name->types, place.number);
}

static void stored_read(struct edit *edit, const struct edit_name *name)
{
	struct edit_stored *was = name->was;
	struct node_walk walk = node_walk_of(&name->stored);
	size_t room = name->stored.rrsets.len / NODE_RECORD_HEAD_LEN;
	was->item = arena_alloc(edit->arena, (room + 1) * sizeof *was->item);
	while (was->count < room && node_walk_next(&walk, &was->item[was->count].record)) {
		was->item[was->count++].type = walk.rrset.type;
		edit->steps += EDIT_STORED_STEPS;
	}
}

static bool stored_halve(struct edit *edit, const struct edit_stored *was, uint16_t type,
			 struct bytes rdata, struct node_record *record)
{
	size_t low = 0, high = was->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct stored_item *item = &was->item[middle];
		int order = item->type == type ? dns_rdata_compare(type, item->record.rdata, rdata)
					       : (int)item->type - (int)type;
		edit->steps++;
		if (order == 0) {
			*record = item->record;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool edit_find_stored(struct edit *edit, const struct edit_name *name, uint16_t type,
		      struct bytes rdata, struct node_record *record)
{
	struct node_rrset rrset;
	if (name->was && !name->was->item)
		stored_read(edit, name);
	if (name->was)
		return stored_halve(edit, name->was, type, rdata, record);
	if (!name->is_stored)
		return false;
	edit->steps += name->stored.rrsets.len / STORED_STEP_BYTES;
	return node_find_record(&name->stored, type, rdata, &rrset, record);
}

/* Whether an edit leaves records of a class to the server. */
static bool is_left(const struct edit *edit, enum record_class class)
{
	return class == RECORD_DERIVED && !edit->takes_derived;
}

static void give_to_author(const struct edit *edit, struct edit_record *record)
{
	record->owner = edit->author.owner;
	record->stamp = edit->author.now;
	record->class = edit->author.class;
	record->lacks_ptr = edit->author.lacks_ptr;
}

/* A record that is added: as it was stored, if it was, else the author's. */
static struct edit_record *make_record(struct edit *edit, const struct edit_name *name,
				       uint16_t type, struct bytes rdata)
{
	struct edit_record *record = arena_zero(edit->arena, sizeof(*record));
	struct node_record stored;
	if (edit_find_stored(edit, name, type, rdata, &stored) && !is_left(edit, stored.class)) {
		record->rdata = stored.rdata;
		edit_record_carry(record, &stored);
		return record;
	}
	record->rdata = bytes_of(arena_copy(edit->arena, rdata.data, rdata.len), rdata.len);
	give_to_author(edit, record);
	return record;
}

/* What a record that is registered replaces of derived ones: those of its type; of a CNAME all. */
static void drop_derived(struct edit *edit, struct edit_name *name, uint16_t type)
{
	struct edit_rrset *rrset = name->rrsets, *next;
	for (; name->has_derived && rrset; rrset = next) {
		struct edit_record **at = &rrset->records;
		next = rrset->next;
		while (*at && (type == DNS_TYPE_CNAME || rrset->type == type)) {
			if ((*at)->class != RECORD_DERIVED) {
				at = &(*at)->next;
				continue;
			}
			rrset->bytes -= record_bytes((*at)->rdata);
			rrset->count--;
			rrset->latest = NULL;
			rrset->records_sorted.item = NULL;
			*at = (*at)->next;
		}
		if (!rrset->records)
			drop_rrset(edit, name, rrset->type);
	}
}

/* The record with this data, put in if it is not there. NULL: the RRset would be too large. */
static struct edit_record *edit_put_record(struct edit *edit, struct edit_name *name, uint16_t type,
					   struct bytes rdata, struct edit_rrset **in)
{
	bool replaces = dns_type_is_singleton(type);
	struct edit_rrset *rrset = edit_find(name, type);
	struct record_place place = {0};
	if (rrset)
		place = find_place(edit, rrset, rdata);
	bool is_there = place.is_there;
	struct edit_record *record = is_there ? *place.link : NULL;
	size_t others = replaces || !rrset ? 0 : rrset->bytes;
	if (!is_there && others + record_bytes(rdata) > RRSET_BYTES_MAX)
		return NULL;
	if (!rrset) {
		rrset = make_rrset(edit, name, type);
		place.link = &rrset->records;
	}
	if (!is_there)
		record = make_record(edit, name, type, rdata);
	if (replaces) {
		record->next = NULL;
		rrset->records = record;
		rrset->bytes = record_bytes(record->rdata);
		rrset->count = 1;
		rrset->records_sorted.item = NULL;
	} else if (!is_there) {
		record->next = *place.link;
		*place.link = record;
		sorted_put(edit, &rrset->records_sorted, place.number, record);
		rrset->bytes += record_bytes(record->rdata);
		rrset->count++;
	}
	if (is_there && is_left(edit, record->class))
		give_to_author(edit, record);
	rrset->latest = record;
	if (name->has_derived && !edit->takes_derived)
		drop_derived(edit, name, type);
	*in = rrset;
	edit->has_diff = false;
	return record;
}

struct edit *edit_open(struct store_txn *txn, const struct zone *zone,
		       const struct edit_author *author, struct arena *arena)
{
	struct edit *edit = arena_zero(arena, sizeof(*edit));
	edit->txn = txn;
	edit->zone = zone;
	edit->author = *author;
	edit->arena = arena;
	edit->last = &edit->first;
	edit->names.arena = arena;
	return edit;
}

struct edit_name *edit_see(struct edit *edit, const struct dns_name *name)
{
	uint64_t hash = dns_name_hash_secret(name);
	struct hash_link *link = hash_table_find(&edit->names, hash, edit_name_is, name);
	if (link)
		return container_of(link, struct edit_name, link);
	assert(dns_name_under(name, &edit->zone->apex));
	struct edit_name *seen = arena_zero(edit->arena, sizeof(*seen));
	seen->name = *name;
	edit_read_name(edit, seen);
	hash_table_put(&edit->names, &seen->link, hash);
	*edit->last = seen;
	edit->last = &seen->next;
	return seen;
}

struct edit_name *edit_see_cut(struct edit *edit, const struct dns_name *name)
{
	uint8_t key[ZONE_KEY_MAX];
	struct bytes nothing;
	if (!hash_table_find(&edit->names, dns_name_hash_secret(name), edit_name_is, name) &&
	    (edit->zone->cut_count == 0 ||
	     !store_get(edit->txn, STORE_CUTS, bytes_of(key, zone_key(key, edit->zone, name)),
			&nothing)))
		return NULL;
	struct edit_name *seen = edit_see(edit, name);
	bool is_apex = dns_name_equal(name, &edit->zone->apex);
	return edit_is_cut(seen->rrsets, is_apex) ? seen : NULL;
}

struct edit_rrset *edit_find(struct edit_name *name, uint16_t type)
{
	struct edit_rrset *rrset = name->rrsets;
	if (name->types.item) {
		size_t number = edit_halve_types(name, type).number;
		rrset = number < name->types.count ? name->types.item[number] : NULL;
	}
	while (rrset && rrset->type < type)
		rrset = rrset->next;
	return rrset && rrset->type == type ? rrset : NULL;
}

struct edit_record *edit_find_record(struct edit *edit, struct edit_name *name, uint16_t type,
				     struct bytes rdata)
{
	struct edit_rrset *rrset = edit_find(name, type);
	struct record_place place = {0};
	if (rrset)
		place = find_place(edit, rrset, rdata);
	return place.is_there ? *place.link : NULL;
}

void edit_set_lacks_ptr(struct edit *edit, struct edit_record *record, bool lacks_ptr)
{
	if (record->lacks_ptr == lacks_ptr)
		return;
	record->lacks_ptr = lacks_ptr;
	edit->has_diff = false;
}

uint32_t edit_ttl(const struct edit_rrset *rrset, const struct edit_record *record)
{
	return dns_type_is_signature(rrset->type) ? record->ttl : rrset->ttl;
}

bool edit_ttl_of(const struct edit_rrset *rrset, struct bytes rdata, uint32_t *ttl)
{
	const struct edit_record *is = rrset->records;
	while (is && !dns_rdata_is_one_set(rrset->type, is->rdata, rdata))
		is = is->next;
	if (is)
		*ttl = edit_ttl(rrset, is);
	return is != NULL;
}

void edit_set_ttl(struct edit_rrset *rrset, struct bytes rdata, uint32_t ttl)
{
	rrset->ttl = ttl;
	if (!dns_type_is_signature(rrset->type))
		return;
	for (struct edit_record *is = rrset->records; is; is = is->next)
		if (dns_rdata_is_one_set(rrset->type, is->rdata, rdata))
			is->ttl = ttl;
}

bool edit_add(struct edit *edit, const struct dns_name *name, uint16_t type, uint32_t ttl,
	      struct bytes rdata)
{
	struct edit_rrset *rrset;
	struct edit_record *record =
		edit_put_record(edit, edit_see(edit, name), type, rdata, &rrset);
	if (!record)
		return false;
	record->is_named = true;
	edit->steps += dns_type_is_signature(type) ? rrset->count : 0;
	edit_set_ttl(rrset, record->rdata, ttl);
	return true;
}

bool edit_add_as(struct edit *edit, const struct dns_name *name, uint16_t type, uint32_t ttl,
		 const struct node_record *as)
{
	struct edit_rrset *rrset;
	if (is_left(edit, as->class)) {
		edit_remove_record(edit, name, type, as->rdata);
		return true;
	}
	struct edit_record *record =
		edit_put_record(edit, edit_see(edit, name), type, as->rdata, &rrset);
	if (!record)
		return false;
	record->is_named = true;
	record->has_given_stamp = true;
	bool lacks_ptr = edit->author.lacks_ptr && record->lacks_ptr;
	edit_record_carry(record, as);
	record->lacks_ptr |= lacks_ptr;
	edit->steps += dns_type_is_signature(type) ? rrset->count : 0;
	edit_set_ttl(rrset, record->rdata, ttl);
	return true;
}

bool edit_remove_record(struct edit *edit, const struct dns_name *name, uint16_t type,
			struct bytes rdata)
{
	struct edit_name *seen = edit_see(edit, name);
	struct edit_rrset *rrset = edit_find(seen, type);
	struct record_place place = {0};
	if (rrset)
		place = find_place(edit, rrset, rdata);
	if (!place.is_there || is_left(edit, (*place.link)->class))
		return false;
	rrset->bytes -= record_bytes((*place.link)->rdata);
	rrset->count--;
	rrset->latest = NULL;
	*place.link = (*place.link)->next;
	sorted_take(&rrset->records_sorted, place.number);
	if (!rrset->records)
		drop_rrset(edit, seen, type);
	edit->has_diff = false;
	return true;
}

size_t edit_remove_but(struct edit *edit, const struct dns_name *name, uint16_t type,
		       bool (*keeps)(void *context, struct edit_record *), void *context)
{
	struct edit_name *seen = edit_see(edit, name);
	struct edit_rrset *rrset = edit_find(seen, type);
	struct edit_record **at = rrset ? &rrset->records : NULL;
	size_t kept = 0;
	while (at && *at) {
		struct edit_record *record = *at;
		edit->steps++;
		if (is_left(edit, record->class) || (keeps && keeps(context, record))) {
			kept++;
			at = &record->next;
			continue;
		}
		rrset->bytes -= record_bytes(record->rdata);
		rrset->count--;
		rrset->latest = NULL;
		rrset->records_sorted.item = NULL;
		*at = record->next;
		edit->has_diff = false;
	}
	if (rrset && !rrset->records)
		drop_rrset(edit, seen, type);
	return kept;
}

/* False: nothing was there but what is left. */
static bool remove_but_derived(struct edit *edit, struct edit_name *name, uint16_t type)
{
	size_t was = edit_find(name, type)->count;
	return edit_remove_but(edit, &name->name, type, NULL, NULL) < was;
}

bool edit_remove_rrset(struct edit *edit, const struct dns_name *name, uint16_t type)
{
	struct edit_name *seen = edit_see(edit, name);
	if (!edit_find(seen, type))
		return false;
	if (seen->has_derived && !edit->takes_derived)
		return remove_but_derived(edit, seen, type);
	drop_rrset(edit, seen, type);
	edit->has_diff = false;
	return true;
}

bool edit_remove_name(struct edit *edit, const struct dns_name *name)
{
	struct edit_name *seen = edit_see(edit, name);
	bool is_changed = false;
	if (!seen->rrsets)
		return false;
	if (seen->has_derived && !edit->takes_derived) {
		for (struct edit_rrset *s = seen->rrsets, *next; s; s = next) {
			next = s->next;
			is_changed |= remove_but_derived(edit, seen, s->type);
		}
		return is_changed;
	}
	seen->rrsets = NULL;
	seen->types.item = NULL;
	edit->has_diff = false;
	return true;
}

void edit_assert(struct edit *edit, const struct dns_name *name, uint16_t type)
{
	struct edit_rrset *rrset = edit_find(edit_see(edit, name), type);
	if (!rrset || rrset->is_asserted)
		return;
	for (struct edit_record *record = rrset->records; record; record = record->next)
		record->is_asserted = true;
	rrset->is_asserted = true;
	edit->has_diff = false;
}

void edit_let_refresh(struct edit *edit, edit_refresh_fn *ask, void *context)
{
	edit->lets_refresh = ask;
	edit->refresh_context = context;
	edit->has_diff = false;
}

void edit_let_window(struct edit *edit, edit_window_fn *ask, void *context)
{
	edit->window_of = ask;
	edit->window_context = context;
	edit->has_diff = false;
}

bool edit_adds_at(struct edit *edit, const struct dns_name *name)
{
	for (const struct edit_rrset *s = edit_see(edit, name)->rrsets; s; s = s->next) {
		for (const struct edit_record *record = s->records; record; record = record->next) {
			edit->steps++;
			if (record->is_named)
				return true;
		}
	}
	return false;
}

/* The same data, all of it tickets. */
static bool is_same_tickets(const struct edit_rrset *rrset, const struct node_rrset *stored)
{
	struct bytes_in in = bytes_in_of(stored->records.data, stored->records.len);
	struct node_record was;
	const struct edit_record *is = rrset->records;
	for (; is && node_next_record(&in, &was); is = is->next) {
		if (!ticket_is(rrset->type, is->rdata) ||
		    dns_rdata_compare(rrset->type, is->rdata, was.rdata) != 0)
			return false;
	}
	return !is && bytes_in_left(&in) == 0;
}

void edit_keep_ticket_ttls(struct edit *edit)
{
	struct node_rrset stored;
	for (struct edit_name *name = edit->first; name; name = name->next) {
		for (struct edit_rrset *s = name->rrsets; s && name->is_stored; s = s->next) {
			if (!ticket_is(s->type, s->records->rdata) ||
			    !node_find(&name->stored, s->type, &stored) || s->ttl == stored.ttl ||
			    !is_same_tickets(s, &stored))
				continue;
			s->ttl = stored.ttl;
			edit->has_diff = false;
		}
	}
}

size_t edit_steps(const struct edit *edit)
{
	return edit->steps + edit->diff_steps;
}
