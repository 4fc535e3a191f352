/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/scavenge_plan.h"
#include "ctl/record.h"

/* Names of several zones are written out. */
static const struct table_column plan_columns[] = {
	{"name", "NAME", TABLE_TEXT},
	{"type", "TYPE", TABLE_TEXT},
	{"data", "DATA", TABLE_TEXT},
	{"owner", "OWNER", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME},
	{"stale_at", "STALE AT", TABLE_TIME},
	{0},
};

int scavenge_plan(struct ctl *ctl)
{
	const char *zone = ctl->words.count > 0 ? ctl->words.word[0] : NULL;
	const struct table_column *columns = zone ? record_columns : plan_columns;
	return ctl_arg(ctl, "zone", zone) && ctl_arg_option(ctl, "--at") &&
			       ctl_arg_option(ctl, "--no-refresh") &&
			       ctl_arg_option(ctl, "--refresh")
		       ? ctl_run(ctl, "scavenge plan", columns)
		       : CLIENT_USAGE;
}

const struct words_option scavenge_plan_options[] = {
	CTL_OPTIONS,
	{"--at", "TIME", "as of then: a time, or 30d for in so long; default: now"},
	{"--no-refresh", "DURATION", "with this window instead of the zone's"},
	{"--refresh", "DURATION", "with this window instead of the zone's"},
	{0},
};
