/* SPDX-License-Identifier: BSD-2-Clause */
/* zone begin, diff, commit, abort. */
#include "ctl/ask.h"
#include "ctl/record.h"

static int ctl_zone_begin(struct ctl *ctl)
{
	return ctl_arg(ctl, "zone", ctl->words.word[0]) ? ctl_run(ctl, "zone begin", NULL)
							: CLIENT_USAGE;
}

static int ctl_zone_diff(struct ctl *ctl)
{
	return ctl_arg(ctl, "zone", ctl->words.word[0]) && ctl_arg_option(ctl, "--principal")
		       ? ctl_run(ctl, "zone diff", change_columns)
		       : CLIENT_USAGE;
}

static int ctl_zone_commit(struct ctl *ctl)
{
	if (!ctl_arg(ctl, "zone", ctl->words.word[0]))
		return CLIENT_USAGE;
	if (!words_has(&ctl->words, "--plan"))
		return ask_run(ctl, "zone commit");
	ctl_arg_flag(ctl, "plan");
	return ctl_run(ctl, "zone commit", change_columns);
}

static int ctl_zone_abort(struct ctl *ctl)
{
	if (!ctl_arg(ctl, "zone", ctl->words.word[0]) || !ctl_arg_option(ctl, "--principal"))
		return CLIENT_USAGE;
	if (!words_has(&ctl->words, "--plan"))
		return ask_run(ctl, "zone abort");
	ctl_arg_flag(ctl, "plan");
	return ctl_run(ctl, "zone abort", NULL);
}

static const struct words_option begin_options[] = {CTL_OPTIONS, {0}};
static const struct words_option diff_options[] = {
	CTL_OPTIONS,
	{"--principal", "PRINCIPAL", "somebody else's draft, as local:bea"},
	{0},
};
static const struct words_option commit_options[] = {
	CTL_OPTIONS,
	{"--plan", NULL, "only shows what would change"},
	{"--yes", NULL, "does not ask, though records go"},
	{0},
};
static const struct words_option abort_options[] = {
	CTL_OPTIONS,
	{"--principal", "PRINCIPAL", "somebody else's draft, as local:bea"},
	{"--plan", NULL, "only says what would be dropped"},
	{"--yes", NULL, "does not ask"},
	{0},
};

const struct ctl_command ctl_draft_commands[] = {
	{"zone begin", "NAME", "begins a draft: record commands become one change", ctl_zone_begin,
	 1, 1, begin_options, "zone begin corp.example"},
	{"zone diff", "NAME", "shows what a draft would change", ctl_zone_diff, 1, 1, diff_options,
	 "zone diff corp.example"},
	{"zone commit", "NAME", "makes the edits of your draft as one change", ctl_zone_commit, 1,
	 1, commit_options, "zone commit corp.example --plan"},
	{"zone abort", "NAME", "drops a draft", ctl_zone_abort, 1, 1, abort_options,
	 "zone abort corp.example --principal local:bea"},
	{0},
};

const struct ctl_tables ctl_draft_tables[] = {
	{"zone diff", {change_columns}},
	{"zone commit", {change_columns}},
	{0},
};
