/* SPDX-License-Identifier: BSD-2-Clause */
/* The store keys of what is restored. */
#include "acl/keyring.h"
#include "vault/restore.h"
#include <stdio.h>

/* False, and `error`: there are more than a file holds. */
static bool restore_key_merge(struct store_key *keys, const struct store_key *from,
			      char error[STORE_KEY_ERROR_MAX])
{
	if (store_key_merge(keys, from))
		return true;
	snprintf(error, STORE_KEY_ERROR_MAX, "there would be more than %d store keys",
		 STORE_KEY_LINES_MAX);
	return false;
}

/* Of the other store's folder, if its file can be read: what its log holds is sealed by them. */
static bool merge_other(struct store_key *keys, const char *folder, char error[STORE_KEY_ERROR_MAX])
{
	bool is_absent;
	struct store_key *other = store_key_new();
	bool is_well = !store_key_read(other, folder, &is_absent, error) ||
		       restore_key_merge(keys, other, error);
	store_key_free(other);
	return is_well;
}

static void find_missing(struct store *store, const struct store_key *keys,
			 struct restore_result *result)
{
	struct store_key_id ids[STORE_KEY_LINES_MAX];
	struct store_txn txn;
	store_read_begin(store, &txn);
	size_t count = keyring_store_keys(&txn, ids, STORE_KEY_LINES_MAX);
	store_read_end(&txn);
	for (size_t i = 0; i < count && i < STORE_KEY_LINES_MAX && !result->lacks_store_key; i++) {
		result->lacks_store_key = !store_key_has(keys, &ids[i]);
		result->missing = ids[i];
	}
}

bool restore_store_key(struct store *store, const struct restore_options *options,
		       const struct store_key *of_backup, struct report *report,
		       struct restore_result *result)
{
	char error[STORE_KEY_ERROR_MAX];
	bool is_absent;
	struct store_key *keys = store_key_new();
	bool is_well = store_key_read(keys, options->data, &is_absent, error) || is_absent;
	size_t before = store_key_count(keys);
	is_well = is_well && restore_key_merge(keys, of_backup, error);
	if (is_well && options->log_of)
		is_well = merge_other(keys, options->log_of, error);
	result->has_store_key = store_key_count(keys) > before;
	if (is_well && result->has_store_key)
		is_well = store_key_write(keys, options->data, error);
	find_missing(store, keys, result);
	store_key_free(keys);
	return is_well || report_fail(report, "%.400s", error);
}
