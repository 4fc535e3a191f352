/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/state_words.h"
#include "base/sizeword.h"
#include "base/timeword.h"
#include <string.h>

/* No value of a key's row has so many hexadecimal digits but a sealed one. */
#define SEALED_DIGITS 56

static bool word_ends(struct bytes word, const char *end)
{
	size_t len = strlen(end);
	return word.len >= len && memcmp(word.data + word.len - len, end, len) == 0;
}

static bool word_begins(struct bytes word, const char *begin)
{
	size_t len = strlen(begin);
	return word.len >= len && memcmp(word.data, begin, len) == 0;
}

static bool state_words_is_hex(struct bytes value)
{
	for (size_t i = 0; i < value.len; i++) {
		if (!strchr("0123456789abcdefABCDEF", value.data[i]) || value.data[i] == 0)
			return false;
	}
	return true;
}

static const char *state_words_text_of(struct bytes value, struct arena *arena)
{
	return arena_text(arena, (const char *)value.data, value.len);
}

/* What the row itself says of its key: the zone of rules, the name of a reservation or note. */
static const char *key_of_row(const struct state_change *row, struct arena *arena)
{
	struct bytes text;
	const char *word = row->table == STATE_RULES ? "zone" : "name";
	if (!state_row_find(row->has_new ? row->new : row->old, word, &text))
		return NULL;
	return state_words_text_of(text, arena);
}

bool state_words_is_list(enum state_table table, const struct state_row_field *field)
{
	return table == STATE_GROUP && state_row_is(field, "member");
}

bool state_words_is_sealed(enum state_table table, const struct state_row_field *field)
{
	return table == STATE_KEY &&
	       (word_begins(field->word, "secret") || word_begins(field->word, "sealed") ||
		(field->value.len >= SEALED_DIGITS && state_words_is_hex(field->value)));
}

bool state_words_is_time(enum state_table table, const struct state_row_field *field)
{
	return word_ends(field->word, "-at") ||
	       (table == STATE_SERVER &&
		(state_row_is(field, "next") || state_row_is(field, "last") ||
		 state_row_is(field, "left-from") || state_row_is(field, "left-to"))) ||
	       (table == STATE_KEY &&
		(state_row_is(field, "created") || state_row_is(field, "rotated") ||
		 state_row_is(field, "previous-until")));
}

bool state_words_is_duration(enum state_table table, const struct state_row_field *field)
{
	if (table == STATE_RUN)
		return state_row_is(field, "no-refresh") || state_row_is(field, "refresh");
	return table == STATE_SERVER &&
	       (state_row_is(field, "keeps") || state_row_is(field, "age") ||
		state_row_is(field, "refusal-age"));
}

/* In microseconds: of runs, which are timed. */
static bool state_words_is_moment(enum state_table table, const struct state_row_field *field)
{
	return table == STATE_RUN &&
	       (state_row_is(field, "started") || state_row_is(field, "approved"));
}

bool state_words_is_size(enum state_table table, const struct state_row_field *field)
{
	return table == STATE_SERVER &&
	       (state_row_is(field, "size") || state_row_is(field, "refusal-size") ||
		state_row_is(field, "principal-size"));
}

const char *state_words_value(enum state_table table, const struct state_row_field *field,
			      struct arena *arena)
{
	char text[TIMEWORD_TEXT_MAX + SIZEWORD_TEXT_MAX] = "";
	uint64_t number;
	bool is_duration = state_words_is_duration(table, field);
	bool is_size = state_words_is_size(table, field);
	if (state_words_is_sealed(table, field))
		return "sealed";
	if (!state_row_parse_number(field->value, &number))
		return NULL;
	if ((is_duration || is_size) && number == UINT64_MAX)
		return "none";
	if (is_duration && number <= UINT32_MAX)
		duration_print((uint32_t)number, text);
	else if (is_size)
		size_print(number, text);
	else if (state_words_is_time(table, field) && number)
		time_print(number, text);
	else if (state_words_is_moment(table, field) && number)
		time_print_us(number, text);
	return text[0] ? arena_text(arena, text, strlen(text)) : NULL;
}

const char *state_words_key(const struct entry *e, const struct state_change *row,
			    struct arena *arena)
{
	char text[STATE_KEY_TEXT_MAX];
	uint32_t zone_id = state_key_zone(row->table, row->key);
	const struct dns_name *apex = e && e->has_zone && e->zone_id == zone_id ? &e->zone : NULL;
	const char *own = zone_id && !apex ? key_of_row(row, arena) : NULL;
	if (own)
		return own;
	state_key_print(row->table, row->key, apex, text);
	return arena_text(arena, text, strlen(text));
}
