/* SPDX-License-Identifier: BSD-2-Clause */
/* server set, server settings. */
#include "ctl/ctl.h"

static int ctl_server_set(struct ctl *ctl)
{
	return ctl_arg_settings(ctl, 0) ? ctl_run(ctl, "server set", NULL) : CLIENT_USAGE;
}

static int ctl_server_settings(struct ctl *ctl)
{
	ctl_arg_words(ctl);
	return ctl_run(ctl, "server settings", NULL);
}

static const struct words_option options[] = {CTL_OPTIONS, {0}};

const struct ctl_command ctl_realm_commands[] = {
	{"server set", "SETTING=VALUE...", "sets which Kerberos realms are trusted", ctl_server_set,
	 1, CTL_ANY_NUMBER, options, "server set realms=CORP.EXAMPLE,DEV.EXAMPLE"},
	{"server settings", "", "shows which Kerberos realms are trusted", ctl_server_settings, 0,
	 0, options, "server settings"},
	{0},
};
