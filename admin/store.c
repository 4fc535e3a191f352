/* SPDX-License-Identifier: BSD-2-Clause */
/* store rekey: a new store key, and all secrets of TSIG keys sealed by it. store grow: a larger
 * map. */
#include "admin/command.h"
#include "base/sizeword.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

struct rekey {
	bool is_forced;
	struct store_key *file; /* with the new key; NULL: not yet made */
	struct call *call;
	struct state_edit rows;
	uint32_t highest; /* number of a store key that a row names */
	size_t sealed;    /* by the parts before */
	enum call_code code;
	/* Of the part that runs: */
	struct writer_part time;
	struct store_key_id current;
	size_t sealed_now, left;
	bool is_over;
};

static void see_number(struct rekey *rekey, struct bytes sealed)
{
	struct store_key_id id;
	if (store_key_of(sealed, &id) && id.number > rekey->highest)
		rekey->highest = id.number;
}

/* What cannot be unsealed would be lost to the new store key. */
static bool store_check_one(void *context, const struct keyring_key *stored)
{
	struct rekey *rekey = context;
	struct keyring_key key = *stored;
	see_number(rekey, bytes_of(key.sealed, key.sealed_len));
	see_number(rekey, bytes_of(key.previous_sealed, key.previous_sealed_len));
	rekey->code = command_key_unseal(rekey->call, &key);
	if (rekey->code && rekey->is_forced)
		rekey->code = CALL_OK;
	keyring_key_wipe(&key);
	return !rekey->code;
}

static bool rekey_has_sealed(const struct rekey *rekey, const uint8_t *sealed, size_t len)
{
	struct store_key_id id;
	return len == 0 ||
	       (store_key_of(bytes_of(sealed, len), &id) && id.number == rekey->current.number);
}

/* False: the part is over. */
static bool seal_one(void *context, const struct keyring_key *stored)
{
	struct rekey *rekey = context;
	struct keyring_key key = *stored;
	if (rekey_has_sealed(rekey, key.sealed, key.sealed_len) &&
	    rekey_has_sealed(rekey, key.previous_sealed, key.previous_sealed_len))
		return true;
	if (keyring_key_unseal(&key, rekey->call->core->store_key)) {
		rekey->left++;
		return true;
	}
	key.sealed_len = 0;
	if (key.previous_len)
		key.previous_sealed_len = 0;
	keyring_put(&rekey->rows, rekey->call->core->store_key, &key);
	keyring_key_wipe(&key);
	rekey->sealed_now++;
	rekey->is_over = writer_part_is_over(&rekey->time);
	return !rekey->is_over;
}

/* Nothing that stands in the file is lost, also if it was put there while the server ran. */
static enum call_code store_make_file(struct rekey *rekey)
{
	char error[STORE_KEY_ERROR_MAX];
	struct core *core = rekey->call->core;
	const char *folder = store_path(core->store);
	bool is_absent;
	if (rekey->file)
		return CALL_OK;
	struct store_key *file = store_key_new();
	bool is_well = store_key_read(file, folder, &is_absent, error) || is_absent;
	if (is_well &&
	    (!store_key_merge(file, core->store_key) || !store_key_add(file, rekey->highest))) {
		snprintf(error, sizeof(error), "%.300s/" STORE_KEY_FILE ": more than %d keys",
			 folder, STORE_KEY_LINES_MAX);
		is_well = false;
	}
	if (!is_well || !store_key_write(file, folder, error)) {
		store_key_free(file);
		return call_fail(rekey->call, CALL_FAILED, "%s", error);
	}
	rekey->file = file;
	bool is_merged = store_key_merge(core->store_key, file);
	assert(is_merged); /* the file has all of them, and one more */
	return CALL_OK;
}

/* In the writer's thread, where no two of them make a file. Keys that are sealed by it already were
 * so by a part before, or are new. */
static enum call_code rekey_part(struct call *call, struct store_txn *txn, void *context)
{
	struct rekey *rekey = context;
	char id[STORE_KEY_ID_TEXT_MAX], subject[STORE_KEY_ID_TEXT_MAX + 16];
	rekey->time = writer_part_begin(call->core->part_steps);
	rekey->rows = state_edit_of(txn, &call->arena);
	rekey->sealed_now = rekey->left = 0;
	rekey->is_over = false;
	enum call_code code = store_make_file(rekey);
	if (code)
		return code;
	rekey->current = store_key_current(call->core->store_key);
	keyring_walk(txn, seal_one, rekey);
	if (rekey->sealed_now == 0 && rekey->sealed > 0)
		return CALL_OK;
	snprintf(subject, sizeof(subject), "store key %s", store_key_id_print(&rekey->current, id));
	command_log(call, txn, NULL,
		    &(struct command_event){ENTRY_ADMIN, EVENT_STORE_REKEY, subject, NULL,
					    &rekey->rows});
	return CALL_OK;
}

/* Between two parts the writer does what others want. */
static enum call_code rekey_do(struct call *call, struct rekey *rekey)
{
	enum call_code code;
	keyring_walk(call->snapshot.txn, store_check_one, rekey);
	code = rekey->code ? rekey->code : command_read_ended(call);
	do {
		if (!code)
			code = command_write(call, rekey_part, rekey);
		rekey->sealed += rekey->sealed_now;
		command_progress(call, rekey->sealed, 0, "keys");
	} while (!code && rekey->is_over);
	if (!code || rekey->sealed == 0)
		return code;
	const char *why = arena_text(&call->arena, call->error, strlen(call->error));
	return call_fail(call, code,
			 "%s sealed by the new store key, the others by that before; the same "
			 "command seals all by another new one: %s",
			 arena_print(&call->arena, "%s %s",
				     command_count(call, rekey->sealed, "key"),
				     rekey->sealed == 1 ? "is" : "are"),
			 why);
}

static enum call_code admin_store_rekey(struct call *call)
{
	struct rekey rekey = {.call = call, .is_forced = command_flag(call, "force")};
	char id[STORE_KEY_ID_TEXT_MAX];
	enum call_code code = rekey_do(call, &rekey);
	store_key_free(rekey.file);
	if (code)
		return code;
	struct store_key_id current = store_key_current(call->core->store_key);
	store_key_id_print(&current, id);
	command_result(call, "store_key", json_string(id));
	command_result(call, "keys", json_integer((json_int_t)rekey.sealed));
	command_result(call, "left", json_integer((json_int_t)rekey.left));
	command_say(call,
		    "store key %s seals %zu key%s; keep a new copy of %s/" STORE_KEY_FILE
		    ", with its old lines",
		    id, rekey.sealed, rekey.sealed == 1 ? "" : "s", store_path(call->core->store));
	if (rekey.left)
		command_warn(call, 0,
			     arena_print(&call->arena,
					 "%zu could not be unsealed, and stay as they were",
					 rekey.left));
	return CALL_OK;
}

static enum call_code admin_store_grow(struct call *call)
{
	const char *text = command_text(call, "size");
	char error[STORE_ERROR_MAX], shown[SIZEWORD_TEXT_MAX];
	uint64_t size;
	if (!size_parse(text, &size) || size > STORE_MAP_MOST)
		return call_fail(call, CALL_USAGE, "size: '%.60s' is not a size (32G, 64T at most)",
				 text);
	snapshot_rest(&call->snapshot);
	if (!store_grow(call->core->store, call->core->writer, size, error))
		return call_fail(call, CALL_FAILED, "%s", error);
	size_print(size, shown);
	command_result(call, "size", json_integer((json_int_t)size));
	command_say(call,
		    "the store's map is %s now; set map-size to it in tenured.yaml, which decides "
		    "at the next start",
		    shown);
	return CALL_OK;
}

const struct command command_store_table[] = {
	{"store rekey", admin_store_rekey, "force=b?"},
	{"store grow", admin_store_grow, "size=s"},
	{0},
};
