/* SPDX-License-Identifier: BSD-2-Clause */
/* zone policy add: rules in front of a line of those that are there. */
#include "admin/zone_windows.h"
#include <string.h>

struct policy_addition {
	struct zone zone;
	const char *lines; /* the new rules, each with its newline */
	unsigned before;   /* the line in front of which they come */
	size_t added, count;
	struct rules rules; /* with the new ones */
	bool is_planned, is_known;
};

/* Where the line begins; at the end when there are fewer. */
static size_t policy_line_at(const char *text, unsigned line)
{
	size_t at = 0;
	while (line > 1 && text[at]) {
		size_t len = strcspn(text + at, "\n");
		at += len + (text[at + len] == '\n');
		line--;
	}
	return at;
}

static enum call_code policy_new_rules(struct call *call, struct policy_addition *add)
{
	const json_t *list = json_object_get(call->args, "rules");
	struct rules rules;
	struct rule_error error;
	add->lines = "";
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *rule = json_string_value(json_array_get(list, i));
		if (!rules_parse(&rules, bytes_of(rule, strlen(rule)), &add->zone.apex,
				 &call->arena, &error))
			return call_fail(call, CALL_USAGE, "'%.300s', column %u: %s", rule,
					 error.column, error.text);
		if (rules.count != 1 || strchr(rule, '\n'))
			return call_fail(call, CALL_USAGE, "'%.300s' is not one rule", rule);
		add->lines = arena_print(&call->arena, "%s%s\n", add->lines, rule);
		add->added++;
	}
	return add->added ? CALL_OK : call_fail(call, CALL_USAGE, "a rule is needed");
}

/* The text with the new rules in it; asked again in the writer, where others may have changed it.
 */
static enum call_code policy_merge(struct call *call, struct store_txn *txn,
				   struct policy_addition *add, const char **was, const char **then)
{
	struct rule_error error;
	const char *stored = rulebook_get(txn, add->zone.id, &call->arena);
	*was = stored ? stored : "";
	size_t at = policy_line_at(*was, add->before);
	bool is_open = at > 0 && (*was)[at - 1] != '\n';
	*then = arena_print(&call->arena, "%.*s%s%s%s", (int)at, *was, is_open ? "\n" : "",
			    add->lines, *was + at);
	if (!rules_parse(&add->rules, bytes_of(*then, strlen(*then)), &add->zone.apex, &call->arena,
			 &error))
		return call_fail(call, CALL_FAILED, "%u:%u: %s", error.line, error.column,
				 error.text);
	add->count = add->rules.count;
	/* What stands there already in this place is not added again. */
	add->is_known = strncmp(*was + at, add->lines, strlen(add->lines)) == 0;
	return CALL_OK;
}

static enum call_code policy_add_work(struct call *call, struct store_txn *txn, void *context)
{
	struct policy_addition *add = context;
	const char *was, *then;
	enum call_code code = command_zone_in(call, txn, &add->zone);
	if (!code)
		code = policy_merge(call, txn, add, &was, &then);
	if (code || add->is_known)
		return code;
	const char *reason = arena_print(&call->arena, "%s -> %s",
					 command_count(call, add->count - add->added, "rule"),
					 command_count(call, add->count, "rule"));
	struct state_edit rows = state_edit_of(txn, &call->arena);
	rulebook_put(&rows, add->zone.id, &add->zone.apex, then);
	command_log(
		call, txn, &add->zone,
		&(struct command_event){ENTRY_SETTING, EVENT_ZONE_POLICY, "policy", reason, &rows});
	return CALL_OK;
}

static enum call_code admin_policy_add(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct policy_addition add = {.before = (unsigned)command_number(call, "line", 1)};
	const char *was, *then;
	enum call_code code = command_zone_of(call, &add.zone);
	if (!code)
		code = policy_new_rules(call, &add);
	if (!code && command_flag(call, "plan"))
		code = policy_merge(call, call->snapshot.txn, &add, &was, &then);
	else if (!code)
		code = command_write(call, policy_add_work, &add);
	if (code)
		return code;
	bool is_planned = command_flag(call, "plan");
	zone_windows_tell(call, &add.zone, &add.rules, NULL);
	command_result(call, "added",
		       json_integer(add.is_known || is_planned ? 0 : (json_int_t)add.added));
	command_say(call, "zone %s: %zu rule%s %s before line %u",
		    dns_name_show(&add.zone.apex, shown), add.added, add.added == 1 ? "" : "s",
		    add.is_known ? "stand there already,"
		    : is_planned ? "would be put"
				 : "put",
		    add.before);
	return CALL_OK;
}

const struct command command_policy_add_table[] = {
	{"zone policy add", admin_policy_add, "zone=s rules=a line=i? plan=b?"},
	{0},
};
