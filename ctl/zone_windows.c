/* SPDX-License-Identifier: BSD-2-Clause */
/* zone windows, rewindow: by which windows the records of a zone age. */
#include "ctl/ask.h"

static const struct table_column windows_columns[] = {
	{"owner", "OWNER", TABLE_TEXT},
	{"records", "RECORDS", TABLE_NUMBER},
	{"window", "WINDOW", TABLE_TEXT},
	{"new_window", "NEXT", TABLE_TEXT},
	{"window_by", "BY", TABLE_TEXT},
	{"stale", "STALE THEN", TABLE_NUMBER},
	{0},
};

static const struct table_column rewindow_columns[] = {
	{"name", "NAME", TABLE_NAME},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"window", "WINDOW", TABLE_TEXT},
	{"new_window", "NEW WINDOW", TABLE_TEXT},
	{"window_by", "BY", TABLE_TEXT},
	{"stale_at", "STALE AT", TABLE_TIME},
	{"new_stale_at", "NEW STALE AT", TABLE_TIME},
	{0},
};

static int ctl_zone_windows(struct ctl *ctl)
{
	return ctl_arg(ctl, "zone", ctl->words.word[0])
		       ? ctl_run(ctl, "zone windows", windows_columns)
		       : CLIENT_USAGE;
}

static int ctl_zone_rewindow(struct ctl *ctl)
{
	if (!ctl_arg(ctl, "zone", ctl->words.word[0]))
		return CLIENT_USAGE;
	if (!words_has(&ctl->words, "--plan"))
		return ask_run(ctl, "zone rewindow");
	ctl_arg_flag(ctl, "plan");
	return ctl_run(ctl, "zone rewindow", rewindow_columns);
}

static const struct words_option windows_options[] = {CTL_OPTIONS, {0}};
static const struct words_option rewindow_options[] = {
	CTL_OPTIONS,
	{"--plan", NULL, "only shows which"},
	{"--yes", NULL, "asks nothing"},
	{0},
};

const struct ctl_command ctl_zone_windows_commands[] = {
	{"zone windows", "NAME", "shows by which windows the records of a zone age, and will",
	 ctl_zone_windows, 1, 1, windows_options, "zone windows corp.example"},
	{"zone rewindow", "NAME", "gives records the windows that rules and groups give now",
	 ctl_zone_rewindow, 1, 1, rewindow_options, "zone rewindow corp.example --plan"},
	{0},
};

const struct ctl_tables ctl_zone_windows_tables[] = {
	{"zone windows", {windows_columns}},
	{"zone rewindow", {rewindow_columns}},
	{0},
};
