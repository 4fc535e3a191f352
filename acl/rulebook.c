/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/rulebook.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROW_ZONE "zone"
#define ROW_TEXT "text"

struct chapter {
	uint32_t zone_id;
	struct arena arena; /* of the rules */
	struct rules rules;
};

struct rulebook {
	struct chapter **chapters; /* by zone id, ascending */
	size_t count, room;
};

static bool rulebook_unpack(struct bytes row, struct dns_name *apex, struct bytes *text)
{
	struct bytes name;
	char apex_text[DNS_NAME_TEXT_MAX];
	if (!state_row_find(row, ROW_ZONE, &name) || !state_row_find(row, ROW_TEXT, text) ||
	    name.len >= sizeof(apex_text) || text->len > RULES_TEXT_MAX)
		return false;
	memcpy(apex_text, name.data, name.len);
	apex_text[name.len] = '\0';
	return !dns_name_parse_text(apex, apex_text);
}

const char *rulebook_get(struct store_txn *txn, uint32_t zone_id, struct arena *arena)
{
	uint8_t key[STATE_KEY_MAX];
	struct bytes row, text;
	struct dns_name apex;
	if (!state_get(txn, STATE_RULES, state_key_id(zone_id, key), &row))
		return NULL;
	if (rulebook_unpack(row, &apex, &text))
		return arena_text(arena, (const char *)text.data, text.len);
	store_fail(txn, STORE_CORRUPT);
	return NULL;
}

void rulebook_put(struct state_edit *rows, uint32_t zone_id, const struct dns_name *apex,
		  const char *text)
{
	uint8_t key[STATE_KEY_MAX];
	char shown[DNS_NAME_TEXT_MAX];
	struct state_row_writer row = {.arena = rows->arena};
	if (!*text) {
		state_del(rows, STATE_RULES, state_key_id(zone_id, key));
		return;
	}
	state_row_put_text(&row, ROW_ZONE, dns_name_show(apex, shown));
	state_row_put_text(&row, ROW_TEXT, text);
	state_put(rows, STATE_RULES, state_key_id(zone_id, key), state_row_end(&row));
}

static void chapter_free(struct chapter *chapter)
{
	arena_free(&chapter->arena);
	free(chapter);
}

/* NULL: the row is damaged. */
static struct chapter *chapter_make(struct bytes key, struct bytes row)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	struct chapter *chapter = calloc(1, sizeof(*chapter));
	struct rule_error error;
	struct dns_name apex;
	struct bytes text;
	assert(chapter);
	arena_begin(&chapter->arena, 1024);
	chapter->zone_id = bytes_in_u32(&in);
	if (!in.bad && rulebook_unpack(row, &apex, &text) &&
	    rules_parse(&chapter->rules, text, &apex, &chapter->arena, &error))
		return chapter;
	chapter_free(chapter);
	return NULL;
}

/* The index of the first chapter that is not before this one's. */
static size_t rulebook_place(const struct rulebook *book, uint32_t zone_id)
{
	size_t low = 0, high = book->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (book->chapters[middle]->zone_id < zone_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void rulebook_drop(struct rulebook *book, uint32_t zone_id)
{
	size_t at = rulebook_place(book, zone_id);
	if (at == book->count || book->chapters[at]->zone_id != zone_id)
		return;
	chapter_free(book->chapters[at]);
	book->count--;
	memmove(book->chapters + at, book->chapters + at + 1,
		(book->count - at) * sizeof(*book->chapters));
}

static void rulebook_set(struct rulebook *book, struct chapter *chapter)
{
	rulebook_drop(book, chapter->zone_id);
	size_t at = rulebook_place(book, chapter->zone_id);
	if (book->count == book->room) {
		book->room = book->room ? book->room * 2 : 16;
		book->chapters = realloc(book->chapters, book->room * sizeof(*book->chapters));
		assert(book->chapters);
	}
	memmove(book->chapters + at + 1, book->chapters + at,
		(book->count - at) * sizeof(*book->chapters));
	book->chapters[at] = chapter;
	book->count++;
}

static bool rulebook_take_row(struct rulebook *book, struct store_txn *txn, struct bytes key,
			      struct bytes row)
{
	struct chapter *chapter = chapter_make(key, row);
	if (chapter)
		rulebook_set(book, chapter);
	else
		store_fail(txn, STORE_CORRUPT);
	return chapter != NULL;
}

struct rulebook *rulebook_load(struct store_txn *txn)
{
	struct rulebook *book = calloc(1, sizeof(*book));
	struct state_walk walk;
	struct bytes key, row;
	assert(book);
	state_walk_from(&walk, txn, STATE_RULES, bytes_of(NULL, 0));
	while (state_walk_next(&walk, &key, &row) && rulebook_take_row(book, txn, key, row))
		continue;
	state_walk_end(&walk);
	return book;
}

void rulebook_update(struct rulebook *book, struct store_txn *txn, struct bytes key)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	uint32_t zone_id = bytes_in_u32(&in);
	struct bytes row;
	if (state_get(txn, STATE_RULES, key, &row))
		rulebook_take_row(book, txn, key, row);
	else if (!txn->error)
		rulebook_drop(book, zone_id);
}

void rulebook_free(struct rulebook *book)
{
	if (!book)
		return;
	for (size_t i = 0; i < book->count; i++)
		chapter_free(book->chapters[i]);
	free(book->chapters);
	free(book);
}

const struct rules *rulebook_find(const struct rulebook *book, uint32_t zone_id)
{
	if (!book || book->count == 0)
		return NULL;
	size_t at = rulebook_place(book, zone_id);
	if (at == book->count || book->chapters[at]->zone_id != zone_id)
		return NULL;
	return &book->chapters[at]->rules;
}
