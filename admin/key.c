/* SPDX-License-Identifier: BSD-2-Clause */
/* key generate, import, show, list, del. Secrets leave only by generate, show and rotate. */
#include "acl/keyfile.h"
#include "acl/who.h"
#include "admin/command.h"
#include "base/nearest.h"
#include "base/timeword.h"
#include "nameserver/key_uses.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define KEYS_MAX 64 /* of one key file */

static enum call_code algorithm_of(struct call *call, const struct hmac_info **info)
{
	const char *text = command_text(call, "algorithm");
	if (!text)
		text = "hmac-sha256";
	*info = hmac_by_text(text, strlen(text));
	if (*info)
		return CALL_OK;
	struct nearest nearest = nearest_to(text);
	for (const struct hmac_info *known = hmac_table; known->text; known++)
		nearest_try(&nearest, known->text);
	const char *meant = nearest_found(&nearest);
	if (meant)
		return call_fail(call, CALL_USAGE, "unknown algorithm '%.60s': did you mean '%s'?",
				 text, meant);
	return call_fail(call, CALL_USAGE, "unknown algorithm '%.60s': hmac-sha256 is usual", text);
}

/* What makes a key unfit for this server, whoever made it. */
static enum call_code check_key(struct call *call, const struct keyring_key *key)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct who who;
	dns_name_show(&key->name, shown);
	if (key->name.labels == 0)
		return call_fail(call, CALL_USAGE, "a key needs a name");
	if (!who_of_key(&who, &key->name))
		return call_fail(call, CALL_USAGE, "key %s: the name is too long", shown);
	if (key->algorithm != HMAC_MD5)
		return CALL_OK;
	if (!call->core->allows_md5)
		return call_fail(call, CALL_FAILED,
				 "key %s: hmac-md5 is broken and not allowed here (allow-md5 in "
				 "tenured.yaml); hmac-sha256 is what everybody has",
				 shown);
	if (!key->has_md5_leave)
		return call_fail(
			call, CALL_FAILED,
			"key %s: hmac-md5 is broken: --allow-md5 takes it for this key, if "
			"its client has nothing else",
			shown);
	return CALL_OK;
}

static enum call_code key_name_of(struct call *call, struct dns_name *name)
{
	*name = dns_name_root();
	return command_name_of(call, "name", name);
}

static bool is_same_key(const struct keyring_key *a, const struct keyring_key *b)
{
	return a->algorithm == b->algorithm && a->secret_len == b->secret_len &&
	       memcmp(a->secret, b->secret, a->secret_len) == 0;
}

struct new_keys {
	struct keyring_key *keys;
	size_t count, added;
};

static void log_key(struct call *call, struct store_txn *txn, const char *event,
		    const struct keyring_key *key)
{
	char shown[DNS_NAME_TEXT_MAX];
	command_log(call, txn, NULL,
		    &(struct command_event){ENTRY_ADMIN, event, dns_name_show(&key->name, shown),
					    hmac_by_number(key->algorithm)->text, NULL});
}

static enum call_code put_work(struct call *call, struct store_txn *txn, void *context)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct new_keys *new = context;
	struct keyring_key stored;
	enum call_code code = CALL_OK;
	for (size_t i = 0; i < new->count && !code; i++)
		if (keyring_get(txn, &new->keys[i].name, &stored) &&
		    !is_same_key(&stored, &new->keys[i]))
			code = call_fail(call, CALL_FAILED,
					 "key %s is here already: delete it first",
					 dns_name_show(&new->keys[i].name, shown));
	new->added = 0;
	for (size_t i = 0; i < new->count && !code; i++) {
		bool is_here = keyring_get(txn, &new->keys[i].name, &stored);
		if (is_here && stored.has_md5_leave >= new->keys[i].has_md5_leave)
			continue;
		keyring_put(txn, &new->keys[i]);
		log_key(call, txn, "key-create", &new->keys[i]);
		new->added++;
	}
	keyring_key_wipe(&stored);
	return code;
}

/* The key as BIND's file, as the answer. */
void command_key_answer(struct call *call, const struct keyring_key *key)
{
	char text[KEYFILE_TEXT_MAX];
	keyfile_print(key, text);
	command_result(call, "name", command_name(&key->name));
	command_result(call, "algorithm", json_string(hmac_by_number(key->algorithm)->text));
	command_result(call, "file", json_string(text));
	explicit_bzero(text, sizeof(text));
}

static enum call_code key_generate(struct call *call)
{
	const struct hmac_info *info;
	struct dns_name name;
	struct keyring_key key = {0};
	enum call_code code = key_name_of(call, &name);
	if (!code)
		code = algorithm_of(call, &info);
	if (code)
		return code;
	keyring_key_generate(&key, &name, info->algorithm, clock_now(&call->core->clock));
	key.has_md5_leave = info->algorithm == HMAC_MD5 && command_flag(call, "allow_md5");
	struct new_keys new = {.keys = &key, .count = 1};
	code = check_key(call, &key);
	if (!code)
		code = command_write(call, put_work, &new);
	if (!code)
		command_key_answer(call, &key);
	keyring_key_wipe(&key);
	return code;
}

static enum call_code import_keys(struct call *call, struct new_keys *new)
{
	char error[KEYFILE_ERROR_MAX];
	const char *text = command_text(call, "text");
	if (!keyfile_parse(text, strlen(text), new->keys, KEYS_MAX, &new->count, error))
		return call_fail(call, CALL_FAILED, "%s", error);
	enum call_code code = CALL_OK;
	for (size_t i = 0; i < new->count && !code; i++) {
		new->keys[i].created = clock_now(&call->core->clock);
		new->keys[i].has_md5_leave =
			new->keys[i].algorithm == HMAC_MD5 &&command_flag(call, "allow_md5");
		code = check_key(call, &new->keys[i]);
	}
	return code ? code : command_write(call, put_work, new);
}

static enum call_code key_import(struct call *call)
{
	struct new_keys new = {.keys = calloc(KEYS_MAX, sizeof(*new.keys))};
	if (!new.keys)
		return call_fail(call, CALL_FAILED, "no memory for the keys");
	enum call_code code = import_keys(call, &new);
	if (!code) {
		command_result(call, "added", json_integer((json_int_t) new.added));
		command_say(call, "%zu of %zu key%s added", new.added, new.count,
			    new.count == 1 ? "" : "s");
	}
	explicit_bzero(new.keys, KEYS_MAX * sizeof(*new.keys));
	free(new.keys);
	return code;
}

struct nearest_key {
	struct call *call;
	struct nearest nearest;
};

static bool try_key(void *context, const struct keyring_key *key)
{
	struct nearest_key *near = context;
	char text[DNS_NAME_TEXT_MAX];
	dns_name_show(&key->name, text);
	nearest_try(&near->nearest, arena_text(&near->call->arena, text, strlen(text)));
	return true;
}

enum call_code command_no_such_key(struct call *call, struct store_txn *txn,
				   const struct dns_name *name)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct nearest_key near = {call, nearest_to(dns_name_show(name, shown))};
	keyring_walk(txn, try_key, &near);
	const char *meant = nearest_found(&near.nearest);
	if (meant)
		return call_fail(call, CALL_NOT_FOUND, "no key '%s' here: did you mean '%s'?",
				 shown, meant);
	return call_fail(call, CALL_NOT_FOUND, "no key '%s' here", shown);
}

static enum call_code key_show(struct call *call)
{
	struct dns_name name;
	struct keyring_key key;
	enum call_code code = key_name_of(call, &name);
	if (code)
		return code;
	if (!keyring_get(call->snapshot.txn, &name, &key))
		return command_no_such_key(call, call->snapshot.txn, &name);
	command_key_answer(call, &key);
	keyring_key_wipe(&key);
	return CALL_OK;
}

/* The last use: what this run of the server has seen, or what was written before. */
static void set_use(struct call *call, const struct keyring_key *key, json_t *row)
{
	uint64_t used = key->used;
	struct addr source;
	char from[ADDR_TEXT_MAX];
	snprintf(from, sizeof(from), "%s", key->used_from);
	if (key_uses_find(call->core->key_uses, &key->name, &used, &source))
		addr_print_host(&source, from);
	json_object_set_new(row, "used", command_seconds(used));
	json_object_set_new(row, "used_from", used ? json_string(from) : json_null());
}

static bool list_key(void *context, const struct keyring_key *key)
{
	struct call *call = context;
	json_t *row = json_object();
	json_object_set_new(row, "name", command_name(&key->name));
	json_object_set_new(row, "algorithm", json_string(hmac_by_number(key->algorithm)->text));
	json_object_set_new(row, "bits", json_integer(key->secret_len * 8));
	json_object_set_new(row, "disabled", json_boolean(key->is_disabled));
	if (key->algorithm == HMAC_MD5)
		json_object_set_new(row, "md5_allowed",
				    json_boolean(key->has_md5_leave && call->core->allows_md5));
	json_object_set_new(row, "created", command_seconds(key->created));
	bool is_rotating = key->previous_len && key->previous_until > clock_now(&call->core->clock);
	json_object_set_new(row, "previous_until",
			    command_seconds(is_rotating ? key->previous_until : 0));
	set_use(call, key, row);
	return command_row(call, row);
}

static enum call_code key_list(struct call *call)
{
	keyring_walk(call->snapshot.txn, list_key, call);
	return command_read_ended(call);
}

static enum call_code del_work(struct call *call, struct store_txn *txn, void *context)
{
	const struct dns_name *name = context;
	struct keyring_key key;
	if (!keyring_get(txn, name, &key))
		return command_no_such_key(call, txn, name);
	store_use_reserve(txn);
	log_key(call, txn, "key-delete", &key);
	keyring_del(txn, name);
	keyring_key_wipe(&key);
	return CALL_OK;
}

/* Somebody may still rely on it. */
static void warn_of_use(struct call *call, const struct dns_name *name)
{
	char from[ADDR_TEXT_MAX], when[TIMEWORD_TEXT_MAX];
	uint64_t used;
	struct addr source;
	if (!key_uses_find(call->core->key_uses, name, &used, &source))
		return;
	addr_print_host(&source, from);
	time_print(used, when);
	command_warn(
		call, 0,
		arena_print(&call->arena, "the key was in use: last at %s, from %s", when, from));
}

static enum call_code key_del(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name name;
	enum call_code code = key_name_of(call, &name);
	if (!code)
		warn_of_use(call, &name);
	if (!code)
		command_warn_notify(call, &name);
	if (!code)
		code = command_write(call, del_work, &name);
	if (!code) {
		command_result(call, "name", command_name(&name));
		command_say(call, "key %s: deleted", dns_name_show(&name, shown));
	}
	return code;
}

const struct command command_key_table[] = {
	{"key generate", key_generate, "name=s algorithm=s? allow_md5=b?"},
	{"key import", key_import, "text=s allow_md5=b?"},
	{"key show", key_show, "name=s"},
	{"key list", key_list, ""},
	{"key del", key_del, "name=s"},
	{0},
};
