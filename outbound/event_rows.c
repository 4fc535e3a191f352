/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/event_rows.h"
#include "outbound/event.h"
#include "journal/state_words.h"
#include <string.h>

static const char *event_rows_text_of(struct bytes value, struct arena *arena)
{
	return arena_text(arena, (const char *)value.data, value.len);
}

/* NULL: the time was never set. */
static json_t *value_json(enum state_table table, const struct state_row_field *field,
			  struct arena *arena)
{
	const char *said = state_words_value(table, field, arena);
	uint64_t number;
	if (said)
		return json_string(said);
	if (state_words_is_time(table, field) && state_row_parse_number(field->value, &number))
		return NULL;
	return event_text(event_rows_text_of(field->value, arena), arena);
}

static void add_value(json_t *o, const char *word, json_t *value, bool is_list)
{
	json_t *there = json_object_get(o, word);
	if (!there && !is_list) {
		json_object_set_new(o, word, value);
		return;
	}
	if (!json_is_array(there)) {
		json_t *list = json_array();
		if (there)
			json_array_append(list, there);
		json_object_set_new(o, word, list);
		there = list;
	}
	json_array_append_new(there, value);
}

json_t *event_row(enum state_table table, struct bytes row, struct arena *arena)
{
	struct bytes_in in = bytes_in_of(row.data, row.len);
	struct state_row_field field;
	json_t *o = json_object();
	while (state_row_next(&in, &field)) {
		json_t *value = value_json(table, &field, arena);
		if (value)
			add_value(o, event_rows_text_of(field.word, arena), value,
				  state_words_is_list(table, &field));
	}
	return o;
}

static json_t *event_rows_change_json(const struct entry *e, const struct state_change *row,
				      struct arena *arena)
{
	json_t *o = json_object();
	const char *table = state_table_name(row->table);
	json_object_set_new(o, "table", json_string(table ? table : "?"));
	json_object_set_new(o, "key", event_text(state_words_key(e, row, arena), arena));
	json_object_set_new(o, "old",
			    row->has_old ? event_row(row->table, row->old, arena) : json_null());
	json_object_set_new(o, "new",
			    row->has_new ? event_row(row->table, row->new, arena) : json_null());
	if (row->is_stated)
		json_object_set_new(o, "stated", json_true());
	return o;
}

void event_rows(json_t *o, const struct entry *e, size_t most, struct arena *arena)
{
	json_t *list = json_array();
	size_t bytes = 0, cut = 0;
	for (size_t i = 0; i < e->row_count; i++) {
		const struct state_change *row = &e->rows[i];
		size_t len = row->old.len + row->new.len + row->key.len;
		if (len > most || bytes > most - len) {
			cut++;
			continue;
		}
		bytes += len;
		json_array_append_new(list, event_rows_change_json(e, row, arena));
	}
	if (json_array_size(list))
		json_object_set(o, "rows", list);
	if (cut)
		json_object_set_new(o, "rows_cut", json_integer((json_int_t)cut));
	json_decref(list);
}
