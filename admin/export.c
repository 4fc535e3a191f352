/* SPDX-License-Identifier: BSD-2-Clause */
/* audit targets: how the live export stands. */
#include "admin/command.h"
#include "journal/journal.h"
#include "outbound/export.h"

/* How old the oldest entry is that was not yet taken; 0: there is none. */
static uint64_t seconds_behind(struct call *call, uint64_t taken)
{
	struct entry entry;
	uint64_t now = clock_now_us(&call->core->clock);
	if (!journal_read(call->snapshot.txn, taken + 1, &entry, &call->row_arena))
		return 0;
	return now > entry.time_us ? (now - entry.time_us) / 1000000 : 0;
}

static enum call_code export_targets(struct call *call)
{
	uint64_t first, head;
	struct exports *exports = call->core->exports;
	journal_range(call->snapshot.txn, &first, &head);
	for (size_t i = 0; i < exports_count(exports); i++) {
		struct export_status status;
		json_t *row = json_object();
		exports_status(exports, i, &status);
		uint64_t behind = head > status.taken ? head - status.taken : 0;
		json_object_set_new(row, "to", json_string(status.name));
		json_object_set_new(row, "target", command_string(status.target));
		json_object_set_new(row, "state", json_string(status.is_open ? "open" : "waiting"));
		json_object_set_new(row, "sent", json_integer((json_int_t)status.sent));
		json_object_set_new(row, "taken", json_integer((json_int_t)status.taken));
		json_object_set_new(row, "behind", json_integer((json_int_t)behind));
		json_object_set_new(
			row, "behind_seconds",
			json_integer(
				(json_int_t)(behind ? seconds_behind(call, status.taken) : 0)));
		json_object_set_new(row, "events", json_integer((json_int_t)status.events));
		json_object_set_new(row, "failures", json_integer((json_int_t)status.failures));
		json_object_set_new(row, "lost", json_integer((json_int_t)status.lost));
		json_object_set_new(row, "error",
				    status.error[0] ? command_string(status.error) : json_null());
		if (!command_row(call, row))
			break;
	}
	if (exports_count(exports) == 0)
		command_say(call, "nothing is exported: set export.file, export.socket or "
				  "export.syslog in the configuration");
	return command_read_ended(call);
}

const struct command command_export_table[] = {
	{"audit targets", export_targets, ""},
	{0},
};
