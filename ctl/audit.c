/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/ctl.h"
#include <stdlib.h>
#include <string.h>

static const struct table_column columns[] = {
	{"time", "TIME", TABLE_SECOND},   {"seq", "SEQ", TABLE_NUMBER},
	{"event", "EVENT", TABLE_TEXT},   {"name", "NAME", TABLE_ABOUT},
	{"type", "TYPE", TABLE_TEXT},     {"data", "DATA", TABLE_TEXT},
	{"principal", "BY", TABLE_TEXT},  {"source", "FROM", TABLE_TEXT},
	{"reason", "REASON", TABLE_TEXT}, {0},
};

static bool take_limit(struct ctl *ctl)
{
	const char *text = words_option(&ctl->words, "--limit");
	char *end;
	if (!text)
		return true;
	unsigned long limit = strtoul(text, &end, 10);
	if (*end || end == text || *text == '-' || limit == 0 || limit > 1000000000) {
		ctl_fail(ctl, CLIENT_USAGE, "--limit: '%s' is not a number of events", text);
		return false;
	}
	json_object_set_new(ctl->args, "limit", json_integer((json_int_t)limit));
	return true;
}

static bool take_format(struct ctl *ctl)
{
	const char *format = words_option(&ctl->words, "--format");
	if (!format || (strcmp(format, "table") == 0 && !ctl->is_json))
		return true;
	if (strcmp(format, "json") == 0) {
		ctl->is_json = true;
		return true;
	}
	ctl_fail(ctl, CLIENT_USAGE, "--format: '%s' is not one of table, json%s", format,
		 ctl->is_json ? " (or not what --json says)" : "");
	return false;
}

static int audit(struct ctl *ctl)
{
	static const char *const filters[] = {"--zone",  "--name",  "--under", "--principal",
					      "--event", "--since", "--until"};
	if (!take_format(ctl) || !take_limit(ctl))
		return CLIENT_USAGE;
	for (size_t i = 0; i < sizeof(filters) / sizeof(filters[0]); i++)
		if (!ctl_arg_option(ctl, filters[i]))
			return CLIENT_USAGE;
	if (words_has(&ctl->words, "--denied"))
		ctl_arg_flag(ctl, "denied");
	if (words_has(&ctl->words, "--follow"))
		ctl_arg_flag(ctl, "follow");
	return ctl_run(ctl, "audit", columns);
}

static const struct table_column event_columns[] = {
	{"event", "EVENT", TABLE_TEXT},
	{"windows_id", "WINDOWS ID", TABLE_NUMBER},
	{0},
};

static int audit_events(struct ctl *ctl)
{
	return ctl_run(ctl, "audit events", event_columns);
}

static int audit_verify(struct ctl *ctl)
{
	return ctl_run(ctl, "audit verify", NULL);
}

static const struct words_option plain_options[] = {CTL_OPTIONS, {0}};
static const struct words_option audit_options[] = {
	CTL_OPTIONS,
	{"--zone", "ZONE", "only events of this zone"},
	{"--name", "NAME", "only events of this name"},
	{"--under", "NAME", "only events of this name and those below it"},
	{"--principal", "PRINCIPAL", "only what this one did; * stands for anything"},
	{"--event", "EVENT", "only this event: its name, or Windows' number"},
	{"--since", "TIME", "from then on: 2026-01-05T09:00:00Z, or 7d for so long ago"},
	{"--until", "TIME", "up to then"},
	{"--denied", NULL, "only what was refused"},
	{"--limit", "N", "only the last N"},
	{"--follow", NULL, "goes on with what comes, until interrupted"},
	{"--format", "FORMAT", "table (default) or json"},
	{0},
};

const struct ctl_verb ctl_audit_verbs[] = {
	{"audit", "", "shows what happened, newest last", audit, 0, 0, audit_options,
	 "audit --zone corp.example --since 1d --denied"},
	{"audit events", "", "lists the names of all events", audit_events, 0, 0, plain_options,
	 "audit events"},
	{"audit verify", "", "verifies the log's digest chain", audit_verify, 0, 0, plain_options,
	 "audit verify"},
	{0},
};
