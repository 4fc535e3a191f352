/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/environment.h"
#include "store/settings.h"
#include "base/crc32c.h"
#include "store/trouble.h"
#include <assert.h>
#include <string.h>

#define CRC_LEN 4

/* How many puts may pass before the room that is left is looked at again. */
#define PUTS_PER_LOOK 64

static uint32_t crc_of(struct bytes key, struct bytes value)
{
	return crc32c(crc32c(0, key.data, key.len), value.data, value.len);
}

static MDB_val val_of(struct bytes b)
{
	return (MDB_val){.mv_size = b.len, .mv_data = (void *)b.data};
}

static bool store_is_key(struct bytes key)
{
	return key.len >= 1 && key.len <= STORE_ROW_KEY_MAX;
}

static bool store_begin(struct store_txn *txn, unsigned flags)
{
	struct store *s = txn->store;
	MDB_txn *handle = NULL;
	int code = txn->is_write && s->is_protected ? s->protected_by
		   : s->env                         ? mdb_txn_begin(s->env, NULL, flags, &handle)
						    : MDB_PANIC;
	if (code)
		environment_fail_txn(txn, "begin", code);
	else
		txn->handle = handle;
	return !code;
}

/* Nobody is parking the readers from here on until `is_active` is false again. */
static void store_announce(struct store_txn *txn)
{
	struct store *s = txn->store;
	txn->is_active = true;
	while (s->is_parking) {
		txn->is_active = false;
		pthread_mutex_lock(&s->lock);
		pthread_mutex_unlock(&s->lock);
		txn->is_active = true;
	}
}

static void close_cursors(struct store_txn *txn)
{
	for (unsigned t = 0; t < STORE_TABLES; t++) {
		if (txn->cursors[t].handle)
			mdb_cursor_close(txn->cursors[t].handle);
		txn->cursors[t] = (struct store_cursor){0};
	}
}

static bool has_room(struct store_txn *txn, size_t bytes)
{
	struct store *s = txn->store;
	txn->last = bytes;
	txn->bytes += bytes;
	uint64_t kept = s->reserve_pages;
	if (txn->may_use_reserve == STORE_RESERVE_WHOLE || txn->puts++ % PUTS_PER_LOOK != 0)
		return true;
	if (txn->may_use_reserve == STORE_RESERVE_HALF)
		kept /= 2;
	if (environment_pages(s, txn->handle) + kept <= s->map_pages)
		return true;
	environment_fail_txn(txn, "put", MDB_MAP_FULL);
	return false;
}

/* MDB_KEYEXIST: not above all keys, for MDB_APPEND. */
static int store_store_put(struct store_txn *txn, enum store_table table, struct bytes key,
			   struct bytes value, unsigned flags)
{
	MDB_val k = val_of(key), v = {.mv_size = value.len + CRC_LEN};
	uint32_t crc = crc_of(key, value);
	int code = mdb_put(txn->handle, txn->store->tables[table], &k, &v, flags | MDB_RESERVE);
	if (code)
		return code;
	struct bytes_out out = bytes_out_of(v.mv_data, v.mv_size);
	bytes_out_put(&out, value.data, value.len);
	bytes_out_u32(&out, crc);
	txn->is_dirty = true;
	return 0;
}

bool environment_value(struct store_txn *txn, struct bytes key, struct bytes stored,
		       struct bytes *value)
{
	if (stored.len >= CRC_LEN) {
		struct bytes v = bytes_of(stored.data, stored.len - CRC_LEN);
		struct bytes_in in = bytes_in_of(stored.data, stored.len);
		bytes_in_take(&in, v.len);
		if (bytes_in_u32(&in) == crc_of(key, v)) {
			*value = v;
			return true;
		}
	}
	txn->store->damaged_rows++;
	environment_fail_txn(txn, "read", MDB_CORRUPTED);
	return false;
}

void store_read_begin(struct store *s, struct store_txn *txn)
{
	memset(txn, 0, sizeof *txn);
	txn->store = s;
	int failed = pthread_mutex_lock(&s->lock);
	assert(!failed);
	txn->link = &s->readers;
	txn->next = s->readers;
	if (txn->next)
		txn->next->link = &txn->next;
	s->readers = txn;
	pthread_mutex_unlock(&s->lock);
	store_announce(txn);
	store_begin(txn, MDB_RDONLY);
}

void store_read_renew(struct store_txn *txn)
{
	assert(!txn->is_write);
	txn->error = STORE_OK;
	if (txn->is_active)
		store_read_reset(txn);
	store_announce(txn);
	if (!txn->handle) {
		store_begin(txn, MDB_RDONLY);
		return;
	}
	int code = mdb_txn_renew(txn->handle);
	if (code)
		environment_fail_txn(txn, "renew", code);
}

void store_read_reset(struct store_txn *txn)
{
	assert(!txn->is_write);
	if (txn->handle)
		mdb_txn_reset(txn->handle);
	txn->is_active = false;
}

void store_read_end(struct store_txn *txn)
{
	struct store *s = txn->store;
	assert(!txn->is_write);
	txn->is_active = false;
	int failed = pthread_mutex_lock(&s->lock);
	assert(!failed);
	*txn->link = txn->next;
	if (txn->next)
		txn->next->link = txn->link;
	close_cursors(txn);
	if (txn->handle)
		mdb_txn_abort(txn->handle);
	txn->handle = NULL;
	pthread_mutex_unlock(&s->lock);
}

void store_write_begin(struct store *s, struct store_txn *txn)
{
	memset(txn, 0, sizeof *txn);
	txn->store = s;
	txn->is_write = true;
	/* Opening anew may have failed before: a reader kept its snapshot for too long. */
	if (environment_is_dead(s) && !environment_reopen(s)) {
		store_fail(txn, STORE_BROKEN);
		return;
	}
	if (!store_begin(txn, 0))
		return;
	txn->late = s->late;
	late_begin(txn->late);
}

void store_use_reserve(struct store_txn *txn)
{
	txn->may_use_reserve = STORE_RESERVE_WHOLE;
}

void store_use_half_of_reserve(struct store_txn *txn)
{
	txn->may_use_reserve = STORE_RESERVE_HALF;
}

void store_spare_reserve(struct store_txn *txn)
{
	txn->may_use_reserve = STORE_RESERVE_NONE;
}

/* A file system that became read-only does not let LMDB's table of readers be written either: the
 * environment is opened without one. */
static void store_leave_writing(struct store_txn *txn)
{
	struct store *s = txn->store;
	if (txn->error == STORE_READ_ONLY && !s->is_protected)
		environment_reopen(s);
}

static void store_put_late(struct store_txn *txn, enum store_table table, struct bytes key,
			   struct bytes value)
{
	int code = txn->error ? 0 : store_store_put(txn, table, key, value, 0);
	if (code)
		environment_fail_txn(txn, "put", code);
}

void environment_settle(struct store_txn *txn, enum store_table table)
{
	if (late_keeps(txn, table))
		late_settle(txn->late, store_put_late, txn);
}

enum store_error store_commit(struct store_txn *txn)
{
	struct store *s = txn->store;
	assert(txn->is_write);
	if (txn->late)
		late_settle(txn->late, store_put_late, txn);
	if (txn->error || !txn->is_dirty) {
		store_abort(txn);
		store_leave_writing(txn);
		return txn->error;
	}
	close_cursors(txn);
	int code = mdb_txn_commit(txn->handle);
	txn->handle = NULL;
	if (!code) {
		s->commits++;
		trouble_written(s);
		return STORE_OK;
	}
	environment_fail_txn(txn, "commit", code);
	store_leave_writing(txn);
	settings_drop(txn);
	if (environment_is_dead(s))
		environment_reopen(s);
	return txn->error;
}

void store_abort(struct store_txn *txn)
{
	assert(txn->is_write);
	settings_drop(txn);
	close_cursors(txn);
	if (txn->handle)
		mdb_txn_abort(txn->handle);
	txn->handle = NULL;
}

static bool store_get_stored(struct store_txn *txn, enum store_table table, struct bytes key,
			     struct bytes *value)
{
	MDB_val k = val_of(key), v;
	int code = mdb_get(txn->handle, txn->store->tables[table], &k, &v);
	if (code == 0)
		return environment_value(txn, key, bytes_of(v.mv_data, v.mv_size), value);
	if (code != MDB_NOTFOUND)
		environment_fail_txn(txn, "get", code);
	else if (txn->store->is_damaged[table])
		environment_fail_txn(txn, "get", MDB_CORRUPTED);
	return false;
}

bool store_get(struct store_txn *txn, enum store_table table, struct bytes key, struct bytes *value)
{
	if (txn->error || !store_is_key(key) || txn->store->is_absent[table] ||
	    !environment_may_read(txn, table, "get"))
		return false;
	bool is_kept = late_keeps(txn, table);
	enum late_state state = is_kept ? late_get(txn->late, table, key, value) : LATE_UNKNOWN;
	if (state != LATE_UNKNOWN)
		return state == LATE_THERE;
	bool is_there = store_get_stored(txn, table, key, value);
	if (is_kept && !txn->error)
		late_note(txn->late, table, key, is_there ? value : NULL);
	return is_there;
}

/* Whether the row is kept, to be put later; not while a walk is under way, which would not meet
 * it. */
static bool store_is_put_late(struct store_txn *txn, enum store_table table, struct bytes key,
			      struct bytes value)
{
	if (!late_keeps(txn, table))
		return false;
	if (!txn->cursors[table].is_busy && late_put(txn->late, table, key, value)) {
		txn->is_dirty = true;
		return true;
	}
	late_forget(txn->late, table, key);
	return false;
}

void store_put(struct store_txn *txn, enum store_table table, struct bytes key, struct bytes value)
{
	assert(txn->is_write && store_is_key(key));
	if (txn->error || !has_room(txn, key.len + value.len) ||
	    store_is_put_late(txn, table, key, value))
		return;
	int code = store_store_put(txn, table, key, value, 0);
	if (code)
		environment_fail_txn(txn, "put", code);
}

void store_append(struct store_txn *txn, enum store_table table, struct bytes key,
		  struct bytes value)
{
	assert(txn->is_write && store_is_key(key));
	if (txn->error || !has_room(txn, key.len + value.len) ||
	    store_is_put_late(txn, table, key, value))
		return;
	int code = store_store_put(txn, table, key, value, MDB_APPEND);
	if (code == MDB_KEYEXIST)
		code = store_store_put(txn, table, key, value, 0);
	if (code)
		environment_fail_txn(txn, "append", code);
}

bool store_del(struct store_txn *txn, enum store_table table, struct bytes key)
{
	assert(txn->is_write);
	if (txn->error || !store_is_key(key))
		return false;
	MDB_val k = val_of(key);
	struct bytes value;
	bool was_late =
		late_keeps(txn, table) && late_get(txn->late, table, key, &value) == LATE_THERE;
	if (late_keeps(txn, table))
		late_forget(txn->late, table, key);
	int code = mdb_del(txn->handle, txn->store->tables[table], &k, NULL);
	if (code == 0)
		txn->is_dirty = true;
	else if (code != MDB_NOTFOUND)
		environment_fail_txn(txn, "del", code);
	return code == 0 || (was_late && code == MDB_NOTFOUND);
}

void store_empty(struct store_txn *txn, enum store_table table)
{
	assert(txn->is_write);
	environment_settle(txn, table);
	if (txn->error)
		return;
	if (late_keeps(txn, table))
		late_begin(txn->late);
	int code = mdb_drop(txn->handle, txn->store->tables[table], 0);
	if (code)
		environment_fail_txn(txn, "drop", code);
	txn->is_dirty = true;
}

bool store_is_filling(struct store_txn *txn)
{
	const struct store *s = txn->store;
	return !txn->error && environment_pages(txn->store, txn->handle) > s->map_pages / 4 * 3;
}

uint64_t store_number(struct store_txn *txn, const char *word)
{
	struct bytes value;
	if (!store_get(txn, STORE_META, bytes_of(word, strlen(word)), &value))
		return 0;
	struct bytes_in in = bytes_in_of(value.data, value.len);
	uint64_t number = bytes_in_u64(&in);
	if (in.bad || bytes_in_left(&in))
		store_fail(txn, STORE_CORRUPT);
	return txn->error ? 0 : number;
}

void store_set_number(struct store_txn *txn, const char *word, uint64_t number)
{
	uint8_t value[8];
	struct bytes_out out = bytes_out_of(value, sizeof value);
	bytes_out_u64(&out, number);
	store_put(txn, STORE_META, bytes_of(word, strlen(word)), bytes_of(value, sizeof value));
}

void store_fail(struct store_txn *txn, enum store_error error)
{
	if (!txn->error)
		txn->error = error;
}

const char *store_error_text(enum store_error error)
{
	switch (error) {
	case STORE_OK:
		return "no error";
	case STORE_FULL:
		return "the store's map is full: 'tenurectl store grow SIZE' enlarges it";
	case STORE_DISK_FULL:
		return "the disk of the store is full: make room on it";
	case STORE_READ_ONLY:
		return "the store's file system is read-only";
	case STORE_NO_MEMORY:
		return "there is no memory for it";
	case STORE_CORRUPT:
		return "the store is damaged";
	case STORE_NEWER:
		return "the store holds what a later version of tenure wrote: install that "
		       "version, "
		       "or restore a backup of this one";
	case STORE_BROKEN:
		return "the store cannot be read or written";
	}
	return "unknown error of the store";
}
