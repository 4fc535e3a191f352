/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/ctl.h"

static const struct table_column columns[] = {
	{"to", "TO", TABLE_TEXT},
	{"target", "TARGET", TABLE_TEXT},
	{"state", "STATE", TABLE_TEXT},
	{"taken", "TAKEN", TABLE_NUMBER},
	{"taken_signed", "SIGNED", TABLE_NUMBER},
	{"taken_unsigned", "UNSIGNED", TABLE_NUMBER},
	{"behind", "BEHIND", TABLE_NUMBER},
	{"behind_seconds", "BEHIND FOR", TABLE_AGE},
	{"failures", "FAILURES", TABLE_NUMBER},
	{"lost", "LOST", TABLE_NUMBER},
	{"error", "LAST ERROR", TABLE_TEXT},
	{0},
};

static int ctl_export_targets(struct ctl *ctl)
{
	return ctl_run(ctl, "audit targets", columns);
}

static const struct words_option options[] = {CTL_OPTIONS, {0}};

const struct ctl_command ctl_export_commands[] = {
	{"audit targets", "", "shows how far the live export has come", ctl_export_targets, 0, 0,
	 options, "audit targets"},
	{0},
};

const struct ctl_tables ctl_export_tables[] = {{"audit targets", {columns}}, {0}};
