/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/state.h"
#include "journal/state_derived.h"
#include "store/settings.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

/* Where a table lies in the store, and the byte before its keys; 0: none. */
struct place {
	enum store_table table;
	uint8_t mark;
	bool is_setting; /* what threads keep copies of (store/settings.h) */
	const char *name;
};

static const struct place places[STATE_TABLES] = {
	[STATE_ZONE] = {STORE_ZONES, 'a', true, "zone"},
	[STATE_DELETED_ZONE] = {STORE_ZONES, 'd', false, "deleted-zone"},
	[STATE_RULES] = {STORE_RULES, 0, true, "rules"},
	[STATE_RESERVATION] = {STORE_RESERVED, 0, false, "reservation"},
	[STATE_GROUP] = {STORE_GROUPS, 0, true, "group"},
	[STATE_KEY] = {STORE_KEYS, 0, true, "key"},
	[STATE_RUN] = {STORE_RUNS, 0, false, "run"},
	[STATE_SERVER] = {STORE_SERVER, 0, false, "server"},
	[STATE_NOTE] = {STORE_NOTES, 0, false, "note"},
};

static bool is_table(enum state_table table)
{
	return table > 0 && table < STATE_TABLES;
}

/* The key with its mark in front. */
static struct bytes stored_key(enum state_table table, struct bytes key,
			       uint8_t buffer[STATE_KEY_MAX])
{
	struct bytes_out out = bytes_out_of(buffer, STATE_KEY_MAX);
	assert(is_table(table));
	if (places[table].mark)
		bytes_out_u8(&out, places[table].mark);
	bytes_out_put(&out, key.data, key.len);
	assert(!out.full);
	return bytes_of(buffer, bytes_out_len(&out));
}

struct state_edit state_edit_of(struct store_txn *txn, struct arena *arena)
{
	return (struct state_edit){.txn = txn, .arena = arena};
}

static struct state_change *edit_find_row(struct state_edit *edit, enum state_table table,
					  struct bytes key)
{
	for (size_t i = 0; i < edit->count; i++) {
		struct state_change *change = &edit->changes[i];
		if (change->table == table && bytes_equal(change->key, key))
			return change;
	}
	return NULL;
}

static struct bytes copy_bytes(struct arena *arena, struct bytes from)
{
	return bytes_of(from.len ? arena_copy(arena, from.data, from.len) : NULL, from.len);
}

/* The change of this row, as yet none: what will be is what is stored. */
static struct state_change *edit_touch_row(struct state_edit *edit, enum state_table table,
					   struct bytes key)
{
	struct state_change *found = edit_find_row(edit, table, key);
	struct bytes row;
	if (found)
		return found;
	if (edit->count == edit->room) {
		size_t room = edit->room ? 2 * edit->room : 4;
		struct state_change *more = arena_alloc(edit->arena, room * sizeof(*more));
		if (edit->count)
			memcpy(more, edit->changes, edit->count * sizeof(*more));
		edit->changes = more;
		edit->room = room;
	}
	struct state_change *change = &edit->changes[edit->count++];
	*change = (struct state_change){.table = table, .key = copy_bytes(edit->arena, key)};
	if (state_get(edit->txn, table, key, &row)) {
		change->has_old = change->has_new = true;
		change->old = change->new = copy_bytes(edit->arena, row);
	}
	return change;
}

void state_put(struct state_edit *edit, enum state_table table, struct bytes key, struct bytes row)
{
	struct state_change *change = edit_touch_row(edit, table, key);
	change->has_new = true;
	change->new = copy_bytes(edit->arena, row);
}

bool state_del(struct state_edit *edit, enum state_table table, struct bytes key)
{
	struct state_change *change = edit_touch_row(edit, table, key);
	bool was = change->has_new;
	change->has_new = false;
	change->new = bytes_of(NULL, 0);
	return was;
}

bool state_see(struct state_edit *edit, enum state_table table, struct bytes key, struct bytes *row)
{
	const struct state_change *change = edit_find_row(edit, table, key);
	if (!change)
		return state_get(edit->txn, table, key, row);
	*row = change->new;
	return change->has_new;
}

void state_edit_take(struct state_edit *edit, const struct state_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (changes[i].has_new)
			state_put(edit, changes[i].table, changes[i].key, changes[i].new);
		else
			state_del(edit, changes[i].table, changes[i].key);
	}
}

static bool is_change(const struct state_change *change)
{
	return change->has_old != change->has_new ||
	       (change->has_new && !bytes_equal(change->old, change->new));
}

const struct state_change *state_edit_changes(struct state_edit *edit, size_t *count)
{
	size_t kept = 0;
	for (size_t i = 0; i < edit->count; i++) {
		if (is_change(&edit->changes[i]))
			edit->changes[kept++] = edit->changes[i];
	}
	*count = edit->count = kept;
	return edit->changes;
}

bool state_get(struct store_txn *txn, enum state_table table, struct bytes key, struct bytes *row)
{
	uint8_t buffer[STATE_KEY_MAX];
	if (!store_get(txn, places[table].table, stored_key(table, key, buffer), row))
		return false;
	if (state_row_is_whole(*row))
		return true;
	store_fail(txn, STORE_CORRUPT);
	return false;
}

/* How many of the last labels two names share. */
static unsigned state_shared_labels(const struct dns_name *a, const struct dns_name *b)
{
	unsigned n = a->labels < b->labels ? a->labels : b->labels;
	for (; n > 0; n--) {
		struct dns_name x = dns_name_last(a, n), y = dns_name_last(b, n);
		if (dns_name_equal(&x, &y))
			return n;
	}
	return 0;
}

bool state_zone_closest(struct store_txn *txn, const struct dns_name *name, unsigned *labels)
{
	uint8_t own[STATE_KEY_MAX], buffer[STORE_ROW_KEY_MAX];
	struct dns_name other, root = dns_name_root();
	unsigned n = *labels;
	while (n > 0 && !txn->error) {
		struct bytes below, above;
		struct dns_name at = dns_name_last(name, n);
		struct bytes key = stored_key(STATE_ZONE, state_key_apex(&at, own), buffer);
		store_neighbours(txn, STORE_ZONES, key, 1, &below, &above);
		if (above.data && bytes_equal(above, key)) {
			*labels = n;
			return true;
		}
		/* An apex above it lies at or before the row below, with which it shares its
		 * labels. */
		struct bytes_in in = bytes_in_of(below.data, below.len);
		bytes_in_u8(&in);
		if (!below.data ||
		    !dns_name_from_key(&other, bytes_of(in.at, bytes_in_left(&in)), &root))
			return false;
		n = state_shared_labels(&at, &other);
	}
	return false;
}

void state_walk_from(struct state_walk *walk, struct store_txn *txn, enum state_table table,
		     struct bytes prefix)
{
	uint8_t buffer[STATE_KEY_MAX];
	struct bytes from = stored_key(table, prefix, buffer);
	walk->table = table;
	store_walk_from(&walk->walk, txn, places[table].table, from, from.len);
}

void state_walk_above(struct state_walk *walk, struct store_txn *txn, enum state_table table,
		      struct bytes key)
{
	uint8_t buffer[STATE_KEY_MAX];
	walk->table = table;
	store_walk_from(&walk->walk, txn, places[table].table, stored_key(table, key, buffer),
			places[table].mark != 0);
}

bool state_walk_next(struct state_walk *walk, struct bytes *key, struct bytes *row)
{
	if (!store_walk_next(&walk->walk, key, row))
		return false;
	size_t mark = places[walk->table].mark != 0;
	*key = bytes_of(key->data + mark, key->len - mark);
	if (state_row_is_whole(*row))
		return true;
	store_fail(walk->walk.txn, STORE_CORRUPT);
	return false;
}

void state_walk_end(struct state_walk *walk)
{
	store_walk_end(&walk->walk);
}

bool state_check(struct store_txn *txn, const struct state_change *changes, size_t count,
		 size_t *wrong)
{
	struct bytes row;
	for (size_t i = 0; i < count; i++) {
		const struct state_change *change = &changes[i];
		if (change->is_stated)
			continue;
		bool is_there = state_get(txn, change->table, change->key, &row);
		if (is_there != change->has_old || (is_there && !bytes_equal(row, change->old))) {
			*wrong = i;
			return false;
		}
	}
	return true;
}

/* The rows of the server's that threads keep a copy of (acl/realm.h, journal/retention.h). */
static bool state_is_copied(const struct state_change *change)
{
	return change->table == STATE_SERVER &&
	       (bytes_equal(change->key, state_key_word("realms")) ||
		bytes_equal(change->key, state_key_word("retention")));
}

static void state_write_row(struct store_txn *txn, const struct state_change *change)
{
	uint8_t buffer[STATE_KEY_MAX];
	const struct place *place = &places[change->table];
	struct bytes key = stored_key(change->table, change->key, buffer);
	struct state_change whole = *change;
	if (change->is_stated)
		whole.has_old = state_get(txn, change->table, change->key, &whole.old);
	if (change->has_new)
		store_put(txn, place->table, key, change->new);
	else
		store_del(txn, place->table, key);
	whole.old = change->old; /* the stored one is gone */
	state_derive(txn, &whole);
	if (place->is_setting || state_is_copied(change))
		store_settings_changed(txn, (unsigned)change->table, change->key);
}

void state_write(struct store_txn *txn, const struct state_change *changes, size_t count,
		 bool removals)
{
	for (size_t i = 0; i < count; i++) {
		if (changes[i].has_new != removals)
			state_write_row(txn, &changes[i]);
	}
}

void state_settle(struct store_txn *txn, enum state_table table, struct bytes key, struct bytes row)
{
	struct state_change change = {
		.table = table, .key = key, .has_old = true, .has_new = true, .new = row};
	state_write_row(txn, &change);
}

bool state_of_stored(enum store_table stored_table, struct bytes stored, enum state_table *table,
		     struct bytes *key)
{
	for (unsigned t = STATE_ZONE; t < STATE_TABLES; t++) {
		const struct place *place = &places[t];
		struct bytes_in in = bytes_in_of(stored.data, stored.len);
		if (place->table != stored_table ||
		    (place->mark && bytes_in_u8(&in) != place->mark))
			continue;
		*table = (enum state_table)t;
		*key = bytes_of(in.at, bytes_in_left(&in));
		return true;
	}
	return false;
}

enum store_table state_stored_in(enum state_table table)
{
	assert(is_table(table));
	return places[table].table;
}

const char *state_table_name(enum state_table table)
{
	return is_table(table) ? places[table].name : NULL;
}

uint32_t state_key_zone(enum state_table table, struct bytes key)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	switch (table) {
	case STATE_RULES:
	case STATE_RESERVATION:
	case STATE_NOTE:
		return bytes_in_u32(&in);
	default:
		return 0;
	}
}

static char *print_name(struct bytes key, const struct dns_name *apex, char out[STATE_KEY_TEXT_MAX])
{
	struct dns_name name;
	if (dns_name_from_key(&name, key, apex))
		return dns_name_show(&name, out);
	snprintf(out, STATE_KEY_TEXT_MAX, "?");
	return out;
}

/* Keys that begin with a zone's number: a name in the zone, or nothing, follows. */
static char *print_in_zone(struct bytes key, const struct dns_name *apex, bool has_name,
			   char out[STATE_KEY_TEXT_MAX])
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	struct dns_name root = dns_name_root();
	uint32_t id = bytes_in_u32(&in);
	if (has_name)
		return print_name(bytes_of(in.at, bytes_in_left(&in)), apex ? apex : &root, out);
	if (apex)
		return dns_name_show(apex, out);
	snprintf(out, STATE_KEY_TEXT_MAX, "%" PRIu32, id);
	return out;
}

/* An apex, 00, a number. */
static char *print_deleted(struct bytes key, char out[STATE_KEY_TEXT_MAX])
{
	struct dns_name root = dns_name_root();
	char name[STATE_KEY_TEXT_MAX];
	if (key.len < 5) {
		snprintf(out, STATE_KEY_TEXT_MAX, "?");
		return out;
	}
	struct bytes_in id = bytes_in_of(key.data + key.len - 4, 4);
	print_name(bytes_of(key.data, key.len - 5), &root, name);
	snprintf(out, STATE_KEY_TEXT_MAX, "%.*s %" PRIu32, DNS_NAME_TEXT_MAX, name,
		 bytes_in_u32(&id));
	return out;
}

char *state_key_print(enum state_table table, struct bytes key, const struct dns_name *apex,
		      char out[STATE_KEY_TEXT_MAX])
{
	struct dns_name root = dns_name_root();
	struct bytes_in in = bytes_in_of(key.data, key.len);
	switch (table) {
	case STATE_ZONE:
	case STATE_KEY:
		return print_name(key, &root, out);
	case STATE_DELETED_ZONE:
		return print_deleted(key, out);
	case STATE_RULES:
		return print_in_zone(key, apex, false, out);
	case STATE_RESERVATION:
	case STATE_NOTE:
		return print_in_zone(key, apex, true, out);
	case STATE_RUN:
		snprintf(out, STATE_KEY_TEXT_MAX, "%" PRIu64, bytes_in_u64(&in));
		return out;
	default:
		snprintf(out, STATE_KEY_TEXT_MAX, "%s%.*s", table == STATE_GROUP ? "@" : "",
			 (int)(key.len < 256 ? key.len : 256), (const char *)key.data);
		return out;
	}
}

struct bytes state_key_apex(const struct dns_name *apex, uint8_t buffer[STATE_KEY_MAX])
{
	struct dns_name root = dns_name_root();
	return bytes_of(buffer, dns_name_key(buffer, apex, &root));
}

struct bytes state_key_deleted(const struct dns_name *apex, uint32_t id,
			       uint8_t buffer[STATE_KEY_MAX])
{
	size_t len = state_key_apex(apex, buffer).len;
	struct bytes_out out = bytes_out_of(buffer + len, 5);
	bytes_out_u8(&out, 0);
	bytes_out_u32(&out, id);
	return bytes_of(buffer, len + 5);
}

struct bytes state_key_id(uint32_t zone_id, uint8_t buffer[STATE_KEY_MAX])
{
	struct bytes_out out = bytes_out_of(buffer, 4);
	bytes_out_u32(&out, zone_id);
	return bytes_of(buffer, 4);
}

struct bytes state_key_number(uint64_t number, uint8_t buffer[STATE_KEY_MAX])
{
	struct bytes_out out = bytes_out_of(buffer, 8);
	bytes_out_u64(&out, number);
	return bytes_of(buffer, 8);
}

struct bytes state_key_word(const char *word)
{
	return bytes_of(word, strlen(word));
}
