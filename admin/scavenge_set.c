/* SPDX-License-Identifier: BSD-2-Clause */
/* scavenge set: settings of the whole server. */
#include "admin/command_parts.h"
#include "admin/setting_json.h"
#include "base/nearest.h"
#include <assert.h>

static enum call_code scavenge_set_unknown(struct call *call, const char *name)
{
	struct nearest nearest = nearest_to(name);
	for (unsigned i = 0; i < SCAVENGE_SETTING_END; i++)
		nearest_try(&nearest, scavenge_setting_name((enum scavenge_setting)i));
	const char *meant = nearest_found(&nearest);
	return meant ? call_fail(call, CALL_USAGE, "unknown setting '%.60s': did you mean '%s'?",
				 name, meant)
		     : call_fail(call, CALL_USAGE,
				 "unknown setting '%.60s': it is one of period, schedule, "
				 "outage-grace, default-aging, default-no-refresh, default-refresh",
				 name);
}

enum call_code command_scavenge_take(struct call *call, json_t *settings,
				     struct scavenge_settings *scavenge_settings)
{
	const char *name;
	json_t *value;
	if (json_object_get(settings, "period") && json_object_get(settings, "schedule"))
		return call_fail(call, CALL_USAGE,
				 "a period or a schedule: one ends the other, so set one of them");
	json_object_foreach(settings, name, value)
	{
		enum scavenge_setting setting = scavenge_setting_of(name);
		if (setting == SCAVENGE_SETTING_END)
			return scavenge_set_unknown(call, name);
		const char *problem = scavenge_settings_parse(
			scavenge_settings, setting, json_string_value(value), &call->arena);
		if (problem)
			return call_fail(call, CALL_USAGE, "%s", problem);
	}
	return CALL_OK;
}

/* An entry for each setting that is another now, with the row as that setting leaves it: `at` moves
 * to `new` by one of them. */
static void scavenge_set_one(struct call *call, struct store_txn *txn, struct scavenge_settings *at,
			     const struct scavenge_settings *new, enum scavenge_setting setting)
{
	const char *name = scavenge_setting_name(setting);
	char was[SCAVENGE_SETTINGS_TEXT_MAX], is[SCAVENGE_SETTINGS_TEXT_MAX];
	struct state_edit rows = state_edit_of(txn, &call->arena);
	scavenge_settings_print(at, setting, was);
	scavenge_settings_print(new, setting, is);
	if (strcmp(was, is) == 0)
		return;
	const char *problem = scavenge_settings_parse(at, setting, is, &call->arena);
	assert(!problem);
	scavenge_settings_put(&rows, at, clock_now(&call->core->clock));
	command_log(call, txn, NULL,
		    &(struct command_event){
			    ENTRY_SETTING, EVENT_SERVER_SETTING,
			    arena_print(&call->arena, "scavenge %s", name),
			    arena_print(&call->arena, "%s: %s -> %s", name, was, is), &rows});
}

/* What ends comes first: of period and schedule one ends the other, which would leave an entry
 * without a change. */
static void log_changes(struct call *call, struct store_txn *txn,
			const struct scavenge_settings *old, const struct scavenge_settings *new)
{
	struct scavenge_settings at = *old;
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < SCAVENGE_SETTING_END; i++) {
			enum scavenge_setting setting = (enum scavenge_setting)i;
			char is[SCAVENGE_SETTINGS_TEXT_MAX];
			scavenge_settings_print(new, setting, is);
			if ((strcmp(is, "off") == 0) == (round == 0))
				scavenge_set_one(call, txn, &at, new, setting);
		}
	}
}

void command_scavenge_write(struct call *call, struct store_txn *txn,
			    const struct scavenge_settings *new)
{
	struct scavenge_settings old;
	scavenge_settings_read(txn, &old);
	log_changes(call, txn, &old, new);
}

static enum call_code admin_set_work(struct call *call, struct store_txn *txn, void *context)
{
	struct scavenge_settings *new = context;
	json_t *settings = json_object_get(call->args, "settings");
	if (json_object_size(settings) == 0)
		return call_fail(call, CALL_USAGE, "nothing to set: NAME=VALUE is needed");
	scavenge_settings_read(txn, new);
	enum call_code code = command_scavenge_take(call, settings, new);
	if (!code)
		command_scavenge_write(call, txn, new);
	return code;
}

static enum call_code admin_scavenge_set(struct call *call)
{
	struct scavenge_settings scavenge_settings;
	char text[SCAVENGE_SETTINGS_TEXT_MAX];
	const char *name, *said = NULL;
	json_t *value;
	if (!call->core->schedule)
		return call_fail(call, CALL_FAILED, "this server runs without a scavenger");
	enum call_code code = command_write(call, admin_set_work, &scavenge_settings);
	if (code)
		return code;
	schedule_wake(call->core->schedule);
	json_object_foreach(json_object_get(call->args, "settings"), name, value)
	{
		scavenge_settings_print(&scavenge_settings, scavenge_setting_of(name), text);
		setting_json_put(call, call->result, name, text);
		said = said ? arena_print(&call->arena, "%s, %s %s", said, name, text)
			    : arena_print(&call->arena, "scavenging: %s %s", name, text);
	}
	command_say(call, "%s", said);
	return CALL_OK;
}

const struct command command_scavenge_set_table[] = {
	{"scavenge set", admin_scavenge_set, "settings=o"},
	{0},
};
