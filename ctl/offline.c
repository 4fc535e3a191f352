/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check, restore, and rules that are checked while no server answers: that is the work of the
 * daemon's program, which knows stores and rules; here they only get their name and their words
 * (doc/decisions/015).
 */
#include <config.h>
#include "base/file.h"
#include "ctl/ctl.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DATA_DEFAULT "/var/lib/tenure"
#define ARGS_MAX     16
/* How many CTL_OPTIONS are. */
#define GLOBAL_OPTIONS 8

/* Beside this program, or where both were installed; else where PATH says. */
void ctl_find_program(const char *name, char out[CTL_PROGRAM_MAX])
{
	static const char *const places[] = {"", "../sbin/", "../libexec/tenure/"};
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(self, '/');
	if (slash)
		slash[1] = '\0';
	for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(out, CTL_PROGRAM_MAX, "%s%s%s", self, places[i], name);
		if (access(out, X_OK) == 0)
			return;
	}
	snprintf(out, CTL_PROGRAM_MAX, "%s", name);
}

/* The text as standard input of this process. */
static bool offline_feed(const char *text)
{
	size_t len = strlen(text);
	int fd = memfd_create("rules", 0);
	return fd >= 0 && file_write(fd, text, len) && lseek(fd, 0, SEEK_SET) == 0 &&
	       dup2(fd, STDIN_FILENO) == STDIN_FILENO;
}

int ctl_check_rules(struct ctl *ctl, const char *zone, const char *path, const char *text)
{
	char program[CTL_PROGRAM_MAX];
	ctl_find_program("tenured", program);
	if (!offline_feed(text))
		return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", path, strerror(errno));
	execlp(program, "tenured", "policy-check", "--name", path, ctl->is_json ? "--json" : "--",
	       zone, NULL);
	return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", program, strerror(errno));
}

int ctl_become(struct ctl *ctl, const struct words_option *options)
{
	char program[CTL_PROGRAM_MAX];
	char *argv[ARGS_MAX];
	size_t n = 0;
	const char *data = words_option(&ctl->words, "--data");
	ctl_find_program("tenured", program);
	if (words_has(&ctl->words, "--socket"))
		return ctl_fail(ctl, CLIENT_USAGE,
				"--socket is for a server that runs, and this is for one that does "
				"not: --data DIR");
	argv[n++] = (char *)"tenured";
	argv[n++] = (char *)(uintptr_t)ctl->command->words;
	argv[n++] = (char *)"--data";
	argv[n++] = (char *)(uintptr_t)(data ? data : DATA_DEFAULT);
	for (const struct words_option *o = options + GLOBAL_OPTIONS; o->name; o++) {
		if (!words_has(&ctl->words, o->name))
			continue;
		argv[n++] = (char *)(uintptr_t)o->name;
		if (o->value)
			argv[n++] = (char *)(uintptr_t)words_option(&ctl->words, o->name);
	}
	if (ctl->is_json)
		argv[n++] = (char *)"--json";
	argv[n++] = (char *)"--";
	for (size_t i = 0; i < ctl->words.count; i++)
		argv[n++] = (char *)(uintptr_t)ctl->words.word[i];
	argv[n] = NULL;
	execvp(program, argv);
	return ctl_fail(ctl, CLIENT_FAILED, "%s: %s", program, strerror(errno));
}

static const struct words_option check_options[] = {
	CTL_OPTIONS,
	{"--repair-indexes", NULL, "makes indexes anew from names and log, if something is wrong"},
	{"--replay", NULL, "replays the log, and compares the digests of state"},
	{"--from", "FILE", "with --replay: onto this backup, where the log was pruned"},
	{0},
};
static const struct words_option restore_options[] = {
	CTL_OPTIONS,
	{"--to", "TIME", "as it was then: 2026-01-05T09:00:00Z, 2h for so long ago, or seq:N"},
	{"--log-of", "DIR", "goes on with the log of this data folder, from where the backup ends"},
	{"--user", "USER", "whose a new data folder is to be; default: user of the configuration"},
	{0},
};

static int offline_check(struct ctl *ctl)
{
	return ctl_become(ctl, check_options);
}

static int offline_restore(struct ctl *ctl)
{
	return ctl_become(ctl, restore_options);
}

const struct ctl_command ctl_offline_commands[] = {
	{"check", "", "looks for damage in a store that no server has open", offline_check, 0, 0,
	 check_options, "check --data /var/lib/tenure"},
	{"restore", "FILE", "makes a store from a backup, in an empty data folder", offline_restore,
	 1, 1, restore_options, "restore tenure.backup --data /var/lib/tenure --to 2h"},
	{0},
};
