/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/ctl.h"
#include "ctl/scavenge_plan.h"

static const char *zone_word(const struct ctl *ctl)
{
	return ctl->words.count > 0 ? ctl->words.word[0] : NULL;
}

static const struct table_column run_columns[] = {
	{"zone", "ZONE", TABLE_TEXT},
	{"run", "RUN", TABLE_NUMBER},
	{"removed", "REMOVED", TABLE_NUMBER},
	{"skipped", "SKIPPED", TABLE_NUMBER},
	{"milliseconds", "MS", TABLE_NUMBER},
	{"note", "NOTE", TABLE_TEXT},
	{0},
};

static int scavenge_run(struct ctl *ctl)
{
	return ctl_arg(ctl, "zone", zone_word(ctl)) ? ctl_run(ctl, "scavenge run", run_columns)
						    : CLIENT_USAGE;
}

static const struct table_column status_columns[] = {
	{"zone", "ZONE", TABLE_TEXT},
	{"aging", "AGING", TABLE_TEXT},
	{"no-refresh", "NO-REFRESH", TABLE_TEXT},
	{"refresh", "REFRESH", TABLE_TEXT},
	{"available_at", "AVAILABLE AT", TABLE_TIME},
	{"runs", "RUNS", TABLE_TEXT},
	{"note", "NOTE", TABLE_TEXT},
	{0},
};

static int scavenge_status(struct ctl *ctl)
{
	return ctl_run(ctl, "scavenge status", status_columns);
}

static int scavenge_set(struct ctl *ctl)
{
	return ctl_arg_settings(ctl, 0) ? ctl_run(ctl, "scavenge set", NULL) : CLIENT_USAGE;
}

static const struct words_option plain_options[] = {CTL_OPTIONS, {0}};
const struct ctl_verb ctl_scavenge_verbs[] = {
	{"scavenge run", "[ZONE]", "removes what is stale, now", scavenge_run, 0, 1, plain_options,
	 "scavenge run corp.example"},
	{"scavenge status", "", "shows what is scavenged, when, and what is not, and why",
	 scavenge_status, 0, 0, plain_options, "scavenge status"},
	{"scavenge plan", "[ZONE]", "lists what would be removed", scavenge_plan, 0, 1,
	 scavenge_plan_options, "scavenge plan corp.example --at 30d"},
	{"scavenge set", "period=DURATION", "sets the scavenging period; off is 0", scavenge_set, 1,
	 CTL_ANY_NUMBER, plain_options, "scavenge set period=7d"},
	{0},
};
