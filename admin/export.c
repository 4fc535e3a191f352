/* SPDX-License-Identifier: BSD-2-Clause */
/* audit targets: how the live export stands. */
#include "admin/command.h"
#include "journal/journal.h"
#include "outbound/export.h"
#include <stdio.h>

/* How old the oldest entry is that was not yet taken; 0: there is none. */
static uint64_t seconds_behind(struct call *call, const struct journal_seqs *taken)
{
	struct entry entry;
	uint64_t now = clock_now_us(&call->core->clock), most = 0;
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		if (!journal_log_read(call->snapshot.txn, (enum journal_log)log, taken->of[log] + 1,
				      &entry, &call->row_arena))
			continue;
		uint64_t age = now > entry.time_us ? (now - entry.time_us) / 1000000 : 0;
		most = age > most ? age : most;
	}
	return most;
}

/* "taken", "taken_signed", "taken_unsigned": seqs of the three logs. */
static void put_seqs(json_t *row, const char *word, const struct journal_seqs *seqs)
{
	static const char *const behind[JOURNAL_LOGS] = {
		[JOURNAL_CHANGES] = "",
		[JOURNAL_SIGNED] = "_signed",
		[JOURNAL_UNSIGNED] = "_unsigned",
	};
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		char member[40];
		snprintf(member, sizeof member, "%s%s", word, behind[log]);
		json_object_set_new(row, member, json_integer((json_int_t)seqs->of[log]));
	}
}

static enum call_code export_targets(struct call *call)
{
	struct journal_seqs heads = journal_log_heads(call->snapshot.txn);
	struct exports *exports = call->core->exports;
	for (size_t i = 0; i < exports_count(exports); i++) {
		struct export_status status;
		json_t *row = json_object();
		if (!exports_status(exports, i, &status))
			break;
		uint64_t behind = export_status_behind(&status, &heads);
		json_object_set_new(row, "to", json_string(status.name));
		json_object_set_new(row, "target", command_string(status.target));
		json_object_set_new(row, "state", json_string(status.is_open ? "open" : "waiting"));
		put_seqs(row, "sent", &status.sent);
		put_seqs(row, "taken", &status.taken);
		json_object_set_new(row, "behind", json_integer((json_int_t)behind));
		json_object_set_new(
			row, "behind_seconds",
			json_integer(
				(json_int_t)(behind ? seconds_behind(call, &status.taken) : 0)));
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
