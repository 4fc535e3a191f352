/* SPDX-License-Identifier: BSD-2-Clause */
/* notify status, zone notify. */
#include "admin/command.h"
#include "admin/scope.h"
#include "base/shellword.h"
#include "dns/type.h"
#include "outbound/notify.h"
#include <stdlib.h>

/* How it stands between us and a target, in one word. */
static const char *notify_word_of(const struct notify_status *status)
{
	const struct notify_schedule *schedule = &status->schedule;
	if (!status->target.has_address)
		return "no-address";
	if (schedule->failures)
		return "failing";
	if (schedule->state == NOTIFY_ASKED)
		return schedule->tries > 1 ? "asked-again" : "asked";
	if (schedule->state == NOTIFY_PLANNED)
		return "planned";
	return "acknowledged";
}

static json_t *serial_or_null(bool is_there, uint32_t serial)
{
	return is_there ? json_integer(serial) : json_null();
}

static json_t *notify_target_of(const struct notify_target *target)
{
	char text[ADDR_TEXT_MAX];
	if (!target->has_address)
		return command_name(&target->ns);
	addr_print(&target->addr, text);
	return json_string(text);
}

/* Seconds since when its serial is not ours; -1: it is not known. */
static json_int_t notify_behind(struct call *call, const struct notify_status *status)
{
	uint64_t now = clock_now(&call->core->clock);
	if (!status->there.has_serial)
		return -1;
	if (!status->behind_since || now < status->behind_since)
		return 0;
	return (json_int_t)(now - status->behind_since);
}

void command_notify_metrics(struct call *call)
{
	size_t count = 0;
	struct notify_status *list =
		call->core->notify ? notify_list(call->core->notify, NULL, &count) : NULL;
	for (size_t i = 0; i < count; i++) {
		json_int_t behind = notify_behind(call, &list[i]);
		if (behind < 0)
			continue;
		json_t *labels = json_object();
		json_object_set_new(labels, "zone", command_name(&list[i].zone));
		json_object_set_new(labels, "target", notify_target_of(&list[i].target));
		command_stat(call,
			     &(struct command_stat){
				     "secondary-behind-seconds", COMMAND_GAUGE, (uint64_t)behind,
				     "since when a secondary has not had the zone's serial",
				     labels});
	}
	free(list);
}

/* With its notifies, and with what it has; NULL: none. */
static const char *notify_problems(struct call *call, const struct notify_status *status)
{
	const char *notify = status->problem[0] ? status->problem : NULL;
	if (!notify || !status->there_problem)
		return notify ? notify : status->there_problem;
	return arena_print(&call->row_arena, "%s; %s", notify, status->there_problem);
}

static bool status_row(struct call *call, const struct notify_status *status)
{
	const struct notify_schedule *schedule = &status->schedule;
	const struct notify_target *target = &status->target;
	json_t *row = json_object();
	json_object_set_new(row, "zone", command_name(&status->zone));
	json_object_set_new(row, "target", notify_target_of(target));
	json_object_set_new(row, "ns", target->is_ns ? command_name(&target->ns) : json_null());
	json_object_set_new(row, "key", target->has_key ? command_name(&target->key) : json_null());
	json_object_set_new(row, "state", json_string(notify_word_of(status)));
	json_object_set_new(row, "serial", json_integer(status->serial));
	json_object_set_new(row, "sent", serial_or_null(schedule->has_sent, schedule->sent));
	json_object_set_new(row, "acknowledged",
			    serial_or_null(schedule->has_acknowledged, schedule->acknowledged));
	json_object_set_new(row, "answered_at", command_seconds(status->answered_at));
	json_object_set_new(row, "answer",
			    status->answered_at ? json_string(dns_rcode_name(status->rcode))
						: json_null());
	json_object_set_new(row, "there",
			    serial_or_null(status->there.has_serial, status->there.serial));
	json_object_set_new(row, "there_at", command_seconds(status->there_at));
	json_object_set_new(row, "behind",
			    notify_behind(call, status) < 0
				    ? json_null()
				    : json_integer(notify_behind(call, status)));
	json_object_set_new(row, "there_problem",
			    status->there_problem ? json_string(status->there_problem)
						  : json_null());
	json_object_set_new(row, "tries", json_integer(schedule->tries));
	json_object_set_new(row, "failures", json_integer((json_int_t)schedule->failures));
	json_object_set_new(row, "problem",
			    status->problem[0] ? command_string(status->problem) : json_null());
	json_object_set_new(row, "problems", command_string(notify_problems(call, status)));
	return command_row(call, row);
}

static bool notify_has_key(const struct zone *zone, const struct dns_name *key, struct arena *arena)
{
	struct notify_list list;
	if (!zone->notify[0] || notify_list_parse(&list, zone->notify, arena))
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (list.peer[i].has_key && dns_name_equal(&list.peer[i].key, key))
			return true;
	return false;
}

void command_warn_notify(struct call *call, const struct dns_name *key)
{
	char shown[DNS_NAME_TEXT_MAX];
	for (size_t i = 0; i < zoneset_count(call->snapshot.zones); i++) {
		const struct zone *zone = zoneset_at(call->snapshot.zones, i);
		dns_name_show(&zone->apex, shown);
		if (notify_has_key(zone, key, &call->arena))
			command_warn(call, 0,
				     arena_print(&call->arena,
						 "zone %s signs notifies with it: 'zone set %s "
						 "notify=...' names another",
						 shown, shellword_name(shown, &call->arena)));
	}
}

static enum call_code check_thread(struct call *call)
{
	return call->core->notify ? CALL_OK
				  : call_fail(call, CALL_FAILED, "this server notifies nobody");
}

static enum call_code notify_status(struct call *call)
{
	struct zone zone;
	size_t count;
	bool has_zone = command_text(call, "zone") != NULL, is_there = true;
	enum call_code code = check_thread(call);
	if (!code && has_zone)
		code = command_zone_of(call, &zone);
	if (code)
		return code;
	if (command_flag(call, "ask"))
		notify_ask(call->core->notify, has_zone ? &zone.apex : NULL);
	struct notify_status *list =
		notify_list(call->core->notify, has_zone ? &zone.apex : NULL, &count);
	for (size_t i = 0; i < count && is_there; i++)
		if (scope_holds(call, &list[i].zone))
			is_there = status_row(call, &list[i]);
	free(list);
	if (count == 0)
		command_say(call, "nobody is notified: 'zone set ZONE notify=ns' or notify=ADDRESS "
				  "names secondaries");
	return CALL_OK;
}

static enum call_code notify_zone_notify(struct call *call)
{
	char shown[DNS_NAME_TEXT_MAX];
	struct zone zone;
	enum call_code code = check_thread(call);
	if (!code)
		code = command_zone_of(call, &zone);
	if (code)
		return code;
	size_t count = notify_insist(call->core->notify, &zone.apex);
	dns_name_show(&zone.apex, shown);
	if (count == 0)
		return call_fail(call, CALL_NOTHING,
				 "zone %s has nobody to notify: name them by 'zone set %s "
				 "notify=ns' or notify=ADDRESS",
				 shown, shellword_name(shown, &call->arena));
	command_result(call, "targets", json_integer((json_int_t)count));
	command_say(call, "zone %s: %zu notified; 'notify status %s' shows their answers", shown,
		    count, shellword_name(shown, &call->arena));
	return CALL_OK;
}

const struct command command_notify_table[] = {
	{"notify status", notify_status, "zone=s? ask=b?"},
	{"zone notify", notify_zone_notify, "zone=s"},
	{0},
};
