/* SPDX-License-Identifier: BSD-2-Clause */
/* demo: a program of its own plays it; here it only gets its words. */
#include <config.h>
#include "ctl/ctl.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define DEMO_ARGS_MAX 4

static int demo_run(struct ctl *ctl)
{
	char program[CTL_PROGRAM_MAX];
	const char *argv[DEMO_ARGS_MAX] = {"tenure-demo"};
	size_t n = 1;
	if (ctl->is_json || words_has(&ctl->words, "--socket") || words_has(&ctl->words, "--data"))
		return ctl_fail(ctl, CLIENT_USAGE,
				"it starts a server of its own, and is for people: it takes --fast "
				"and --keep");
	if (words_has(&ctl->words, "--fast"))
		argv[n++] = "--fast";
	if (words_has(&ctl->words, "--keep"))
		argv[n++] = "--keep";
	ctl_find_program("tenure-demo", program);
	execvp(program, (char *const *)(uintptr_t)argv);
	return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", program, strerror(errno));
}

static const struct words_option demo_options[] = {
	CTL_OPTIONS,
	{"--fast", NULL, "without pauses to read along"},
	{"--keep", NULL, "leaves the server and its folder"},
	{0},
};

const struct ctl_command ctl_demo_commands[] = {
	{"demo", "", "plays a day of a small company, by a server of its own", demo_run, 0, 0,
	 demo_options, "demo --fast"},
	{0},
};
