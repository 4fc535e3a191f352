/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/state_words.h"
#include "zonedb/revert_rows_state.h"
#include <assert.h>
#include <stdlib.h>

/* --- which rows, and which of their fields */

static bool revert_rows_is_word(struct bytes key, const char *word)
{
	return bytes_equal(key, state_key_word(word));
}

static bool can_take(const struct state_change *row)
{
	if (row->is_stated)
		return false;
	switch (row->table) {
	case STATE_ZONE:
		return row->has_old && row->has_new;
	case STATE_RULES:
	case STATE_RESERVATION:
	case STATE_GROUP:
	case STATE_NOTE:
	case STATE_KEY:
		return true;
	case STATE_SERVER:
		return revert_rows_is_word(row->key, "retention") ||
		       revert_rows_is_word(row->key, "bin") ||
		       revert_rows_is_word(row->key, "scavenging") ||
		       revert_rows_is_word(row->key, "realms");
	default:
		return false;
	}
}

/* What the server keeps by itself. */
static bool is_kept(enum state_table table, const struct state_row_field *field)
{
	return table == STATE_ZONE &&
	       (state_row_is(field, "id") || state_row_is(field, "available-at") ||
		state_row_is(field, "created-at") || state_row_is(field, "deleting") ||
		state_row_is(field, "restored-from"));
}

bool revert_rows_find(enum state_table table, struct bytes row, const struct state_row_field *like,
		      struct bytes *value)
{
	struct bytes_in in = bytes_in_of(row.data, row.len);
	struct state_row_field field;
	bool is_item = state_words_is_list(table, like);
	while (state_row_next(&in, &field)) {
		if (bytes_equal(field.word, like->word) &&
		    (!is_item || bytes_equal(field.value, like->value))) {
			*value = field.value;
			return true;
		}
	}
	return false;
}

void revert_rows_diff(enum state_table table, struct bytes old, struct bytes new,
		      revert_rows_each *each, void *context)
{
	struct bytes_in in = bytes_in_of(old.data, old.len);
	struct state_row_field field;
	struct bytes value;
	while (state_row_next(&in, &field)) {
		bool is_there = revert_rows_find(table, new, &field, &value);
		if (!is_kept(table, &field) && !(is_there && bytes_equal(field.value, value)))
			each(context, &field, &field.value, is_there ? &value : NULL);
	}
	in = bytes_in_of(new.data, new.len);
	while (state_row_next(&in, &field)) {
		if (!is_kept(table, &field) && !revert_rows_find(table, old, &field, &value))
			each(context, &field, NULL, &field.value);
	}
}

static void count_field(void *context, const struct state_row_field *field, const struct bytes *old,
			const struct bytes *new)
{
	(void)field;
	(void)old;
	(void)new;
	++*(size_t *)context;
}

bool revert_rows_equal(enum state_table table, struct bytes a, struct bytes b)
{
	size_t count = 0;
	revert_rows_diff(table, a, b, count_field, &count);
	return count == 0;
}

uint32_t revert_rows_zone(const struct state_change *row)
{
	uint64_t id = 0;
	if (row->table == STATE_ZONE)
		state_row_number(row->has_new ? row->new : row->old, "id", &id);
	else
		id = state_key_zone(row->table, row->key);
	return id <= UINT32_MAX ? (uint32_t)id : 0;
}

/* --- slots */

struct revert_row_place {
	enum state_table table;
	struct bytes key;
};

static uint64_t revert_row_hash(const struct revert_row_place *place)
{
	uint8_t table = (uint8_t)place->table;
	return hash_end(hash_add(hash_add(HASH_START, &table, 1), place->key.data, place->key.len));
}

static bool revert_row_is_at(const struct hash_link *link, const void *key)
{
	const struct revert_row_slot *slot = container_of(link, const struct revert_row_slot, link);
	const struct revert_row_place *place = key;
	return slot->table == place->table && bytes_equal(slot->key, place->key);
}

struct revert_row_slot *revert_rows_slot(const struct revert_rows *rows, enum state_table table,
					 struct bytes key)
{
	struct revert_row_place place = {table, key};
	struct hash_link *link =
		hash_table_find(&rows->table, revert_row_hash(&place), revert_row_is_at, &place);
	return link ? container_of(link, struct revert_row_slot, link) : NULL;
}

struct revert_rows *revert_rows_open(void)
{
	struct revert_rows *rows = calloc(1, sizeof(*rows));
	assert(rows);
	rows->last = &rows->slots;
	return rows;
}

void revert_rows_free(struct revert_rows *rows)
{
	if (!rows)
		return;
	arena_free(&rows->arena);
	hash_table_free(&rows->table);
	free(rows);
}

static struct bytes revert_rows_keep(struct revert_rows *rows, struct bytes value)
{
	return bytes_of(value.len ? arena_copy(&rows->arena, value.data, value.len) : NULL,
			value.len);
}

static const struct dns_name *revert_rows_apex_of(struct revert_rows *rows,
						  const struct entry *entry,
						  const struct state_change *row)
{
	struct dns_name apex, root = dns_name_root();
	if (revert_rows_zone(row) == 0)
		return NULL;
	if (row->table != STATE_ZONE || !dns_name_from_key(&apex, row->key, &root)) {
		if (!entry->has_zone)
			return NULL;
		apex = entry->zone;
	}
	return arena_copy(&rows->arena, &apex, sizeof(apex));
}

static struct revert_row_slot *make_slot(struct revert_rows *rows, const struct entry *entry,
					 const struct state_change *row)
{
	struct revert_row_slot *slot = arena_zero(&rows->arena, sizeof(*slot));
	struct revert_row_place place = {row->table, row->key};
	*slot = (struct revert_row_slot){
		.table = row->table,
		.key = revert_rows_keep(rows, row->key),
		.key_text = state_words_key(entry, row, &rows->arena),
		.zone_id = revert_rows_zone(row),
		.apex = revert_rows_apex_of(rows, entry, row),
	};
	hash_table_put(&rows->table, &slot->link, revert_row_hash(&place));
	*rows->last = slot;
	rows->last = &slot->next;
	return slot;
}

struct taking {
	struct revert_rows *rows;
	struct revert_row_slot *slot;
};

static struct revert_row_value keep_value(struct revert_rows *rows, const struct bytes *value)
{
	return (struct revert_row_value){.has = value != NULL,
					 .text = value ? revert_rows_keep(rows, *value)
						       : bytes_of(NULL, 0)};
}

bool revert_row_value_is(const struct revert_row_value *value, const struct bytes *other)
{
	return value->has == (other != NULL) && (!other || bytes_equal(value->text, *other));
}

struct revert_row_field *revert_rows_field(const struct revert_row_slot *slot,
					   const struct state_row_field *like)
{
	struct revert_row_field *field = slot->fields;
	while (field && (!bytes_equal(field->like.word, like->word) ||
			 (field->is_item && !bytes_equal(field->like.value, like->value))))
		field = field->next;
	return field;
}

static void revert_rows_take_field(void *context, const struct state_row_field *like,
				   const struct bytes *old, const struct bytes *new)
{
	struct taking *taking = context;
	struct revert_rows *rows = taking->rows;
	struct revert_row_slot *slot = taking->slot;
	struct revert_row_field *field = revert_rows_field(slot, like);
	slot->is_secret |= state_words_is_sealed(slot->table, like);
	if (!field) {
		field = arena_zero(&rows->arena, sizeof(*field));
		field->like.word = revert_rows_keep(rows, like->word);
		field->like.value = revert_rows_keep(rows, like->value);
		field->is_item = state_words_is_list(slot->table, like);
		field->before = keep_value(rows, old);
		struct revert_row_field **end = &slot->fields;
		while (*end)
			end = &(*end)->next;
		*end = field;
	} else if (!revert_row_value_is(&field->after, old)) {
		field->before = keep_value(rows, old); /* somebody else was between */
	}
	field->after = keep_value(rows, new);
}

static void take_whole(struct revert_rows *rows, struct revert_row_slot *slot,
		       const struct state_change *row, bool is_first)
{
	const struct bytes *old = row->has_old ? &row->old : NULL;
	if (is_first || !revert_row_value_is(&slot->after, old))
		slot->before = keep_value(rows, old);
	slot->after = keep_value(rows, row->has_new ? &row->new : NULL);
	slot->is_whole |= row->has_old != row->has_new && row->table != STATE_SERVER;
	slot->is_secret |= row->has_old != row->has_new && row->table == STATE_KEY;
}

static void revert_rows_take_row(struct revert_rows *rows, const struct entry *entry,
				 const struct state_change *row)
{
	struct revert_row_slot *slot = revert_rows_slot(rows, row->table, row->key);
	bool is_first = !slot;
	if (is_first)
		slot = make_slot(rows, entry, row);
	take_whole(rows, slot, row, is_first);
	revert_rows_diff(row->table, row->old, row->new, revert_rows_take_field,
			 &(struct taking){rows, slot});
	slot->last_seq = entry->seq;
	rows->count++;
}

/* What goes with a zone comes back with it, and not otherwise: its rules. */
static bool ends_zone(const struct entry *entry, uint32_t zone_id)
{
	for (size_t i = 0; i < entry->row_count; i++) {
		const struct state_change *row = &entry->rows[i];
		if (row->table == STATE_ZONE && row->has_old != row->has_new &&
		    revert_rows_zone(row) == zone_id)
			return true;
	}
	return false;
}

void revert_rows_take(struct revert_rows *rows, const struct entry *entry)
{
	for (size_t i = 0; i < entry->row_count; i++) {
		const struct state_change *row = &entry->rows[i];
		bool is_rules_of_zone =
			row->table == STATE_RULES && ends_zone(entry, revert_rows_zone(row));
		if (can_take(row) && !is_rules_of_zone)
			revert_rows_take_row(rows, entry, row);
	}
}

size_t revert_rows_count(const struct revert_rows *rows)
{
	return rows->count;
}

void revert_rows_revive(struct revert_rows *rows, uint32_t zone_id)
{
	rows->revived = zone_id;
}
