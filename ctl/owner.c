/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/ctl.h"

static const struct table_column show_columns[] = {
	{"type", "TYPE", TABLE_TEXT},         {"data", "DATA", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},       {"class", "CLASS", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},       {"refreshable_at", "REFRESHABLE AT", TABLE_TIME},
	{"stale_at", "STALE AT", TABLE_TIME}, {0},
};

static int owner_show(struct ctl *ctl)
{
	return ctl_arg(ctl, "name", ctl->words.word[0]) && ctl_arg_option(ctl, "--zone")
		       ? ctl_run(ctl, "owner show", show_columns)
		       : CLIENT_USAGE;
}

static const struct words_option show_options[] = {
	CTL_OPTIONS,
	{"--zone", "ZONE", "the zone; default: the closest that holds the name"},
	{0},
};

const struct ctl_verb ctl_owner_verbs[] = {
	{"owner show", "NAME", "shows who owns a name's records, and how they age", owner_show, 1,
	 1, show_options, "owner show web7.corp.example"},
	{0},
};
