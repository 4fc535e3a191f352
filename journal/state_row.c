/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/state_row.h"
#include "base/varint.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#define ROOM_FIRST  256
#define NUMBER_TEXT 21

static void row_reserve(struct state_row_writer *row, size_t more)
{
	size_t room = row->room ? row->room : ROOM_FIRST;
	if (row->len + more <= row->room)
		return;
	while (room < row->len + more)
		room *= 2;
	uint8_t *data = arena_alloc(row->arena, room);
	if (row->len)
		memcpy(data, row->data, row->len);
	row->data = data;
	row->room = room;
}

void state_row_put(struct state_row_writer *row, const char *word, struct bytes value)
{
	size_t len = strlen(word);
	assert(len > 0 && len <= STATE_ROW_WORD_MAX);
	row_reserve(row, 1 + len + VARINT_MAX + value.len);
	struct bytes_out out = bytes_out_of(row->data + row->len, row->room - row->len);
	bytes_out_u8(&out, (uint8_t)len);
	bytes_out_put(&out, word, len);
	varint_put(&out, value.len);
	bytes_out_put(&out, value.data, value.len);
	assert(!out.full);
	row->len += bytes_out_len(&out);
}

void state_row_put_text(struct state_row_writer *row, const char *word, const char *text)
{
	state_row_put(row, word, bytes_of(text, strlen(text)));
}

void state_row_put_number(struct state_row_writer *row, const char *word, uint64_t number)
{
	char text[NUMBER_TEXT];
	snprintf(text, sizeof(text), "%" PRIu64, number);
	state_row_put_text(row, word, text);
}

void state_row_put_flag(struct state_row_writer *row, const char *word, bool is_on)
{
	state_row_put_text(row, word, is_on ? "on" : "off");
}

struct bytes state_row_end(const struct state_row_writer *row)
{
	return bytes_of(row->data, row->len);
}

bool state_row_next(struct bytes_in *in, struct state_row_field *field)
{
	if (bytes_in_left(in) == 0)
		return false;
	size_t len = bytes_in_u8(in);
	if (len == 0 || len > STATE_ROW_WORD_MAX)
		in->bad = true;
	field->word = bytes_of(bytes_in_take(in, len), len);
	len = (size_t)varint_at_most(in, bytes_in_left(in));
	field->value = bytes_of(bytes_in_take(in, len), len);
	return !in->bad;
}

bool state_row_is(const struct state_row_field *field, const char *word)
{
	return bytes_equal(field->word, bytes_of(word, strlen(word)));
}

bool state_row_find(struct bytes row, const char *word, struct bytes *value)
{
	struct bytes_in in = bytes_in_of(row.data, row.len);
	struct state_row_field field;
	while (state_row_next(&in, &field)) {
		if (state_row_is(&field, word)) {
			*value = field.value;
			return true;
		}
	}
	return false;
}

bool state_row_parse_number(struct bytes value, uint64_t *number)
{
	uint64_t n = 0;
	for (size_t i = 0; i < value.len; i++) {
		unsigned digit = value.data[i] - (unsigned)'0';
		if (digit > 9 || n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	if (value.len == 0)
		return false;
	*number = n;
	return true;
}

bool state_row_number(struct bytes row, const char *word, uint64_t *number)
{
	struct bytes value;
	return state_row_find(row, word, &value) && state_row_parse_number(value, number);
}

bool state_row_flag(struct bytes row, const char *word, bool *is_on)
{
	struct bytes value;
	if (!state_row_find(row, word, &value))
		return false;
	*is_on = bytes_equal(value, bytes_of("on", 2));
	return *is_on || bytes_equal(value, bytes_of("off", 3));
}

bool state_row_is_whole(struct bytes row)
{
	struct bytes_in in = bytes_in_of(row.data, row.len);
	struct state_row_field field;
	while (state_row_next(&in, &field))
		;
	return !in.bad;
}
