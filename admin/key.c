/* SPDX-License-Identifier: BSD-2-Clause */
/* key generate, import, show, list, del. Secrets leave only by generate, show and rotate, each with
 * its entry of the log. */
#include "acl/keyfile.h"
#include "acl/who.h"
#include "admin/command_parts.h"
#include "admin/key_stakes.h"
#include "base/nearest.h"
#include "base/timeword.h"
#include "nameserver/key_uses.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define KEYS_MAX 64 /* of one key file */

enum call_code command_algorithm_of(struct call *call, const char *text,
				    const struct hmac_info **info)
{
	if (!text)
		text = "hmac-sha256";
	*info = hmac_by_text(text, strlen(text));
	if (*info)
		return CALL_OK;
	/* "sha256", "SHA-256", as other programs say. */
	const char *bare = strncasecmp(text, "hmac-", 5) == 0 ? text + 5 : text;
	struct nearest nearest = nearest_to(arena_print(&call->arena, "hmac-%.60s", bare));
	for (const struct hmac_info *known = hmac_table; known->text; known++)
		nearest_try(&nearest, known->text);
	const char *meant = nearest_found(&nearest);
	if (meant)
		return call_fail(call, CALL_USAGE, "unknown algorithm '%.60s': did you mean '%s'?",
				 text, meant);
	return call_fail(call, CALL_USAGE, "unknown algorithm '%.60s': hmac-sha256 is usual", text);
}

/* Why this server cannot use a key, generated or imported. */
enum call_code command_key_check(struct call *call, const struct keyring_key *key)
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

/* Whether the stored key has the same secret; one that cannot be unsealed has not. */
bool command_key_is_same(struct call *call, struct keyring_key *stored,
			 const struct keyring_key *new)
{
	return !keyring_key_unseal(stored, call->core->store_key) &&
	       stored->algorithm == new->algorithm &&
	       stored->secret_len ==
		       new->secret_len &&memcmp(stored->secret, new->secret, new->secret_len) == 0;
}

struct new_keys {
	struct keyring_key *keys;
	size_t count, added;
};

enum call_code command_key_event(struct call *call, struct store_txn *txn, enum event_kind event,
				 const struct keyring_key *key, struct state_edit *rows)
{
	char shown[DNS_NAME_TEXT_MAX];
	command_log(call, txn, NULL,
		    &(struct command_event){ENTRY_ADMIN, event, dns_name_show(&key->name, shown),
					    hmac_by_number(key->algorithm)->text, rows});
	return CALL_OK;
}

enum call_code command_key_put(struct call *call, struct store_txn *txn, enum event_kind event,
			       const struct keyring_key *key)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct core *core = call->core;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	if (keyring_put(&rows, core->store_key, key))
		return command_key_event(call, txn, event, key, &rows);
	return call_fail(call, CALL_FAILED, "key %s: its secret cannot be sealed: %s",
			 dns_name_show(&key->name, shown),
			 core->store_key_problem[0] ? core->store_key_problem
						    : "there is no store key");
}

/* Whether the key is here, and nothing of it is new but perhaps the leave. */
static bool key_is_known(const struct keyring_key *stored, const struct keyring_key *key)
{
	return stored->has_md5_leave >= key->has_md5_leave;
}

static enum call_code put_one(struct call *call, struct store_txn *txn, struct new_keys *new,
			      const struct keyring_key *key)
{
	struct keyring_key stored;
	bool is_here = keyring_get(txn, &key->name, &stored);
	if (is_here && key_is_known(&stored, key))
		return CALL_OK;
	/* Of a key that is here nothing but the leave is new. */
	if (is_here)
		stored.has_md5_leave = true;
	new->added++;
	return command_key_put(call, txn, EVENT_KEY_CREATE, is_here ? &stored : key);
}

/* Counts those that are new, as `added`; of one that is here with another secret nothing is taken.
 */
static enum call_code key_look(struct call *call, struct store_txn *txn, struct new_keys *new)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct keyring_key stored;
	enum call_code code = CALL_OK;
	new->added = 0;
	for (size_t i = 0; i < new->count && !code; i++) {
		bool is_here = keyring_get(txn, &new->keys[i].name, &stored);
		if (is_here && !command_key_is_same(call, &stored, &new->keys[i]))
			code = call_fail(call, CALL_FAILED,
					 "key %s is here already: `key rotate %s` gives it a new "
					 "secret, `key show %s` prints it",
					 dns_name_show(&new->keys[i].name, shown), shown, shown);
		new->added += !is_here || !key_is_known(&stored, &new->keys[i]);
	}
	keyring_key_wipe(&stored);
	return code;
}

static enum call_code put_work(struct call *call, struct store_txn *txn, void *context)
{
	struct new_keys *new = context;
	enum call_code code = key_look(call, txn, new);
	new->added = 0;
	for (size_t i = 0; i < new->count && !code; i++)
		code = put_one(call, txn, new, &new->keys[i]);
	return code;
}

/* The key as BIND's file, as the answer. */
void command_key_answer(struct call *call, const struct keyring_key *key)
{
	char text[KEYFILE_TEXT_MAX];
	keyfile_print(key, text);
	command_result(call, "name", command_name(&key->name));
	command_result(call, "algorithm", json_string(hmac_by_number(key->algorithm)->text));
	command_result(call, "key_file", json_string(text));
	explicit_bzero(text, sizeof(text));
}

static enum call_code admin_key_generate(struct call *call)
{
	const struct hmac_info *info;
	struct dns_name name;
	struct keyring_key key = {0};
	enum call_code code = key_name_of(call, &name);
	if (!code)
		code = command_algorithm_of(call, command_text(call, "algorithm"), &info);
	if (code)
		return code;
	keyring_key_generate(&key, &name, info->algorithm, clock_now(&call->core->clock));
	key.has_md5_leave = info->algorithm == HMAC_MD5 && command_flag(call, "allow_md5");
	struct new_keys new = {.keys = &key, .count = 1};
	code = command_key_check(call, &key);
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
		code = command_key_check(call, &new->keys[i]);
	}
	if (!code && command_flag(call, "plan"))
		return key_look(call, call->snapshot.txn, new);
	return code ? code : command_write(call, put_work, new);
}

static enum call_code admin_key_import(struct call *call)
{
	struct new_keys new = {.keys = calloc(KEYS_MAX, sizeof(*new.keys))};
	if (!new.keys)
		return call_fail(call, CALL_FAILED, "no memory for the keys");
	enum call_code code = import_keys(call, &new);
	if (!code) {
		command_result(call, "added", json_integer((json_int_t) new.added));
		command_say(call, "%zu of %s %s", new.added, command_count(call, new.count, "key"),
			    command_flag(call, "plan") ? "would be added" : "added");
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

enum call_code command_key_unseal(struct call *call, struct keyring_key *key)
{
	char shown[DNS_NAME_TEXT_MAX], text[STORE_KEY_ID_TEXT_MAX];
	struct store_key_id id;
	const char *problem = keyring_key_unseal(key, call->core->store_key);
	if (!problem)
		return CALL_OK;
	if (!store_key_of(bytes_of(key->sealed, key->sealed_len), &id))
		return call_fail(call, CALL_FAILED, "key %s: its secret cannot be unsealed: %s",
				 dns_name_show(&key->name, shown), problem);
	return call_fail(call, CALL_FAILED,
			 "key %s: its secret, sealed by store key %s, cannot be unsealed: %s",
			 dns_name_show(&key->name, shown), store_key_id_print(&id, text), problem);
}

/* The entry about the reading is written before the secret is shown. */
static enum call_code show_work(struct call *call, struct store_txn *txn, void *context)
{
	struct keyring_key *key = context;
	struct dns_name name = key->name;
	if (!keyring_get(txn, &name, key))
		return command_no_such_key(call, txn, &name);
	enum call_code code = command_key_unseal(call, key);
	return code ? code : command_key_event(call, txn, EVENT_KEY_READ, key, NULL);
}

static enum call_code admin_key_show(struct call *call)
{
	struct keyring_key key;
	enum call_code code = key_name_of(call, &key.name);
	if (code)
		return code;
	code = command_write(call, show_work, &key);
	if (!code)
		command_key_answer(call, &key);
	keyring_key_wipe(&key);
	return code;
}

/* The last use: what this run of the server has seen, or what was written before. */
static void set_use(struct call *call, const struct keyring_key *key, json_t *row)
{
	uint64_t used = 0;
	char from[ADDR_TEXT_MAX];
	key_uses_find(call->core->key_uses, call->snapshot.txn, &key->name, &used, from);
	json_object_set_new(row, "used_at", command_seconds(used));
	json_object_set_new(row, "used_from", used ? json_string(from) : json_null());
}

static bool list_key(void *context, const struct keyring_key *key)
{
	struct call *call = context;
	json_t *row = json_object();
	json_object_set_new(row, "name", command_name(&key->name));
	json_object_set_new(row, "algorithm", json_string(hmac_by_number(key->algorithm)->text));
	json_object_set_new(row, "bits", json_integer((json_int_t)keyring_key_size(key) * 8));
	json_object_set_new(row, "disabled", json_boolean(key->is_disabled));
	const struct keyring_entry *entry = keyring_find(call->snapshot.keys, &key->name);
	json_object_set_new(row, "sealed", json_boolean(!entry || entry->is_sealed));
	if (key->algorithm == HMAC_MD5)
		json_object_set_new(row, "md5_allowed",
				    json_boolean(key->has_md5_leave && call->core->allows_md5));
	json_object_set_new(row, "created_at", command_seconds(key->created));
	json_object_set_new(row, "rotated_at", command_seconds(key->rotated));
	bool is_rotating = key->previous_until > clock_now(&call->core->clock);
	json_object_set_new(row, "previous_until",
			    command_seconds(is_rotating ? key->previous_until : 0));
	set_use(call, key, row);
	return command_row(call, row);
}

static enum call_code admin_key_list(struct call *call)
{
	keyring_walk(call->snapshot.txn, list_key, call);
	if (keyring_count(call->snapshot.keys) == 0)
		command_say(call, "there are no keys");
	return command_read_ended(call);
}

enum call_code command_key_remove(struct call *call, struct store_txn *txn,
				  const struct dns_name *name)
{
	struct keyring_key key;
	struct state_edit rows = state_edit_of(txn, &call->arena);
	if (!keyring_get(txn, name, &key))
		return command_no_such_key(call, txn, name);
	keyring_del(&rows, name);
	key_uses_forget(call->core->key_uses, txn, name);
	return command_key_event(call, txn, EVENT_KEY_DELETE, &key, &rows);
}

static enum call_code key_del_work(struct call *call, struct store_txn *txn, void *context)
{
	return command_key_remove(call, txn, context);
}

/* Somebody may still rely on it. */
static void warn_of_use(struct call *call, const struct dns_name *name)
{
	char from[ADDR_TEXT_MAX], when[TIMEWORD_TEXT_MAX];
	uint64_t used;
	if (!key_uses_recent(call->core->key_uses, name, &used, from))
		return;
	time_print(used, when);
	command_warn(
		call, 0,
		arena_print(&call->arena, "the key was in use: last at %s, from %s", when, from));
}

/* What must be meant: that a key goes on which something relies. */
static enum call_code key_del_question(struct call *call, const struct dns_name *name)
{
	struct keyring_key key;
	if (!keyring_get(call->snapshot.txn, name, &key))
		return command_no_such_key(call, call->snapshot.txn, name);
	keyring_key_wipe(&key);
	const char *question = key_stakes_text(call, name);
	return question ? command_ask(call, question) : CALL_OK;
}

static enum call_code key_del_plan(struct call *call, const struct dns_name *name)
{
	char shown[DNS_NAME_TEXT_MAX];
	const char *stakes = key_stakes_text(call, name);
	command_result(call, "name", command_name(name));
	command_say(call, "key %s: would be deleted; %s", dns_name_show(name, shown),
		    stakes ? stakes : "nothing is known that relies on it");
	return command_read_ended(call);
}

static enum call_code key_del(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct dns_name name;
	enum call_code code = key_name_of(call, &name);
	if (!code)
		code = key_del_question(call, &name);
	if (!code && command_flag(call, "plan"))
		return key_del_plan(call, &name);
	if (code)
		return code;
	warn_of_use(call, &name);
	command_warn_notify(call, &name);
	code = command_write(call, key_del_work, &name);
	if (!code) {
		command_result(call, "name", command_name(&name));
		command_say(call, "key %s: deleted", dns_name_show(&name, shown));
	}
	return code;
}

const struct command command_key_table[] = {
	{"key generate", admin_key_generate, "name=s algorithm=s? allow_md5=b?"},
	{"key import", admin_key_import, "text=s allow_md5=b? plan=b?"},
	{"key show", admin_key_show, "name=s"},
	{"key list", admin_key_list, ""},
	{"key del", key_del, "name=s plan=b? yes=b?"},
	{0},
};
