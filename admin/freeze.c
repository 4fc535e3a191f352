/* SPDX-License-Identifier: BSD-2-Clause */
/* zone freeze, thaw: no dynamic updates and no scavenging, while an administrator works. */
#include "admin/command.h"
#include "zonedb/due.h"

struct freeze {
	bool is_frozen; /* as it is to be */
	bool is_changed;
	struct zone zone;
};

static enum call_code freeze_work(struct call *call, struct store_txn *txn, void *context)
{
	struct freeze *freeze = context;
	char shown[DNS_NAME_TEXT_MAX];
	struct zone zone;
	enum call_code code = command_zone_in(call, txn, &zone);
	if (code)
		return code;
	freeze->is_changed = zone.is_frozen != freeze->is_frozen;
	freeze->zone = zone;
	if (!freeze->is_changed)
		return CALL_OK;
	freeze->zone.is_frozen = freeze->is_frozen;
	zone_arm(&zone, &freeze->zone, command_time(call, txn),
		 due_longest_refresh(txn, &freeze->zone));
	struct state_edit rows = state_edit_of(txn, &call->arena);
	zone_put(&rows, &freeze->zone);
	command_log(call, txn, &zone,
		    &(struct command_event){ENTRY_SETTING,
					    freeze->is_frozen ? EVENT_ZONE_FREEZE : EVENT_ZONE_THAW,
					    dns_name_show(&zone.apex, shown), NULL, &rows});
	return CALL_OK;
}

static enum call_code freeze_change(struct call *call, bool is_frozen, const char *done)
{
	struct freeze freeze = {.is_frozen = is_frozen};
	char shown[DNS_NAME_TEXT_MAX];
	enum call_code code = command_write(call, freeze_work, &freeze);
	if (code)
		return code;
	dns_name_show(&freeze.zone.apex, shown);
	if (!freeze.is_changed)
		return call_fail(call, CALL_NOTHING, "zone %s is %s already", shown,
				 is_frozen ? "frozen" : "thawed");
	command_result(call, "zone", command_name(&freeze.zone.apex));
	command_result(call, "frozen", json_boolean(is_frozen));
	command_result(call, "available_at", command_seconds(freeze.zone.available_at));
	command_say(call, "zone %s: %s", shown, done);
	return CALL_OK;
}

static enum call_code freeze_zone_freeze(struct call *call)
{
	return freeze_change(call, true,
			     "frozen: it takes no dynamic updates and is not scavenged");
}

static enum call_code freeze_zone_thaw(struct call *call)
{
	return freeze_change(call, false,
			     "thawed; its clients have one refresh window before it is scavenged");
}

const struct command command_freeze_table[] = {
	{"zone freeze", freeze_zone_freeze, "zone=s"},
	{"zone thaw", freeze_zone_thaw, "zone=s"},
	{0},
};
