/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/rulebook.h"
#include <assert.h>
#include <stdlib.h>

#define VALUE_VERSION 1
#define VALUE_MAX     (1 + DNS_NAME_MAX + RULES_TEXT_MAX)
#define KEY_LEN       4

struct chapter {
	uint32_t zone_id;
	struct rules rules;
};

struct rulebook {
	struct arena arena;
	struct chapter *chapters; /* by zone id, ascending */
	size_t count, room;
};

static struct bytes table_key(uint32_t zone_id, uint8_t key[KEY_LEN])
{
	struct bytes_out out = bytes_out_of(key, KEY_LEN);
	bytes_out_u32(&out, zone_id);
	return bytes_of(key, KEY_LEN);
}

/* A name in wire form ends itself. */
static bool take_apex(struct bytes_in *in, struct dns_name *apex)
{
	struct bytes_in ahead = *in;
	size_t len = 1;
	for (uint8_t label; (label = bytes_in_u8(&ahead)) && bytes_in_take(&ahead, label);)
		len += 1u + label;
	const uint8_t *wire = ahead.bad ? NULL : bytes_in_take(in, len);
	return wire && dns_name_from_wire(apex, bytes_of(wire, len));
}

static bool unpack(struct bytes value, struct dns_name *apex, struct bytes *text)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	if (bytes_in_u8(&in) != VALUE_VERSION || !take_apex(&in, apex))
		return false;
	*text = bytes_of(in.at, bytes_in_left(&in));
	return text->len <= RULES_TEXT_MAX;
}

const char *rulebook_get(struct store_txn *txn, uint32_t zone_id, struct arena *arena)
{
	uint8_t key[KEY_LEN];
	struct bytes value, text;
	struct dns_name apex;
	if (!store_get(txn, STORE_RULES, table_key(zone_id, key), &value))
		return NULL;
	if (unpack(value, &apex, &text))
		return arena_text(arena, (const char *)text.data, text.len);
	store_fail(txn, STORE_CORRUPT);
	return NULL;
}

void rulebook_put(struct store_txn *txn, uint32_t zone_id, const struct dns_name *apex,
		  const char *text)
{
	uint8_t key[KEY_LEN], *value = malloc(VALUE_MAX);
	assert(value);
	struct bytes_out out = bytes_out_of(value, VALUE_MAX);
	bytes_out_u8(&out, VALUE_VERSION);
	bytes_out_put(&out, apex->wire, apex->len);
	bytes_out_put(&out, text, strlen(text));
	assert(!out.full);
	if (*text)
		store_put(txn, STORE_RULES, table_key(zone_id, key),
			  bytes_of(value, bytes_out_len(&out)));
	else
		store_del(txn, STORE_RULES, table_key(zone_id, key));
	store_settings_changed(txn);
	free(value);
}

static bool take_row(struct rulebook *book, struct bytes key, struct bytes value)
{
	struct bytes_in in = bytes_in_of(key.data, key.len);
	struct chapter chapter = {.zone_id = bytes_in_u32(&in)};
	struct rule_error error;
	struct dns_name apex;
	struct bytes text;
	if (in.bad || !unpack(value, &apex, &text) ||
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
	struct store_walk walk;
	struct bytes key, value;
	assert(book);
	store_walk_from(&walk, txn, STORE_RULES, bytes_of(NULL, 0), 0);
	while (store_walk_next(&walk, &key, &value)) {
		if (!take_row(book, key, value)) {
			store_fail(txn, STORE_CORRUPT);
			break;
		}
	}
	store_walk_end(&walk);
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
