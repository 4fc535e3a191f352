/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/audit.h"
#include "base/progress.h"
#include "ctl/columns.h"
#include "ctl/csv.h"
#include <stdlib.h>
#include <string.h>

static const struct table_column columns[] = {
	{"time", "TIME", TABLE_SECOND},  {"seq", "SEQ", TABLE_SEQ},
	{"event", "EVENT", TABLE_TEXT},  {"name", "NAME", TABLE_ABOUT},
	{"type", "TYPE", TABLE_TEXT},    {"data", "DATA", TABLE_TEXT},
	{"principal", "BY", TABLE_BY},   {"source", "FROM", TABLE_TEXT},
	{"reason", "REASON", TABLE_WHY}, {0},
};

static const char *const csv_members[] = {
	"time",        "seq",       "event",    "windows_id",    "kind",         "zone",
	"name",        "type",      "ttl",      "data",          "old.ttl",      "old.owner",
	"old.class",   "old.stamp", "new.ttl",  "new.owner",     "new.class",    "new.stamp",
	"principal",   "acting",    "key",      "source",        "transport",    "message_id",
	"rcode",       "code",      "owner",    "rule",          "subject",      "reason",
	"folded",      "run",       "previous", "serial_before", "serial_after", "person",
	"comment",     "cause",     "era",      "node",          "request",      "log",
	"changes_seq", NULL};

static bool take_format(struct ctl *ctl, bool *is_csv)
{
	const char *format = words_option(&ctl->words, "--format");
	*is_csv = format && strcmp(format, "csv") == 0 && !ctl->is_json;
	if (!format || *is_csv || (strcmp(format, "table") == 0 && !ctl->is_json))
		return true;
	if (strcmp(format, "json") == 0) {
		ctl->is_json = true;
		return true;
	}
	ctl_fail(ctl, CLIENT_USAGE, "--format: '%s' is not one of table, json, csv%s", format,
		 ctl->is_json ? " (or not what --json says)" : "");
	return false;
}

bool ctl_audit_filters(struct ctl *ctl)
{
	static const char *const filters[] = {"--zone",   "--name",   "--under", "--principal",
					      "--event",  "--since",  "--until", "--source",
					      "--person", "--comment"};
	if (!ctl_number_option(ctl, "--run", "runs"))
		return false;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (!ctl_arg_option(ctl, filters[i]))
			return false;
	if (words_has(&ctl->words, "--denied"))
		ctl_arg_flag(ctl, "denied");
	return true;
}

static void show_csv(void *context, json_t *row)
{
	const bool *is_following = context;
	if (ctl_warning(row))
		return;
	csv_row(stdout, csv_members, row);
	if (*is_following)
		fflush(stdout);
}

static int run_csv(struct ctl *ctl)
{
	json_t *result;
	bool is_following = words_has(&ctl->words, "--follow");
	struct client_handlers handlers = {.row = show_csv, .context = &is_following};
	struct client_command command = {ctl->socket, "audit", ctl->args, &handlers};
	csv_header(stdout, csv_members);
	int code = client_run(&command, &result);
	return ctl_result(ctl, code, result, true);
}

static int ctl_audit(struct ctl *ctl)
{
	bool is_csv;
	if (!take_format(ctl, &is_csv) || !ctl_number_option(ctl, "--limit", "events") ||
	    !ctl_audit_filters(ctl))
		return CLIENT_USAGE;
	/* --format json is known only now. */
	if (is_csv ? !ctl_takes_no_columns(ctl) : !columns_check(ctl))
		return CLIENT_USAGE;
	ctl->is_following = words_has(&ctl->words, "--follow");
	if (ctl->is_following) {
		progress_allow(NULL);
		ctl_arg_flag(ctl, "follow");
	}
	return is_csv ? run_csv(ctl) : ctl_run(ctl, "audit", columns);
}

static const struct table_column event_columns[] = {
	{"event", "EVENT", TABLE_TEXT},
	{"windows_id", "WINDOWS ID", TABLE_NUMBER},
	{0},
};

static int ctl_audit_events(struct ctl *ctl)
{
	return ctl_run(ctl, "audit events", event_columns);
}

static const struct words_option plain_options[] = {CTL_OPTIONS, {0}};
static const struct words_option audit_options[] = {
	CTL_OPTIONS,
	CTL_AUDIT_FILTERS,
	{"--limit", "N", "only the last N"},
	{"--follow", NULL, "goes on with what comes, until interrupted"},
	{"--format", "FORMAT", "table (default), json or csv"},
	{0},
};

const struct ctl_command ctl_audit_commands[] = {
	{"audit", "", "shows what happened, newest last", ctl_audit, 0, 0, audit_options,
	 "audit --zone corp.example --since 1d --denied"},
	{"audit events", "", "lists the names of all events", ctl_audit_events, 0, 0, plain_options,
	 "audit events"},
	{0},
};

const struct ctl_tables ctl_audit_tables[] = {
	{"audit", {columns}},
	{"audit events", {event_columns}},
	{0},
};
