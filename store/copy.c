/* SPDX-License-Identifier: BSD-2-Clause */
/* A store as a whole: its copy, and rows as they lie there. For backup, check and repair. */
#include "config.h"
#include "store/environment.h"
#include "base/crc32c.h"
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CRC_LEN 4

/* Of the copy's file as well as of the store. */
static enum store_error copy_error(struct store *s, int code)
{
	if (code)
		log_warning("the store could not be copied", "path=%s reason=\"%s\"", s->path,
			    mdb_strerror(code));
	return code ? environment_error(s, code) : STORE_OK;
}

static void copy_list(struct store *s, struct store_copying *copying)
{
	pthread_mutex_lock(&s->lock);
	copying->link = &s->copies;
	copying->next = s->copies;
	if (copying->next)
		copying->next->link = &copying->next;
	s->copies = copying;
	pthread_mutex_unlock(&s->lock);
}

static void copy_unlist(struct store *s, struct store_copying *copying)
{
	pthread_mutex_lock(&s->lock);
	*copying->link = copying->next;
	if (copying->next)
		copying->next->link = copying->link;
	pthread_mutex_unlock(&s->lock);
}

/* LMDB copies to the end, or to the first error: each next write meets a full device. */
void environment_end_copies(struct store *s)
{
	int full = s->copies ? open("/dev/full", O_WRONLY | O_CLOEXEC) : -1;
	for (struct store_copying *c = s->copies; c && full >= 0; c = c->next)
		(void)dup3(full, c->fd, O_CLOEXEC);
	if (full >= 0)
		close(full);
}

enum store_error store_copy(struct store *s, int fd)
{
	/* A reader of ours for as long as it takes, so that nobody closes the environment under it.
	 */
	struct store_txn txn;
	struct store_copying copying = {.fd = fd};
	copy_list(s, &copying);
	store_read_begin(s, &txn);
	int code = txn.error ? MDB_PANIC : mdb_env_copyfd2(s->env, fd, MDB_CP_COMPACT);
	store_read_reset(&txn); /* before the lock: who has it may wait for us */
	store_read_end(&txn);
	copy_unlist(s, &copying);
	return copy_error(s, code);
}

static int copy_drop(MDB_txn *txn, enum store_table table)
{
	MDB_dbi dbi;
	int code = mdb_dbi_open(txn, store_table_name(table), 0, &dbi);
	if (code == MDB_NOTFOUND)
		return 0;
	return code ? code : mdb_drop(txn, dbi, 0);
}

/* In a copy that nobody else has. */
static int copy_strip(MDB_env *env, bool (*is_left_out)(enum store_table))
{
	MDB_txn *txn;
	int code = mdb_txn_begin(env, NULL, 0, &txn);
	if (code)
		return code;
	for (unsigned t = 0; !code && t < STORE_TABLES; t++)
		if (is_left_out((enum store_table)t))
			code = copy_drop(txn, (enum store_table)t);
	if (!code)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return code;
}

enum store_error store_copy_without(struct store *s, int fd, int spare,
				    bool (*is_left_out)(enum store_table))
{
	MDB_env *env;
	char path[64];
	enum store_error error = store_copy(s, spare);
	if (error)
		return error;
	snprintf(path, sizeof path, "/proc/self/fd/%d", spare);
	int code = mdb_env_create(&env);
	if (code)
		return copy_error(s, code);
	code = mdb_env_set_mapsize(env, s->options.map_size);
	if (!code)
		code = mdb_env_set_maxdbs(env, STORE_TABLES);
	/* Its pages are not needed after this: no sync. */
	if (!code)
		code = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC, 0600);
	if (!code)
		code = copy_strip(env, is_left_out);
	/* Copied again, so that what was freed is not in the file. */
	if (!code)
		code = mdb_env_copyfd2(env, fd, MDB_CP_COMPACT);
	mdb_env_close(env);
	return copy_error(s, code);
}

static bool copy_is_whole(struct bytes key, struct bytes stored, struct bytes *value)
{
	*value = stored;
	if (stored.len < CRC_LEN)
		return false;
	struct bytes v = bytes_of(stored.data, stored.len - CRC_LEN);
	struct bytes_in in = bytes_in_of(stored.data, stored.len);
	bytes_in_take(&in, v.len);
	if (bytes_in_u32(&in) != crc32c(crc32c(0, key.data, key.len), v.data, v.len))
		return false;
	*value = v;
	return true;
}

void store_scan(struct store_txn *txn, enum store_table table,
		bool (*each)(void *context, const struct store_row *), void *context)
{
	MDB_cursor *cursor;
	MDB_val k, v;
	bool goes_on = true;
	if (txn->error || txn->store->is_absent[table] || !environment_may_read(txn, table, "scan"))
		return;
	environment_settle(txn, table);
	int code = mdb_cursor_open(txn->handle, txn->store->tables[table], &cursor);
	if (code) {
		environment_fail_txn(txn, "scan", code);
		return;
	}
	while (goes_on && !(code = mdb_cursor_get(cursor, &k, &v, MDB_NEXT))) {
		struct store_row row = {.key = bytes_of(k.mv_data, k.mv_size)};
		row.is_whole = copy_is_whole(row.key, bytes_of(v.mv_data, v.mv_size), &row.value);
		goes_on = each(context, &row);
	}
	if (code && code != MDB_NOTFOUND)
		environment_fail_txn(txn, "scan", code);
	mdb_cursor_close(cursor);
}

bool store_has(struct store_txn *txn, enum store_table table, struct bytes key)
{
	MDB_val k = {.mv_size = key.len, .mv_data = (void *)key.data}, v;
	if (txn->error || key.len == 0 || txn->store->is_absent[table] ||
	    !environment_may_read(txn, table, "get"))
		return false;
	environment_settle(txn, table);
	int code = mdb_get(txn->handle, txn->store->tables[table], &k, &v);
	if (code && code != MDB_NOTFOUND)
		environment_fail_txn(txn, "get", code);
	return !code;
}

void store_put_row(struct store_txn *txn, enum store_table table, const struct store_row *row)
{
	assert(txn->is_write);
	if (row->is_whole) {
		store_append(txn, table, row->key, row->value);
		return;
	}
	if (txn->error)
		return;
	if (late_keeps(txn, table))
		late_forget(txn->late, table, row->key);
	MDB_val k = {.mv_size = row->key.len, .mv_data = (void *)row->key.data};
	MDB_val v = {.mv_size = row->value.len, .mv_data = (void *)row->value.data};
	int code = mdb_put(txn->handle, txn->store->tables[table], &k, &v, 0);
	if (code)
		environment_fail_txn(txn, "put", code);
	txn->is_dirty = true;
}
