/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/ignored_names.h"
#include <string.h>

#define WORD      "ignored:"
#define WORD_LEN  (sizeof(WORD) - 1)
#define KEY_LEN   (WORD_LEN + 4 + 4)
#define VALUE_LEN (8 + 8 + 4)
/* Rows that are looked at when one is made: some of those whose span is over. */
#define LOOKED_AT 4

struct ignored_row {
	uint64_t since, ends; /* seconds */
	uint32_t names;
};

static struct bytes ignored_key(const struct ignored_names_ask *ask, uint8_t key[KEY_LEN])
{
	struct bytes_out out = bytes_out_of(key, KEY_LEN);
	bytes_out_put(&out, WORD, WORD_LEN);
	bytes_out_u32(&out, ask->zone_id);
	bytes_out_u32(&out, ask->by);
	return bytes_of(key, KEY_LEN);
}

static bool ignored_row_open(struct store_txn *txn, struct bytes value, struct ignored_row *row)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	row->since = bytes_in_u64(&in);
	row->ends = bytes_in_u64(&in);
	row->names = bytes_in_u32(&in);
	if (in.bad || bytes_in_left(&in) != 0) {
		store_fail(txn, STORE_CORRUPT);
		return false;
	}
	return true;
}

/* Whether the span of a row is over. A clock that went back behind its beginning ends it too. */
static bool ignored_row_is_over(const struct ignored_row *row, uint64_t now)
{
	return now < row->since || now > row->ends;
}

static void ignored_row_write(struct store_txn *txn, struct bytes key,
			      const struct ignored_row *row)
{
	uint8_t value[VALUE_LEN];
	struct bytes_out out = bytes_out_of(value, sizeof value);
	bytes_out_u64(&out, row->since);
	bytes_out_u64(&out, row->ends);
	bytes_out_u32(&out, row->names);
	store_put(txn, STORE_LOCAL, key, bytes_of(value, sizeof value));
}

/* The next row behind a key whose span is over, of so many that are looked at. */
static bool ignored_find_over(struct store_txn *txn, uint64_t now, unsigned *left,
			      uint8_t key[KEY_LEN])
{
	struct store_walk walk;
	struct bytes found, value;
	struct ignored_row row;
	bool is_found = false;
	store_walk_from(&walk, txn, STORE_LOCAL, bytes_of(key, KEY_LEN), WORD_LEN);
	while (!is_found && *left > 0 && store_walk_next(&walk, &found, &value)) {
		(*left)--;
		if (found.len != KEY_LEN) {
			store_fail(txn, STORE_CORRUPT);
			break;
		}
		memcpy(key, found.data, KEY_LEN);
		is_found = ignored_row_open(txn, value, &row) && ignored_row_is_over(&row, now);
	}
	store_walk_end(&walk);
	return is_found;
}

/* Removes some rows that nobody looks at any more: a client that makes rows removes as many. */
static void ignored_sweep(struct store_txn *txn, const struct ignored_names_ask *ask)
{
	uint8_t key[KEY_LEN];
	unsigned left = LOOKED_AT;
	ignored_key(ask, key);
	while (left > 0 && ignored_find_over(txn, ask->now, &left, key))
		store_del(txn, STORE_LOCAL, bytes_of(key, KEY_LEN));
}

bool ignored_names_take(struct store_txn *txn, const struct ignored_names_ask *ask)
{
	uint8_t bytes[KEY_LEN];
	struct bytes value, key = ignored_key(ask, bytes);
	struct ignored_row row = {0};
	bool is_there = store_get(txn, STORE_LOCAL, key, &value);
	if (is_there && !ignored_row_open(txn, value, &row))
		return false;
	if (!is_there || ignored_row_is_over(&row, ask->now)) {
		ignored_sweep(txn, ask);
		row = (struct ignored_row){.since = ask->now, .ends = ask->now + ask->span};
	}
	if (ask->hint->at && ask->hint->at >= row.since && ask->hint->by == ask->by &&
	    !ask->hint->is_taken)
		return true;
	if (row.names >= ask->most)
		return false;
	row.names++;
	ignored_row_write(txn, key, &row);
	return true;
}
