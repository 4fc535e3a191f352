/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The format of a row of decided state (journal/state.h): fields in the order in which they were
 * written, each a word and a value. The store and the entry of the log hold the same bytes, so a
 * replayed row equals the row that was written. A reader passes over fields that it does not know.
 * A word that occurs several times is a list.
 *
 *      1  length    n  word    varint  length    n  value
 *
 * Values are text: numbers in decimal, flags "on" and "off", secrets sealed and in hexadecimal.
 * Pure; any thread.
 */
#include "base/arena.h"
#include "base/bytes.h"

#define STATE_ROW_WORD_MAX 63

/* Collects fields. Zero-initialised but for the arena, which owns the bytes. */
struct state_row_writer {
	struct arena *arena;
	uint8_t *data;
	size_t len, room;
};

void state_row_put(struct state_row_writer *, const char *word, struct bytes value);
void state_row_put_text(struct state_row_writer *, const char *word, const char *text);
void state_row_put_number(struct state_row_writer *, const char *word, uint64_t number);
void state_row_put_flag(struct state_row_writer *, const char *word, bool is_on);
/* The row so far. */
struct bytes state_row_end(const struct state_row_writer *);

struct state_row_field {
	struct bytes word, value; /* of the row's memory */
};

/* Reads the next field from a reader over the row. False: there is no more, or the row is damaged,
 * and `bad` is set. */
bool state_row_next(struct bytes_in *, struct state_row_field *);
bool state_row_is(const struct state_row_field *, const char *word);

/* The first field of that word. False: there is none. */
bool state_row_find(struct bytes row, const char *word, struct bytes *value);
/* Its value as a number, or as a flag. False: there is no such field, or its value is none. */
bool state_row_number(struct bytes row, const char *word, uint64_t *number);
bool state_row_flag(struct bytes row, const char *word, bool *is_on);
/* A field's value as a number. False: it is not one, or too large. */
bool state_row_parse_number(struct bytes value, uint64_t *number);

/* Whether the row is well-formed. */
bool state_row_is_whole(struct bytes row);
