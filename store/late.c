/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/late.h"
#include "base/hash_table.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct late_row {
	struct hash_link link;
	struct late_row *next; /* of those to be put */
	enum store_table table;
	enum late_state state;
	bool is_to_put; /* if it is there at the end */
	uint8_t key_len, value_len;
	uint8_t key[LATE_KEY_MAX], value[LATE_VALUE_MAX];
};

struct late_rows {
	struct hash_table table;
	struct late_row *to_put;
	struct late_row *latest; /* that was looked for; what is read is often written next */
	size_t count;
	struct late_row rows[LATE_ROWS_MAX];
};

struct late_key {
	enum store_table table;
	struct bytes bytes;
};

struct late_rows *late_new(void)
{
	struct late_rows *late = calloc(1, sizeof(*late));
	assert(late);
	return late;
}

void late_free(struct late_rows *late)
{
	if (late)
		hash_table_free(&late->table);
	free(late);
}

void late_begin(struct late_rows *late)
{
	for (size_t i = 0; i < late->count; i++)
		hash_table_remove(&late->table, &late->rows[i].link);
	late->count = 0;
	late->to_put = late->latest = NULL;
}

static bool late_is(const struct hash_link *link, const void *wanted)
{
	const struct late_row *row = container_of(link, struct late_row, link);
	const struct late_key *key = wanted;
	return row->table == key->table && row->key_len == key->bytes.len &&
	       memcmp(row->key, key->bytes.data, row->key_len) == 0;
}

/* A row that was met before; NULL: none was, and `*hash` is what a new one has. */
static struct late_row *late_find(struct late_rows *late, enum store_table table, struct bytes key,
				  uint64_t *hash)
{
	struct late_key wanted = {table, key};
	if (late->latest && late_is(&late->latest->link, &wanted))
		return late->latest;
	*hash = hash_secret(key);
	struct hash_link *link = hash_table_find(&late->table, *hash, late_is, &wanted);
	if (!link)
		return NULL;
	late->latest = container_of(link, struct late_row, link);
	return late->latest;
}

/* The row, a new one if need be; NULL: it cannot be kept. */
static struct late_row *late_make(struct late_rows *late, enum store_table table, struct bytes key)
{
	uint64_t hash;
	struct late_row *row = late_find(late, table, key, &hash);
	if (row || key.len > LATE_KEY_MAX || late->count == LATE_ROWS_MAX)
		return row;
	row = &late->rows[late->count++];
	row->table = table;
	row->state = LATE_UNKNOWN;
	row->is_to_put = false;
	row->key_len = (uint8_t)key.len;
	memcpy(row->key, key.data, key.len);
	hash_table_put(&late->table, &row->link, hash);
	late->latest = row;
	return row;
}

/* The value may be the row's own. */
static void late_set(struct late_row *row, struct bytes value)
{
	row->state = LATE_THERE;
	row->value_len = (uint8_t)value.len;
	if (value.len)
		memmove(row->value, value.data, value.len);
}

enum late_state late_get(struct late_rows *late, enum store_table table, struct bytes key,
			 struct bytes *value)
{
	uint64_t hash;
	const struct late_row *row = late_find(late, table, key, &hash);
	if (!row)
		return LATE_UNKNOWN;
	if (row->state == LATE_THERE)
		*value = bytes_of(row->value, row->value_len);
	return row->state;
}

void late_note(struct late_rows *late, enum store_table table, struct bytes key,
	       const struct bytes *value)
{
	if (value && value->len > LATE_VALUE_MAX)
		return;
	struct late_row *row = late_make(late, table, key);
	if (row && value)
		late_set(row, *value);
	else if (row)
		row->state = LATE_ABSENT;
}

bool late_put(struct late_rows *late, enum store_table table, struct bytes key, struct bytes value)
{
	if (value.len > LATE_VALUE_MAX) {
		late_forget(late, table, key);
		return false;
	}
	struct late_row *row = late_make(late, table, key);
	if (!row)
		return false;
	if (!row->is_to_put) {
		row->next = late->to_put;
		late->to_put = row;
		row->is_to_put = true;
	}
	late_set(row, value);
	return true;
}

void late_forget(struct late_rows *late, enum store_table table, struct bytes key)
{
	uint64_t hash;
	struct late_row *row = late_find(late, table, key, &hash);
	if (row)
		row->state = LATE_UNKNOWN;
}

void late_settle(struct late_rows *late, late_put_fn *put, struct store_txn *txn)
{
	for (struct late_row *row = late->to_put; row; row = row->next) {
		row->is_to_put = false;
		if (row->state == LATE_THERE)
			put(txn, row->table, bytes_of(row->key, row->key_len),
			    bytes_of(row->value, row->value_len));
	}
	late->to_put = NULL;
}
