/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * migrate: that is the work of tenure-migrate, a program of its own which parses other servers'
 * files, needs no server, and has none of what this program may do; here it only gets its words.
 */
#include <config.h>
#include "ctl/ctl.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIGRATE_PROGRAM "tenure-migrate"
#define MIGRATE_ARGS    64
/* How many CTL_OPTIONS are. */
#define GLOBAL_OPTIONS 8

static const struct words_option migrate_options[] = {
	CTL_OPTIONS,
	{"--out", "DIR", "writes site.yaml, data/, keys/ and the report there"},
	{"--plan", NULL, "shows the report, and writes nothing"},
	{"--view", "NAME", "of BIND's views the one that is taken"},
	{"--zones", "DIR", "zone files that count instead of those the configuration names"},
	{"--config", "FILE", "PowerDNS: its pdns.conf, for what holds of all zones"},
	{"--realm", "REALM", "the Kerberos realm of the accounts"},
	{"--ptr-owner", "forward", "a PTR has the owner of its address record"},
	{"--static-owner", "node", "a static record at a machine's name is the machine's"},
	{"--accept-wider", NULL, "takes rules that give more than the source does"},
	{"--allow-md5", NULL, "takes keys of hmac-md5"},
	{"--reserve-tombstones", NULL, "names that were deleted are kept for their owners"},
	{"--no-tools", NULL, "runs none of the source's own programs"},
	{0},
};

/* Beside this program, or where PATH says. */
static void migrate_find_program(char out[CTL_PROGRAM_MAX])
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n > 0 ? n : 0] = '\0';
	char *slash = strrchr(self, '/');
	if (slash) {
		slash[1] = '\0';
		snprintf(out, CTL_PROGRAM_MAX, "%s%s", self, MIGRATE_PROGRAM);
		if (access(out, X_OK) == 0)
			return;
	}
	snprintf(out, CTL_PROGRAM_MAX, MIGRATE_PROGRAM);
}

static int ctl_migrate(struct ctl *ctl)
{
	char program[CTL_PROGRAM_MAX];
	char *argv[MIGRATE_ARGS + 1];
	size_t n = 0;
	argv[n++] = (char *)MIGRATE_PROGRAM;
	for (const struct words_option *o = migrate_options + GLOBAL_OPTIONS; o->name; o++) {
		if (!words_has(&ctl->words, o->name))
			continue;
		argv[n++] = (char *)(uintptr_t)o->name;
		if (o->value)
			argv[n++] = (char *)(uintptr_t)words_option(&ctl->words, o->name);
	}
	if (ctl->is_json)
		argv[n++] = (char *)"--json";
	argv[n++] = (char *)"--";
	for (size_t i = 0; i < ctl->words.count && n < MIGRATE_ARGS; i++)
		argv[n++] = (char *)(uintptr_t)ctl->words.word[i];
	argv[n] = NULL;
	migrate_find_program(program);
	execvp(program, argv);
	return ctl_fail(ctl, CLIENT_FAILED, "%s: %s%s", program, strerror(errno),
			errno == ENOENT ? " (it is in a package of its own, tenure-migrate)" : "");
}

const struct ctl_command ctl_migrate_commands[] = {
	{"migrate", "bind|knot|pdns|samba|windows SOURCE...",
	 "makes of another server's files what `apply` reads", ctl_migrate, 1, 20, migrate_options,
	 "migrate bind /etc/bind/named.conf --out site"},
	{0},
};
