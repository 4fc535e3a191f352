/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/rulebook.h"
#include <assert.h>
#include <stdlib.h>

#define ROW_ZONE "zone"
#define ROW_TEXT "text"

struct chapter {
	uint32_t zone_id;
	struct rules rules;
};

struct rulebook {
	struct arena arena;
	struct chapter *chapters; /* by zone id, ascending */
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

static bool rulebook_take_row(struct rulebook *book, struct bytes key, struct bytes value)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	struct chapter chapter = {.zone_id = bytes_in_u32(&in)};
	struct rule_error error;
	struct dns_name apex;
	struct bytes text;
	if (in.bad || !rulebook_unpack(value, &apex, &text) ||
	    !rules_parse(&chapter.rules, text, &apex, &book->arena, &error))
		return false;
	if (book->count == book->room) {
		book->room = book->room ? book->room * 2 : 16;
		book->chapters = realloc(book->chapters, book->room * sizeof(*book->chapters));
		assert(book->chapters);
	}
	book->chapters[book->count++] = chapter;
	return true;
}

struct rulebook *rulebook_load(struct store_txn *txn)
{
	struct rulebook *book = calloc(1, sizeof(*book));
	struct state_walk walk;
	struct bytes key, value;
	assert(book);
	state_walk_from(&walk, txn, STATE_RULES, bytes_of(NULL, 0));
	while (state_walk_next(&walk, &key, &value)) {
		if (!rulebook_take_row(book, key, value)) {
			store_fail(txn, STORE_CORRUPT);
			break;
		}
	}
	state_walk_end(&walk);
	return book;
}

void rulebook_free(struct rulebook *book)
{
	if (!book)
		return;
	arena_free(&book->arena);
	free(book->chapters);
	free(book);
}

static int compare_id(const void *id, const void *chapter)
{
	uint32_t a = *(const uint32_t *)id, b = ((const struct chapter *)chapter)->zone_id;
	return a < b ? -1 : a > b;
}

const struct rules *rulebook_find(const struct rulebook *book, uint32_t zone_id)
{
	if (!book || book->count == 0)
		return NULL;
	const struct chapter *found =
		bsearch(&zone_id, book->chapters, book->count, sizeof(*book->chapters), compare_id);
	return found ? &found->rules : NULL;
}
