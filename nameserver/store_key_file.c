/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/store_key_file.h"
#include "base/log.h"
#include "nameserver/core.h"
#include <assert.h>
#include <stdio.h>

static bool has_keys(struct store *store)
{
	struct store_usage usage;
	store_usage(store, &usage);
	return usage.entries[STORE_KEYS] > 0;
}

/* NULL: it could not be written. */
static struct store_key *store_key_make_file(const char *folder, char problem[STORE_KEY_ERROR_MAX])
{
	struct store_key *made = store_key_new();
	bool is_made = store_key_add(made, 0);
	assert(is_made); /* it is the first */
	if (store_key_write(made, folder, problem))
		return made;
	store_key_free(made);
	return NULL;
}

struct store_key *store_key_file_open(struct store *store, const char *folder,
				      char problem[STORE_KEY_ERROR_MAX])
{
	bool is_absent;
	struct store_key *keys = store_key_new(), *made = NULL;
	problem[0] = '\0';
	if (store_key_read(keys, folder, &is_absent, problem)) {
		problem[0] = '\0';
		return keys;
	}
	if (is_absent && !has_keys(store))
		made = store_key_make_file(folder, problem);
	if (!made)
		return keys;
	problem[0] = '\0';
	store_key_free(keys);
	return made;
}

bool store_key_file_problem(const struct core *core, const struct keyring *ring,
			    char out[STORE_KEY_FILE_TEXT_MAX])
{
	struct store_key_id needs;
	char text[STORE_KEY_ID_TEXT_MAX];
	size_t count = keyring_sealed_count(ring, &needs);
	const char *why = store_key_count(core->store_key) ? "" : core->store_key_problem;
	if (count == 0 && !*why)
		return false;
	if (count == 0)
		snprintf(out, STORE_KEY_FILE_TEXT_MAX, "no secret can be sealed: %s", why);
	else
		snprintf(
			out, STORE_KEY_FILE_TEXT_MAX,
			"%zu key%s cannot be unsealed, and what %s sign%s is refused: store key %s "
			"is needed%s%s",
			count, count == 1 ? "" : "s", count == 1 ? "it" : "they",
			count == 1 ? "s" : "", store_key_id_print(&needs, text), *why ? "; " : "",
			why);
	return true;
}

void store_key_file_warn(struct core *core)
{
	struct store_txn txn;
	char text[STORE_KEY_FILE_TEXT_MAX];
	store_read_begin(core->store, &txn);
	struct keyring *ring = keyring_load(&txn, core->store_key);
	if (store_key_file_problem(core, ring, text))
		log_error("store key",
			  "problem=\"%s\" do=\"put " STORE_KEY_FILE
			  " into the data folder and restart\"",
			  text);
	keyring_free(ring);
	store_read_end(&txn);
}
