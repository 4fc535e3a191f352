/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/keys.h"
#include "vault/restore.h"
#include <string.h>

static struct store_key *store_keys_of(size_t count)
{
	struct store_key *keys = store_key_new();
	for (size_t i = 0; i < count; i++)
		cr_assert(store_key_add(keys, 0));
	return keys;
}

/* The file's keys after the backup's were added to `there` of them. */
static size_t restored_count(size_t there, size_t backup, bool *is_well, struct report *report)
{
	struct keys_store store;
	char error[STORE_KEY_ERROR_MAX];
	bool is_absent;
	keys_open(&store);
	struct store_key *present = store_keys_of(there), *of_backup = store_keys_of(backup);
	struct restore_options options = {.fd = -1, .file = "backup", .data = store.temp.path};
	struct restore_result result = {0};
	cr_assert(store_key_write(present, options.data, error), "%s", error);
	*is_well = restore_store_key(store.store, &options, of_backup, report, &result);
	struct store_key *after = store_key_new();
	cr_assert(store_key_read(after, options.data, &is_absent, error), "%s", error);
	size_t count = store_key_count(after);
	cr_expect(!*is_well || result.has_store_key);
	store_key_free(after);
	store_key_free(present);
	store_key_free(of_backup);
	keys_close(&store);
	return count;
}

Test(restore_key, adds_the_keys_of_the_backup)
{
	struct report report = {0};
	bool is_well;
	cr_expect_eq(restored_count(STORE_KEY_LINES_MAX - 2, 2, &is_well, &report),
		     STORE_KEY_LINES_MAX);
	cr_expect(is_well);
}

Test(restore_key, refuses_more_keys_than_a_file_holds)
{
	struct report report = {0};
	bool is_well;
	cr_expect_eq(restored_count(STORE_KEY_LINES_MAX - 1, 2, &is_well, &report),
		     STORE_KEY_LINES_MAX - 1);
	cr_expect_not(is_well);
	cr_expect(strstr(report.error, "more than 256 store keys"), "%s", report.error);
}
