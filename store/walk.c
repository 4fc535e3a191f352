/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/environment.h"
#include <assert.h>
#include <string.h>

/* The transaction's own cursor unless it is busy; NULL after an error. */
static MDB_cursor *cursor_take(struct store_txn *txn, enum store_table table, bool *is_own)
{
	struct store_cursor *kept = &txn->cursors[table];
	if (txn->error || txn->store->is_absent[table] || !environment_may_read(txn, table, "walk"))
		return NULL;
	environment_settle(txn, table);
	*is_own = kept->is_busy;
	if (!*is_own && kept->handle && !txn->is_write) {
		int code = mdb_cursor_renew(txn->handle, kept->handle);
		if (code) {
			environment_fail_txn(txn, "walk", code);
			return NULL;
		}
	}
	MDB_cursor *cursor = *is_own ? NULL : kept->handle;
	int code = cursor ? 0 : mdb_cursor_open(txn->handle, txn->store->tables[table], &cursor);
	if (code) {
		environment_fail_txn(txn, "walk", code);
		return NULL;
	}
	if (!*is_own)
		*kept = (struct store_cursor){.handle = cursor, .is_busy = true};
	return cursor;
}

static void cursor_give_back(struct store_txn *txn, enum store_table table, MDB_cursor *cursor,
			     bool is_own)
{
	if (cursor && is_own)
		mdb_cursor_close(cursor);
	else if (cursor)
		txn->cursors[table].is_busy = false;
}

static bool walk_has_prefix(struct bytes key, struct bytes prefix)
{
	return key.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(key.data, prefix.data, prefix.len) == 0);
}

/* One step of the cursor, its value checked. False: no such key, or an error. */
static bool store_walk_step(struct store_txn *txn, MDB_cursor *cursor, MDB_cursor_op op,
			    struct bytes *key, struct bytes *value)
{
	MDB_val k = {.mv_size = key->len, .mv_data = (void *)key->data}, v;
	int code = mdb_cursor_get(cursor, &k, &v, op);
	if (code == 0) {
		*key = bytes_of(k.mv_data, k.mv_size);
		return environment_value(txn, *key, bytes_of(v.mv_data, v.mv_size), value);
	}
	if (code != MDB_NOTFOUND)
		environment_fail_txn(txn, "walk", code);
	return false;
}

/* LMDB takes no empty key: from it means from the first. */
static bool step_to(struct store_txn *txn, MDB_cursor *cursor, struct bytes *key,
		    struct bytes *value)
{
	return store_walk_step(txn, cursor, key->len ? MDB_SET_RANGE : MDB_FIRST, key, value);
}

/* The least key that is above all keys that begin with `prefix`; empty: there is none. */
static struct bytes key_above(struct bytes prefix, uint8_t buffer[STORE_ROW_KEY_MAX])
{
	size_t len = prefix.len;
	if (len)
		memcpy(buffer, prefix.data, len);
	while (len && buffer[len - 1] == 0xff)
		len--;
	if (len)
		buffer[len - 1]++;
	return bytes_of(buffer, len);
}

void store_walk_from(struct store_walk *walk, struct store_txn *txn, enum store_table table,
		     struct bytes from, size_t prefix_len)
{
	assert(from.len <= STORE_ROW_KEY_MAX && prefix_len <= from.len);
	walk->txn = txn;
	walk->table = table;
	walk->is_started = false;
	walk->is_own_cursor = false;
	walk->from_len = from.len;
	walk->prefix_len = prefix_len;
	if (from.len)
		memcpy(walk->from, from.data, from.len);
	walk->cursor = cursor_take(txn, table, &walk->is_own_cursor);
}

bool store_walk_next(struct store_walk *walk, struct bytes *key, struct bytes *value)
{
	if (walk->txn->error || !walk->cursor)
		return false;
	struct bytes k = bytes_of(walk->from, walk->from_len), v;
	bool is_there = walk->is_started
				? store_walk_step(walk->txn, walk->cursor, MDB_NEXT, &k, &v)
				: step_to(walk->txn, walk->cursor, &k, &v);
	walk->is_started = true;
	if (!is_there || !walk_has_prefix(k, bytes_of(walk->from, walk->prefix_len)))
		return false;
	*key = k;
	*value = v;
	return true;
}

void store_walk_end(struct store_walk *walk)
{
	cursor_give_back(walk->txn, walk->table, walk->cursor, walk->is_own_cursor);
	walk->cursor = NULL;
}

void store_neighbours(struct store_txn *txn, enum store_table table, struct bytes key,
		      size_t prefix_len, struct bytes *below, struct bytes *at_or_above)
{
	bool is_own;
	struct bytes prefix = bytes_of(key.data, prefix_len), k = key, ignored;
	assert(key.len <= STORE_ROW_KEY_MAX && prefix_len <= key.len);
	*below = *at_or_above = bytes_of(NULL, 0);
	MDB_cursor *cursor = cursor_take(txn, table, &is_own);
	if (!cursor)
		return;
	bool is_there = step_to(txn, cursor, &k, &ignored);
	if (is_there && walk_has_prefix(k, prefix))
		*at_or_above = k;
	if (!txn->error &&
	    store_walk_step(txn, cursor, is_there ? MDB_PREV : MDB_LAST, &k, &ignored) &&
	    walk_has_prefix(k, prefix))
		*below = k;
	cursor_give_back(txn, table, cursor, is_own);
}

bool store_last(struct store_txn *txn, enum store_table table, struct bytes prefix,
		struct bytes *key, struct bytes *value)
{
	bool is_own;
	uint8_t buffer[STORE_ROW_KEY_MAX];
	assert(prefix.len <= STORE_ROW_KEY_MAX);
	MDB_cursor *cursor = cursor_take(txn, table, &is_own);
	if (!cursor)
		return false;
	struct bytes k = key_above(prefix, buffer), v;
	bool is_above = k.len && step_to(txn, cursor, &k, &v);
	bool is_there = !txn->error &&
			store_walk_step(txn, cursor, is_above ? MDB_PREV : MDB_LAST, &k, &v) &&
			walk_has_prefix(k, prefix);
	cursor_give_back(txn, table, cursor, is_own);
	if (!is_there)
		return false;
	*key = k;
	*value = v;
	return true;
}
