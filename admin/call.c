/* SPDX-License-Identifier: BSD-2-Clause */
#include "admin/call.h"
#include "admin/command.h"
#include "admin/draft.h"
#include "admin/scope.h"
#include "base/nearest.h"
#include "nameserver/snapshot_pool.h"
#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PARAM_MAX 32 /* the longest argument's name, with what stands behind it */

/* One a line, so that adding one touches no other. */
/* clang-format off */
static const struct command *const tables[] = {
	command_apply_table,
	command_export_config_table,
	command_backup_table,
	command_backup_note_table,
	command_zone_table,
	command_zonedata_table,
	command_zone_del_table,
	command_zone_copy_table,
	command_draft_table,
	command_record_table,
	command_record_set_table,
	command_key_table,
	command_audit_table,
	command_audit_entry_table,
	command_retention_table,
	command_realm_table,
	command_verify_table,
	command_scavenge_table,
	command_owner_table,
	command_server_table,
	command_transfer_table,
	command_adopt_table,
	command_class_table,
	command_group_table,
	command_policy_table,
	command_policy_add_table,
	command_why_table,
	command_rotate_table,
	command_scavenge_plan_table,
	command_record_list_table,
	command_touch_table,
	command_zone_windows_table,
	command_freeze_table,
	command_note_table,
	command_notify_table,
	command_reserve_table,
	command_scavenge_set_table,
	command_scavenge_history_table,
	command_export_table,
	command_store_table,
	command_digest_table,
	command_history_table,
	command_revert_table,
	command_bin_table,
	command_trace_table,
	command_shadow_table,
	command_seen_table,
};
/* clang-format on */

static const struct command *call_find(const char *words, const char **meant)
{
	struct nearest nearest = nearest_to(words);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (const struct command *command = tables[i]; command->words; command++) {
			if (strcmp(command->words, words) == 0)
				return command;
			nearest_try(&nearest, command->words);
		}
	}
	*meant = nearest_found(&nearest);
	return NULL;
}

const struct command *command_of_index(size_t index)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct command *command = tables[i]; command->words; command++)
			if (index-- == 0)
				return command;
	return NULL;
}

struct param {
	char name[PARAM_MAX];
	char kind;
	bool is_optional;
};

/* The next of "zone=s ttl=i?"; NULL: there are no more. */
static const char *next_param(const char *at, struct param *param)
{
	at += strspn(at, " ");
	if (!*at)
		return NULL;
	size_t len = strcspn(at, "=");
	snprintf(param->name, sizeof(param->name), "%.*s", (int)len, at);
	param->kind = at[len + 1];
	param->is_optional = at[len + 2] == '?';
	return at + strcspn(at, " ");
}

static bool holds_only_texts(const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;
	if (json_is_array(value)) {
		json_array_foreach(value, i, member) if (!json_is_string(member)) return false;
		return true;
	}
	json_object_foreach((json_t *)(uintptr_t)value, key,
			    member) if (!json_is_string(member)) return false;
	return true;
}

static bool is_of_kind(const json_t *value, char kind)
{
	switch (kind) {
	case 's':
		return json_is_string(value);
	case 'b':
		return json_is_boolean(value);
	case 'i':
		return json_is_integer(value) && json_integer_value(value) >= 0;
	case 'o':
		return json_is_object(value) && holds_only_texts(value);
	default:
		return json_is_array(value) && holds_only_texts(value);
	}
}

static enum call_code call_check_one(struct call *call, const struct param *param)
{
	const json_t *value = json_object_get(call->args, param->name);
	if (!value)
		return param->is_optional ? CALL_OK
					  : call_fail(call, CALL_USAGE, "argument '%s' is missing",
						      param->name);
	if (!is_of_kind(value, param->kind))
		return call_fail(call, CALL_USAGE, "argument '%s' has the wrong type", param->name);
	return CALL_OK;
}

static bool call_is_listed(const char *params, const char *name)
{
	struct param param;
	while ((params = next_param(params, &param)))
		if (strcmp(param.name, name) == 0)
			return true;
	return false;
}

/* `reason` is an argument of each command that changes something. */
static bool call_takes(const struct command *command, const struct role_command *role,
		       const char *name)
{
	return (role->changes && strcmp(name, "reason") == 0) ||
	       call_is_listed(command->params, name);
}

static enum call_code check_args(struct call *call, const struct command *command,
				 const struct role_command *role)
{
	struct param param;
	const char *name;
	json_t *value;
	if (call->args && !json_is_object(call->args))
		return call_fail(call, CALL_USAGE, "the arguments are not an object");
	json_object_foreach(
		(json_t *)(uintptr_t)call->args, name,
		value) if (!call_takes(command, role,
				       name)) return call_fail(call, CALL_USAGE,
							       "'%s' has no argument '%s'",
							       command->words, name);
	for (const char *at = next_param(command->params, &param); at;
	     at = next_param(at, &param)) {
		enum call_code code = call_check_one(call, &param);
		if (code)
			return code;
	}
	return CALL_OK;
}

/* What is of use also where the store cannot be read. */
static bool needs_no_store(const char *words)
{
	return strcmp(words, "status") == 0 || strcmp(words, "stats") == 0 ||
	       strcmp(words, "stop") == 0;
}

void call_open(struct call *call, struct core *core, const char *principal)
{
	*call = (struct call){.core = core, .principal = principal, .result = json_object()};
	snapshot_open(&call->snapshot, core->store, core->store_key);
	snapshot_pool_take(core->snapshot_pool, &call->snapshot);
}

void call_close(struct call *call)
{
	snapshot_pool_keep(call->core->snapshot_pool, &call->snapshot);
	snapshot_close(&call->snapshot);
	arena_free(&call->arena);
	arena_free(&call->row_arena);
	json_decref(call->result);
}

enum call_code call_fail(struct call *call, enum call_code code, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	vsnprintf(call->error, sizeof(call->error), format, list);
	va_end(list);
	return code;
}

/* Commands are called by the words that they had before, for one release more. */
static const char *call_words(const char *words)
{
	return strcmp(words, "group delete") == 0 ? "group del" : words;
}

enum call_code call_run(struct call *call, const char *words)
{
	const char *meant = NULL;
	words = call_words(words);
	const struct command *command = call_find(words, &meant);
	call->error[0] = '\0';
	if (!command && meant)
		return call_fail(call, CALL_USAGE, "unknown command '%.60s': did you mean '%s'?",
				 words, meant);
	if (!command)
		return call_fail(call, CALL_USAGE, "unknown command '%.60s'", words);
	/* A command that the table of roles lacks is nobody's (a test finds it). */
	const struct role_command *role = role_of_command(words);
	assert(role);
	enum call_code code = check_args(call, command, role);
	if (code)
		return code;
	bool is_read = snapshot_renew(&call->snapshot);
	code = scope_begin(call, role);
	if (!code && !is_read && !needs_no_store(words))
		code = command_read_ended(call);
	if (!code)
		code = draft_enter(call, words);
	if (!code)
		code = command->run(call);
	if (!code && call->draft)
		draft_tell(call);
	if (call->has_draft)
		json_object_del(call->result, "question");
	draft_free(call);
	snapshot_rest(&call->snapshot);
	return code;
}

const char *call_error(const struct call *call)
{
	return call->error[0] ? call->error : NULL;
}
