/* SPDX-License-Identifier: BSD-2-Clause */
/* trace */
#include "base/progress.h"
#include "ctl/ctl.h"

static const struct table_column columns[] = {
	{"time", "TIME", TABLE_SECOND},  {"source", "FROM", TABLE_TEXT},
	{"principal", "BY", TABLE_TEXT}, {"kind", "KIND", TABLE_TEXT},
	{"name", "NAME", TABLE_TEXT},    {"type", "TYPE", TABLE_TEXT},
	{"rcode", "RCODE", TABLE_TEXT},  {"outcome", "OUTCOME", TABLE_TEXT},
	{"code", "CODE", TABLE_TEXT},    {0},
};

static int ctl_trace(struct ctl *ctl)
{
	static const char *const texts[] = {"--zone", "--client", "--type", "--for"};
	if (!ctl_number_option(ctl, "--limit", "requests"))
		return CLIENT_USAGE;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (!ctl_arg_option(ctl, texts[i]))
			return CLIENT_USAGE;
	if (words_has(&ctl->words, "--queries"))
		ctl_arg_flag(ctl, "queries");
	if (words_has(&ctl->words, "--updates"))
		ctl_arg_flag(ctl, "updates");
	ctl->is_following = true;
	progress_allow(NULL);
	return ctl_run(ctl, "trace", columns);
}

static const struct words_option options[] = {
	CTL_OPTIONS,
	{"--zone", "ZONE", "only what is asked of the zone"},
	{"--client", "PREFIX", "only what comes from these addresses: ADDRESS or ADDRESS/BITS"},
	{"--type", "TYPE", "only questions for the type, and updates that change it"},
	{"--queries", NULL, "only queries"},
	{"--updates", NULL, "only updates"},
	{"--for", "TIME", "ends after this time: 10m by default, 1d at most"},
	{"--limit", "N", "ends after N requests"},
	{0},
};

const struct ctl_command ctl_trace_commands[] = {
	{"trace", "", "shows queries and updates as they are answered", ctl_trace, 0, 0, options,
	 "trace --zone corp.example --client 10.0.0.0/8 --for 5m"},
	{0},
};

const struct ctl_tables ctl_trace_tables[] = {{"trace", {columns}}, {0}};
