/* SPDX-License-Identifier: BSD-2-Clause */
/* zone policy show, set, check: the rules of a zone. */
#include "acl/policy.h"
#include "acl/rule_diff.h"
#include "acl/rule_lint.h"
#include "admin/at.h"
#include "admin/command_parts.h"
#include "admin/scope.h"
#include "admin/zone_windows.h"
#include "nameserver/asker.h"
#include "nameserver/update_parts.h"
#include <string.h>

struct policy_text {
	struct zone zone;
	const char *text; /* what is asked about */
	const char *stored;
	struct rules rules, was; /* of these */
	unsigned warnings, differences;
};

static enum call_code read_rules(struct call *call, const struct zone *zone, const char *text,
				 struct rules *rules)
{
	struct rule_error error;
	if (rules_parse(rules, bytes_of(text, strlen(text)), &zone->apex, &call->arena, &error))
		return CALL_OK;
	command_result(call, "line", json_integer(error.line));
	command_result(call, "column", json_integer(error.column));
	return call_fail(call, CALL_FAILED, "%u:%u: %s", error.line, error.column, error.text);
}

/* The zone and its rules, as they are or, of `show`, as they were. */
static enum call_code policy_stored(struct call *call, struct policy_text *p)
{
	struct command_at at = {0};
	enum call_code code =
		json_object_get(call->args, "at") ? command_at_of(call, &at) : CALL_OK;
	if (!code)
		code = at.is_given ? command_zone_then(call, &at, &p->zone)
				   : command_zone_of(call, &p->zone);
	if (!code && at.is_given)
		code = command_settings_then(call, &at, &p->zone);
	if (code || at.is_given)
		return code ? code : command_rules_then(call, &at, &p->zone, &p->stored);
	p->stored = rulebook_get(call->snapshot.txn, p->zone.id, &call->arena);
	if (!p->stored)
		p->stored = "";
	return CALL_OK;
}

/* Argument `text`, or what is stored. */
static enum call_code policy_text_of(struct call *call, struct policy_text *p)
{
	enum call_code code = policy_stored(call, p);
	if (code)
		return code;
	p->text = command_text(call, "text");
	if (!p->text)
		p->text = p->stored;
	code = command_read_ended(call);
	if (!code)
		code = read_rules(call, &p->zone, p->stored, &p->was);
	return code ? code : read_rules(call, &p->zone, p->text, &p->rules);
}

struct warning_row {
	struct call *call;
	struct policy_text *policy;
};

static void policy_warn(void *context, unsigned line, const char *text)
{
	struct warning_row *to = context;
	json_t *row = json_object();
	to->policy->warnings++;
	json_object_set_new(row, "level", json_string("warning"));
	json_object_set_new(row, "line", json_integer(line));
	json_object_set_new(row, "text", command_string(text));
	command_row(to->call, row);
}

static bool policy_trusts(void *context, const char *realm)
{
	struct call *call = ((struct warning_row *)context)->call;
	return asker_trusts(call->core, &call->snapshot, realm);
}

static void policy_lint(struct call *call, struct policy_text *p)
{
	struct warning_row to = {call, p};
	/* Which keys and groups there are is the server's. */
	bool is_listed = scope_is_listed(call);
	rules_lint(&p->rules, &(struct rule_lint){
				      .apex = &p->zone.apex,
				      .groups = call->snapshot.groups,
				      .ignores_groups = is_listed,
				      .keys = is_listed ? NULL : call->snapshot.keys,
				      .trusts = is_listed ? NULL : policy_trusts,
				      .arena = &call->arena,
				      .found = policy_warn,
				      .context = &to,
			      });
}

/* --- differences, rule by rule; comments do not count */

static void policy_difference(struct call *call, struct policy_text *p, const char *change,
			      const struct rule *rule)
{
	json_t *row = json_object();
	p->differences++;
	json_object_set_new(row, "change", json_string(change));
	json_object_set_new(row, "line", json_integer(rule->line));
	json_object_set_new(row, "text", command_string(rule->text));
	command_row(call, row);
}

static void policy_note_difference(void *context, bool is_added, const struct rule *rule)
{
	struct warning_row *to = context;
	policy_difference(to->call, to->policy, is_added ? "added" : "removed", rule);
}

static void policy_diff(struct call *call, struct policy_text *p)
{
	struct warning_row to = {call, p};
	rule_diff(&p->was, &p->rules, &call->arena, policy_note_difference, &to);
}

/* --- commands */

static enum call_code admin_policy_show(struct call *call)
{
	struct policy_text p = {0};
	enum call_code code = policy_text_of(call, &p);
	if (code)
		return code;
	const struct policy_zone zone = update_policy(&p.zone, &call->snapshot);
	const struct rules *preset = policy_preset_rules(zone.preset);
	json_t *after = json_array();
	for (size_t i = 0; i < preset->count; i++)
		json_array_append_new(after, json_string(preset->rule[i].text));
	command_result(call, "zone", command_name(&p.zone.apex));
	command_result(call, "rules", json_integer((json_int_t)p.rules.count));
	command_result(call, "text", command_string(p.stored));
	command_result(call, "preset",
		       command_string(zone_setting_print(&p.zone, "policy", &call->arena)));
	command_result(call, "preset_rules", after);
	return CALL_OK;
}

static enum call_code admin_policy_check(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct policy_text p = {0};
	enum call_code code = policy_text_of(call, &p);
	if (code)
		return code;
	dns_name_show(&p.zone.apex, shown);
	command_result(call, "rules", json_integer((json_int_t)p.rules.count));
	if (command_flag(call, "diff")) {
		policy_diff(call, &p);
		zone_windows_tell(call, &p.zone, &p.rules, NULL);
		command_result(call, "differences", json_integer(p.differences));
		command_say(call, "zone %s: %u rule%s differ%s from what is stored", shown,
			    p.differences, p.differences == 1 ? "" : "s",
			    p.differences == 1 ? "s" : "");
		return CALL_OK;
	}
	policy_lint(call, &p);
	command_result(call, "warnings", json_integer(p.warnings));
	command_say(call, "zone %s: %zu rule%s, %u warning%s", shown, p.rules.count,
		    p.rules.count == 1 ? "" : "s", p.warnings, p.warnings == 1 ? "" : "s");
	return CALL_OK;
}

void command_rules_write(struct call *call, struct store_txn *txn, const struct zone *zone,
			 const char *text, size_t count_before, size_t count)
{
	char *reason =
		arena_print(&call->arena, "%s -> %s", command_count(call, count_before, "rule"),
			    command_count(call, count, "rule"));
	struct state_edit rows = state_edit_of(txn, &call->arena);
	rulebook_put(&rows, zone->id, &zone->apex, text);
	command_log(
		call, txn, zone,
		&(struct command_event){ENTRY_SETTING, EVENT_ZONE_POLICY, "policy", reason, &rows});
}

static enum call_code policy_set_work(struct call *call, struct store_txn *txn, void *context)
{
	const struct policy_text *p = context;
	struct zone zone;
	enum call_code code = command_zone_in(call, txn, &zone);
	if (code)
		return code;
	const char *was = rulebook_get(txn, zone.id, &call->arena);
	if (strcmp(was ? was : "", p->text) == 0)
		return CALL_OK;
	command_rules_write(call, txn, &zone, p->text, p->was.count, p->rules.count);
	return CALL_OK;
}

static enum call_code admin_policy_set(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct policy_text p = {0};
	enum call_code code = policy_text_of(call, &p);
	if (!code)
		code = command_write(call, policy_set_work, &p);
	if (code)
		return code;
	policy_lint(call, &p);
	zone_windows_tell(call, &p.zone, &p.rules, NULL);
	bool is_changed = strcmp(p.text, p.stored) != 0;
	command_result(call, "rules", json_integer((json_int_t)p.rules.count));
	command_result(call, "warnings", json_integer(p.warnings));
	command_result(call, "differs", json_boolean(is_changed));
	const char *before = !is_changed ? ", as they were"
			     : !p.was.count
				     ? ""
				     : arena_print(&call->arena, ", %zu before", p.was.count);
	command_result(call, "rules_before", json_integer((json_int_t)p.was.count));
	command_say(call, "zone %s: %zu rule%s%s", dns_name_show(&p.zone.apex, shown),
		    p.rules.count, p.rules.count == 1 ? "" : "s", before);
	return CALL_OK;
}

const struct command command_policy_table[] = {
	{"zone policy show", admin_policy_show, "zone=s at=s?"},
	{"zone policy set", admin_policy_set, "zone=s text=s"},
	{"zone policy check", admin_policy_check, "zone=s text=s? diff=b?"},
	{0},
};
