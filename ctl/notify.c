/* SPDX-License-Identifier: BSD-2-Clause */
/* notify status, zone notify. */
#include "ctl/ctl.h"

static const struct table_column status_columns[] = {
	{"zone", "ZONE", TABLE_TEXT},
	{"target", "TARGET", TABLE_TEXT},
	{"key", "KEY", TABLE_TEXT},
	{"state", "STATE", TABLE_TEXT},
	{"serial", "SERIAL", TABLE_NUMBER},
	{"acknowledged", "ACKNOWLEDGED", TABLE_NUMBER},
	{"answered_at", "ANSWERED AT", TABLE_SECOND},
	{"there", "SERIAL THERE", TABLE_NUMBER},
	{"behind", "BEHIND FOR", TABLE_AGE},
	{"failures", "FAILURES", TABLE_NUMBER},
	{"problems", "PROBLEMS", TABLE_TEXT},
	{0},
};

static int ctl_notify_status(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--ask"))
		ctl_arg_flag(ctl, "ask");
	return ctl_arg(ctl, "zone", ctl->words.count ? ctl->words.word[0] : NULL)
		       ? ctl_run(ctl, "notify status", status_columns)
		       : CLIENT_USAGE;
}

static int ctl_notify_zone_notify(struct ctl *ctl)
{
	return ctl_arg(ctl, "zone", ctl->words.word[0]) ? ctl_run(ctl, "zone notify", NULL)
							: CLIENT_USAGE;
}

static const struct words_option options[] = {CTL_OPTIONS, {0}};
static const struct words_option status_options[] = {
	CTL_OPTIONS,
	{"--ask", NULL, "asks the secondaries for their serials now"},
	{0},
};

const struct ctl_command ctl_notify_commands[] = {
	{"notify status", "[ZONE]", "shows which secondaries know which serial", ctl_notify_status,
	 0, 1, status_options, "notify status corp.example"},
	{"zone notify", "ZONE", "notifies a zone's secondaries now", ctl_notify_zone_notify, 1, 1,
	 options, "zone notify corp.example"},
	{0},
};

const struct ctl_tables ctl_notify_tables[] = {{"notify status", {status_columns}}, {0}};
