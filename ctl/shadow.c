/* SPDX-License-Identifier: BSD-2-Clause */
/* shadow, shadow show, shadow stop */
#include "ctl/ctl.h"

static const struct table_column columns[] = {
	{"name", "NAME", TABLE_TEXT},          {"type", "TYPE", TABLE_TEXT},
	{"difference", "DIFFERS", TABLE_TEXT}, {"answer_here", "HERE", TABLE_TEXT},
	{"answer_there", "THERE", TABLE_TEXT}, {"count", "COUNT", TABLE_NUMBER},
	{"last", "LAST", TABLE_SECOND},        {0},
};

static int ctl_shadow(struct ctl *ctl)
{
	return ctl_arg(ctl, "zone", ctl->words.word[0]) &&
			       ctl_arg(ctl, "address", ctl->words.word[1]) &&
			       ctl_arg_option(ctl, "--for")
		       ? ctl_run(ctl, "shadow", NULL)
		       : CLIENT_USAGE;
}

static int ctl_shadow_show(struct ctl *ctl)
{
	return ctl_run(ctl, "shadow show", columns);
}

static int ctl_shadow_stop(struct ctl *ctl)
{
	return ctl_run(ctl, "shadow stop", NULL);
}

static const struct words_option options[] = {CTL_OPTIONS, {0}};
static const struct words_option shadow_options[] = {
	CTL_OPTIONS,
	{"--for", "TIME", "ends after this time: 1h by default, 7d at most"},
	{0},
};

const struct ctl_command ctl_shadow_commands[] = {
	{"shadow", "ZONE|all ADDRESS", "asks another server what clients ask, and compares",
	 ctl_shadow, 2, 2, shadow_options, "shadow all 192.0.2.53 --for 1h"},
	{"shadow show", "", "lists answers that differ", ctl_shadow_show, 0, 0, options,
	 "shadow show"},
	{"shadow stop", "", "ends the shadow", ctl_shadow_stop, 0, 0, options, "shadow stop"},
	{0},
};

const struct ctl_tables ctl_shadow_tables[] = {{"shadow show", {columns}}, {0}};
