/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/note.h"
#include "dns/type.h"
#include "journal/state_row.h"
#include <string.h>

#define ROW_NAME "name"
#define ROW_TEXT "text"

/* The field of a type; of the name itself "text". */
static const char *note_word(uint16_t type, char word[DNS_TYPE_TEXT_MAX])
{
	return type ? dns_type_print(type, word) : ROW_TEXT;
}

static const char *note_in(struct bytes row, uint16_t type, struct arena *arena)
{
	char word[DNS_TYPE_TEXT_MAX];
	struct bytes value;
	if (!state_row_find(row, note_word(type, word), &value))
		return NULL;
	return arena_text(arena, (const char *)value.data, value.len);
}

const char *note_find(struct store_txn *txn, const struct zone *zone, const struct dns_name *name,
		      uint16_t type, struct arena *arena)
{
	uint8_t key[ZONE_KEY_MAX];
	struct bytes row;
	if (!state_get(txn, STATE_NOTE, bytes_of(key, zone_key(key, zone, name)), &row))
		return NULL;
	return note_in(row, type, arena);
}

const char *note_of_record(struct store_txn *txn, const struct zone *zone,
			   const struct dns_name *name, uint16_t type, struct arena *arena)
{
	uint8_t key[ZONE_KEY_MAX];
	struct bytes row;
	if (!state_get(txn, STATE_NOTE, bytes_of(key, zone_key(key, zone, name)), &row))
		return NULL;
	const char *of_name = note_in(row, 0, arena);
	const char *of_type = type ? note_in(row, type, arena) : NULL;
	if (of_name && of_type)
		return arena_print(arena, "%s; %s", of_name, of_type);
	return of_name ? of_name : of_type;
}

/* Copies the fields of the row, but for its name and that of `word`. Returns how many are of types.
 */
static size_t note_copy(struct state_row_writer *out, struct bytes row, const char *word,
			size_t *texts)
{
	struct bytes_in in = bytes_in_of(row.data, row.len);
	struct state_row_field field;
	size_t types = 0;
	while (state_row_next(&in, &field)) {
		char copy[STATE_ROW_WORD_MAX + 1];
		if (state_row_is(&field, ROW_NAME) || state_row_is(&field, word))
			continue;
		memcpy(copy, field.word.data, field.word.len);
		copy[field.word.len] = '\0';
		state_row_put(out, copy, field.value);
		types += strcmp(copy, ROW_TEXT) != 0;
		++*texts;
	}
	return types;
}

bool note_edit(struct state_edit *rows, const struct note_change *change, const char **was)
{
	uint8_t key_bytes[ZONE_KEY_MAX];
	char shown[DNS_NAME_TEXT_MAX], buffer[DNS_TYPE_TEXT_MAX];
	const char *word = note_word(change->type, buffer);
	struct bytes key = bytes_of(key_bytes, zone_key(key_bytes, change->zone, change->name));
	struct bytes row = {0};
	struct state_row_writer out = {.arena = rows->arena};
	size_t texts = 0;
	if (!state_see(rows, STATE_NOTE, key, &row))
		row = (struct bytes){0};
	*was = note_in(row, change->type, rows->arena);
	state_row_put_text(&out, ROW_NAME, dns_name_show(change->name, shown));
	size_t types = note_copy(&out, row, word, &texts);
	if (change->text && change->type && types >= NOTE_TYPES_MAX)
		return false;
	if (change->text)
		state_row_put_text(&out, word, change->text);
	if (change->text || texts)
		state_put(rows, STATE_NOTE, key, state_row_end(&out));
	else
		state_del(rows, STATE_NOTE, key);
	return true;
}

/* --- a walk */

void note_walk_from(struct note_walk *walk, struct store_txn *txn, const struct zone *zone)
{
	uint8_t key[ZONE_KEY_MAX];
	size_t len = zone_key(key, zone, &zone->apex);
	*walk = (struct note_walk){.zone = zone};
	state_walk_from(&walk->rows, txn, STATE_NOTE, bytes_of(key, len));
}

/* Goes to the next row. False: there is none, or its key is no name. */
static bool note_next_row(struct note_walk *walk)
{
	struct bytes key, row;
	if (!state_walk_next(&walk->rows, &key, &row))
		return false;
	struct bytes_in in = bytes_in_of(key.data, key.len);
	bytes_in_take(&in, 4); /* zone id */
	walk->row = bytes_in_of(row.data, row.len);
	if (dns_name_from_key(&walk->name, bytes_of(in.at, bytes_in_left(&in)), &walk->zone->apex))
		return true;
	store_fail(walk->rows.walk.txn, STORE_CORRUPT);
	return false;
}

/* What the field is a note of. False: of nothing, as the name, or a field of a later version. */
static bool note_is_of(const struct state_row_field *field, uint16_t *type)
{
	*type = 0;
	return state_row_is(field, ROW_TEXT) ||
	       (!state_row_is(field, ROW_NAME) &&
		dns_type_parse((const char *)field->word.data, field->word.len, type));
}

bool note_next(struct note_walk *walk, uint16_t *type, struct arena *arena, const char **text)
{
	struct state_row_field field;
	do {
		while (state_row_next(&walk->row, &field)) {
			if (!note_is_of(&field, type))
				continue;
			*text = arena_text(arena, (const char *)field.value.data, field.value.len);
			return true;
		}
	} while (note_next_row(walk));
	return false;
}

void note_walk_end(struct note_walk *walk)
{
	state_walk_end(&walk->rows);
}
