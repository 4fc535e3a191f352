/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows of a store of 0.1.0, which may be anybody's backup: each is taken, or refused with a
 * sentence, and none breaks the store that is made.
 *
 *      rows, one behind the other: 1 table, 1 length, key, 2 length, value
 */
#include "config.h"
#include "vault/migrate_row.h"
#include "zonedb/principal.h"
#include <assert.h>
#include <stdlib.h>
#include <stdio.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[] = "/tmp/fuzz-migrate-XXXXXX";
static struct store *store;
static struct store_key *store_key;

static void remove_folder(void)
{
	static const char *const files[] = {"data.mdb", "lock.mdb", "lock"};
	char path[sizeof(folder) + 16];
	store_close(store);
	store_key_free(store_key);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void open_once(void)
{
	char error[STORE_ERROR_MAX];
	struct store_options options = {.path = folder, .map_size = 64 << 20};
	if (store)
		return;
	assert(mkdtemp(folder));
	store = store_open(&options, error);
	assert(store);
	store_key = store_key_new();
	assert(store_key_add(store_key, 0));
	atexit(remove_folder);
}

static void take_row(struct migrate_row *row, struct bytes_in *in)
{
	char name[MIGRATE_NAME_MAX];
	uint8_t table = bytes_in_u8(in), key_len = bytes_in_u8(in);
	const uint8_t *key = bytes_in_take(in, key_len);
	uint16_t value_len = bytes_in_u16(in);
	const uint8_t *value = bytes_in_take(in, value_len);
	if (in->bad || key_len == 0)
		return;
	row->table = migrate_tables[table % MIGRATE_TABLES];
	row->key = bytes_of(key, key_len);
	row->value = bytes_of(value, value_len);
	bool is = migrate_row(row);
	assert(is || row->why || row->txn->error);
	assert(strlen(migrate_row_name(row, name)) < sizeof(name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct store_txn txn;
	struct arena arena = {0};
	struct migrate_server server = {0};
	struct bytes_in in = bytes_in_of(data, size);
	open_once();
	store_write_begin(store, &txn);
	principal_put(&txn, 1, "key:a");
	struct migrate_row row = {
		.txn = &txn, .arena = &arena, .server = &server, .store_key = store_key};
	while (!in.bad && bytes_in_left(&in) && !txn.error)
		take_row(&row, &in);
	migrate_server_settle(&txn, &server, &arena);
	store_abort(&txn);
	arena_free(&arena);
	return 0;
}
