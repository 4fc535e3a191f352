/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/due.h"
#include "zonedb/edit_state.h"
#include "zonedb/record_window.h"
#include "zonedb/ticket.h"

#define ZONE_LEN    4
#define WINDOW_LEN  2
#define STAMP_LEN   5
#define DUE_KEY_MAX (WINDOW_LEN + STAMP_LEN + ZONE_KEY_MAX)

_Static_assert(ZONE_LEN + WINDOW_LEN + STAMP_LEN == DUE_NAME_AT, "a key's parts");

struct due_key {
	uint8_t bytes[DUE_KEY_MAX];
	size_t len; /* 0: longer than a key may be */
};

static struct due_key due_key_of(const struct zone *zone, const struct due_entry *entry,
				 const struct dns_name *name)
{
	struct due_key key;
	uint8_t of_name[ZONE_KEY_MAX];
	size_t len = zone_key(of_name, zone, name);
	struct bytes_in in = bytes_in_of(of_name, len);
	struct bytes_out out = bytes_out_of(key.bytes, STORE_ROW_KEY_MAX);
	bytes_out_u32(&out, bytes_in_u32(&in));
	bytes_out_u16(&out, entry->window);
	bytes_out_number(&out, entry->stamp, STAMP_LEN);
	bytes_out_put(&out, in.at, bytes_in_left(&in));
	key.len = out.full ? 0 : bytes_out_len(&out);
	return key;
}

size_t due_key(uint8_t out[STORE_ROW_KEY_MAX], const struct zone *zone,
	       const struct due_entry *entry, const struct dns_name *name)
{
	struct due_key key = due_key_of(zone, entry, name);
	memcpy(out, key.bytes, key.len);
	return key.len;
}

/* What is looked for among the records of a name: the lowest class above `after`, and its oldest
 * stamp. */
struct due_search {
	int after;
	bool has;
	struct due_entry found;
};

static void search_record(struct due_search *search, const struct ticket_guarded *guarded,
			  uint16_t type, const struct node_record *record)
{
	struct ticket_age age = {record->stamp, record->window};
	if (record->class != RECORD_DYNAMIC ||
	    (ticket_may_be(type) && !ticket_ages(guarded, type, record, &age)) ||
	    (int)age.window <= search->after || (search->has && age.window > search->found.window))
		return;
	if (search->has && age.window == search->found.window && age.stamp >= search->found.stamp)
		return;
	search->found = (struct due_entry){age.window, age.stamp};
	search->has = true;
}

static bool search_end(const struct due_search *search, struct due_entry *entry)
{
	if (search->has)
		*entry = search->found;
	return search->has;
}

bool due_next_of(const struct edit_rrset *rrsets, int after, struct due_entry *entry)
{
	struct ticket_guarded guarded = {0};
	struct due_search search = {.after = after};
	for (const struct edit_rrset *s = rrsets; s; s = s->next) {
		for (const struct edit_record *r = s->records; r && ticket_guards(s->type);
		     r = r->next)
			ticket_guarded_add(&guarded, r->class, r->stamp, r->window);
	}
	for (const struct edit_rrset *s = rrsets; s; s = s->next) {
		for (const struct edit_record *r = s->records; r; r = r->next) {
			struct node_record record = edit_record_as_stored(r);
			search_record(&search, &guarded, s->type, &record);
		}
	}
	return search_end(&search, entry);
}

bool due_next(const struct node *node, int after, struct due_entry *entry)
{
	struct ticket_guarded guarded = ticket_guarded_in(node);
	struct due_search search = {.after = after};
	struct node_walk walk = node_walk_of(node);
	struct node_record record;
	while (node_walk_next(&walk, &record))
		search_record(&search, &guarded, walk.rrset.type, &record);
	return search_end(&search, entry);
}

static void due_put(struct store_txn *txn, const struct due_key *key)
{
	if (key->len)
		store_put(txn, STORE_DUE, bytes_of(key->bytes, key->len), bytes_of(NULL, 0));
}

static void due_del(struct store_txn *txn, const struct due_key *key)
{
	if (key->len)
		store_del(txn, STORE_DUE, bytes_of(key->bytes, key->len));
}

void due_move(struct store_txn *txn, const struct zone *zone, const struct edit_name *name)
{
	struct due_entry was, is;
	struct due_key key;
	bool had = name->is_stored && due_next(&name->stored, DUE_FIRST, &was);
	bool has = due_next_of(name->rrsets, DUE_FIRST, &is);
	while (had || has) {
		bool takes_was = had && (!has || was.window <= is.window);
		bool takes_is = has && (!had || is.window <= was.window);
		bool stays = takes_was && takes_is && was.stamp == is.stamp;
		if (takes_was && !stays) {
			key = due_key_of(zone, &was, &name->name);
			due_del(txn, &key);
		}
		if (takes_is && !stays) {
			key = due_key_of(zone, &is, &name->name);
			due_put(txn, &key);
		}
		if (takes_was)
			had = due_next(&name->stored, was.window, &was);
		if (takes_is)
			has = due_next_of(name->rrsets, is.window, &is);
	}
}

void due_add(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
	     const struct edit_rrset *rrsets)
{
	struct due_entry entry;
	for (int at = DUE_FIRST; due_next_of(rrsets, at, &entry); at = entry.window) {
		struct due_key key = due_key_of(zone, &entry, name);
		if (key.len)
			store_append(txn, STORE_DUE, bytes_of(key.bytes, key.len),
				     bytes_of(NULL, 0));
	}
}

uint64_t due_count(struct store_txn *txn, const struct zone *zone, uint64_t limit)
{
	struct store_walk walk;
	struct bytes key, nothing;
	struct due_key from = due_key_of(zone, &(struct due_entry){0}, &zone->apex);
	uint64_t count = 0;
	store_walk_from(&walk, txn, STORE_DUE, bytes_of(from.bytes, from.len), ZONE_LEN);
	while (count < limit && store_walk_next(&walk, &key, &nothing))
		count++;
	store_walk_end(&walk);
	return count;
}

bool due_class_after(struct store_txn *txn, const struct zone *zone, int after, uint16_t *window)
{
	struct bytes below, key;
	if (after == UINT16_MAX)
		return false;
	struct due_entry first = {.window = (uint16_t)(after + 1)};
	struct due_key from = due_key_of(zone, &first, &zone->apex);
	store_neighbours(txn, STORE_DUE, bytes_of(from.bytes, from.len), ZONE_LEN, &below, &key);
	if (!key.data)
		return false;
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_take(&in, ZONE_LEN);
	*window = bytes_in_u16(&in);
	return true;
}

uint32_t due_longest_refresh(struct store_txn *txn, const struct zone *zone)
{
	uint32_t longest = zone->refresh;
	uint16_t window;
	/* The zone's own class is known. */
	for (int at = 0; due_class_after(txn, zone, at, &window); at = window) {
		struct record_windows windows = record_window_get(txn, window);
		longest = windows.refresh > longest ? windows.refresh : longest;
	}
	return longest;
}

uint64_t due_before(struct store_txn *txn, const struct due_moment *moment, uint16_t window)
{
	struct record_windows windows = record_window_or(txn, window, moment->windows);
	uint64_t span = (uint64_t)windows.no_refresh + windows.refresh;
	return moment->when > span ? moment->when - span : 0;
}

bool due_is_met(struct store_txn *txn, const struct due_moment *moment,
		const struct due_entry *entry)
{
	uint64_t before = due_before(txn, moment, entry->window), stamp = entry->stamp;
	if (stamp < before)
		return true;
	return moment->eras && eras_next_left(moment->eras, before, &stamp) &&
	       stamp == entry->stamp;
}

/* Begins with the class of the key. */
static void walk_open(struct due_walk *walk, uint16_t window, const struct due_key *from)
{
	walk->window = window;
	walk->before = due_before(walk->txn, &walk->moment, window);
	store_walk_from(&walk->walk, walk->txn, STORE_DUE, bytes_of(from->bytes, from->len),
			ZONE_LEN + WINDOW_LEN);
	walk->is_open = true;
}

static void walk_close(struct due_walk *walk)
{
	if (walk->is_open)
		store_walk_end(&walk->walk);
	walk->is_open = false;
}

/* The next class that the zone has entries of. */
static bool walk_turn(struct due_walk *walk)
{
	struct due_entry first = {0};
	walk_close(walk);
	if (!due_class_after(walk->txn, walk->zone, walk->window, &first.window))
		return false;
	struct due_key from = due_key_of(walk->zone, &first, &walk->zone->apex);
	walk_open(walk, first.window, &from);
	return true;
}

void due_walk_from(struct due_walk *walk, struct store_txn *txn, const struct zone *zone,
		   const struct due_moment *moment)
{
	*walk = (struct due_walk){.txn = txn, .zone = zone, .moment = *moment, .window = DUE_FIRST};
}

void due_walk_after(struct due_walk *walk, struct store_txn *txn, const struct zone *zone,
		    const struct due_moment *moment, const struct due_place *place)
{
	struct due_key from = due_key_of(zone, &place->entry, &place->name);
	due_walk_from(walk, txn, zone, moment);
	/* The key behind a key is the same with a 00 at its end; what a key has no room for is
	 * longer than any key that is there. */
	if (from.len < STORE_ROW_KEY_MAX)
		from.bytes[from.len++] = 0;
	walk_open(walk, place->entry.window, &from);
}

static bool due_entry_read(struct due_walk *walk, struct bytes key, struct due_place *place)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_take(&in, ZONE_LEN);
	place->entry.window = bytes_in_u16(&in);
	place->entry.stamp = bytes_in_number(&in, STAMP_LEN);
	if (!in.bad &&
	    dns_name_from_key(&place->name, bytes_of(in.at, bytes_in_left(&in)), &walk->zone->apex))
		return true;
	store_fail(walk->txn, STORE_CORRUPT);
	return false;
}

/* Behind what is stale by its stamp: on to stamps that an era left behind. */
static bool due_walk_skip(struct due_walk *walk, const struct due_entry *entry)
{
	struct due_entry next = *entry;
	if (!walk->moment.eras || !eras_next_left(walk->moment.eras, walk->before, &next.stamp))
		return false;
	if (next.stamp == entry->stamp)
		return true;
	struct due_key from = due_key_of(walk->zone, &next, &walk->zone->apex);
	store_walk_end(&walk->walk);
	store_walk_from(&walk->walk, walk->txn, STORE_DUE, bytes_of(from.bytes, from.len),
			ZONE_LEN + WINDOW_LEN);
	return true;
}

/* The next entry of the class that is stale. */
static bool due_walk_step(struct due_walk *walk, struct due_place *place)
{
	struct bytes key, nothing;
	struct due_place found;
	while (walk->is_open && store_walk_next(&walk->walk, &key, &nothing)) {
		if (!due_entry_read(walk, key, &found))
			return false;
		if (due_is_met(walk->txn, &walk->moment, &found.entry)) {
			*place = found;
			return true;
		}
		if (!due_walk_skip(walk, &found.entry))
			return false;
	}
	return false;
}

bool due_walk_next(struct due_walk *walk, struct due_place *place)
{
	while (!due_walk_step(walk, place)) {
		if (walk->txn->error || !walk_turn(walk))
			return false;
	}
	return true;
}

void due_walk_end(struct due_walk *walk)
{
	walk_close(walk);
}
