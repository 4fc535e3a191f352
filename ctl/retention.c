/* SPDX-License-Identifier: BSD-2-Clause */
/* audit set, audit settings, audit prune. */
#include "ctl/ctl.h"

static int audit_set(struct ctl *ctl)
{
	return ctl_arg_settings(ctl, 0) ? ctl_run(ctl, "audit set", NULL) : CLIENT_USAGE;
}

static int audit_settings(struct ctl *ctl)
{
	ctl_arg_words(ctl);
	return ctl_run(ctl, "audit settings", NULL);
}

static int audit_prune(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--yes") && words_has(&ctl->words, "--plan"))
		return ctl_fail(ctl, CLIENT_USAGE, "--plan and --yes exclude each other");
	if (!ctl_arg_option(ctl, "--before") || !ctl_arg_option(ctl, "--keep") ||
	    !ctl_arg_option(ctl, "--log"))
		return CLIENT_USAGE;
	if (words_has(&ctl->words, "--yes"))
		ctl_arg_flag(ctl, "yes");
	return ctl_run(ctl, "audit prune", NULL);
}

static const struct words_option plain_options[] = {CTL_OPTIONS, {0}};
static const struct words_option prune_options[] = {
	CTL_OPTIONS,
	{"--before", "TIME", "entries older than that: 2026-01-05, 90d for so long ago"},
	{"--keep", "DURATION", "entries but for those of the last so long"},
	{"--log", "LOG", "of changes (default), refusals-signed or refusals-unsigned"},
	{"--plan", NULL, "only says what would go (this is the default)"},
	{"--yes", NULL, "prunes them"},
	{0},
};

const struct ctl_command ctl_retention_commands[] = {
	{"audit set", "SETTING=VALUE...", "sets how long the log is kept", audit_set, 1,
	 CTL_ANY_NUMBER, plain_options, "audit set retention-age=400d retention-size=10G"},
	{"audit settings", "", "shows how long the log is kept, and what it takes", audit_settings,
	 0, 0, plain_options, "audit settings"},
	{"audit prune", "", "removes the oldest entries; without --yes says which", audit_prune, 0,
	 0, prune_options, "audit prune --keep 90d --yes"},
	{0},
};
