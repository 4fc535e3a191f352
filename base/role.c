/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/role.h"
#include <string.h>

/* One a line, so that adding one touches no other. */
/* clang-format off */
const struct role_command role_commands[] = {
	{"apply",              ROLE_ADMIN,   REACH_SERVER, true},
	{"audit",              ROLE_READ,    REACH_FOUND,  false},
	{"audit checkpoint",   ROLE_ADMIN,   REACH_SERVER, false},
	{"audit events",       ROLE_READ,    REACH_FOUND,  false},
	{"audit export",       ROLE_READ,    REACH_FOUND,  false},
	{"audit key",          ROLE_READ,    REACH_SERVER, false},
	{"audit prune",        ROLE_ADMIN,   REACH_SERVER, true},
	{"audit revert",       ROLE_OPERATE, REACH_FOUND,  true},
	{"audit set",          ROLE_ADMIN,   REACH_SERVER, true},
	{"audit settings",     ROLE_READ,    REACH_SERVER, false},
	{"audit show",         ROLE_READ,    REACH_FOUND,  false},
	{"audit targets",      ROLE_READ,    REACH_SERVER, false},
	{"audit verify",       ROLE_READ,    REACH_SERVER, false},
	{"backup",             ROLE_ADMIN,   REACH_SERVER, true},
	{"backup note",        ROLE_ADMIN,   REACH_SERVER, false},
	{"bin list",           ROLE_READ,    REACH_FOUND,  false},
	{"bin set",            ROLE_ADMIN,   REACH_SERVER, true},
	{"clock forward",      ROLE_ADMIN,   REACH_SERVER, false},
	{"clock set",          ROLE_ADMIN,   REACH_SERVER, false},
	{"digest",             ROLE_READ,    REACH_SERVER, false},
	{"group add",          ROLE_ADMIN,   REACH_SERVER, true},
	{"group create",       ROLE_ADMIN,   REACH_SERVER, true},
	{"group delete",       ROLE_ADMIN,   REACH_SERVER, true},
	{"group list",         ROLE_READ,    REACH_SERVER, false},
	{"group remove",       ROLE_ADMIN,   REACH_SERVER, true},
	{"group set",          ROLE_ADMIN,   REACH_SERVER, true},
	{"group show",         ROLE_READ,    REACH_SERVER, false},
	{"health",             ROLE_READ,    REACH_SERVER, false},
	{"history",            ROLE_READ,    REACH_NAME,   false},
	{"key del",            ROLE_ADMIN,   REACH_SERVER, true},
	{"key disable",        ROLE_ADMIN,   REACH_SERVER, true},
	{"key enable",         ROLE_ADMIN,   REACH_SERVER, true},
	{"key generate",       ROLE_ADMIN,   REACH_SERVER, true},
	{"key import",         ROLE_ADMIN,   REACH_SERVER, true},
	{"key list",           ROLE_READ,    REACH_SERVER, false},
	{"key rotate",         ROLE_ADMIN,   REACH_SERVER, true},
	{"key show",           ROLE_ADMIN,   REACH_SERVER, true},
	{"key test",           ROLE_ADMIN,   REACH_SERVER, false},
	{"notify status",      ROLE_READ,    REACH_FOUND,  false},
	{"owner list",         ROLE_READ,    REACH_FOUND,  false},
	{"owner release",      ROLE_OPERATE, REACH_NAME,   true},
	{"owner reserve",      ROLE_OPERATE, REACH_NAME,   true},
	{"owner show",         ROLE_READ,    REACH_NAME,   false},
	{"owner transfer",     ROLE_OPERATE, REACH_ZONE,   true},
	{"reload",             ROLE_ADMIN,   REACH_SERVER, false},
	{"record add",         ROLE_OPERATE, REACH_ZONE,   true},
	{"record adopt",       ROLE_OPERATE, REACH_ZONE,   true},
	{"record del",         ROLE_OPERATE, REACH_ZONE,   true},
	{"record list",        ROLE_READ,    REACH_ZONE,   false},
	{"record note",        ROLE_OPERATE, REACH_ZONE,   true},
	{"record notes",       ROLE_READ,    REACH_FOUND,  false},
	{"record pin",         ROLE_OPERATE, REACH_ZONE,   true},
	{"record release",     ROLE_OPERATE, REACH_ZONE,   true},
	{"record restore",     ROLE_OPERATE, REACH_NAME,   true},
	{"record set",         ROLE_OPERATE, REACH_ZONE,   true},
	{"record set-class",   ROLE_OPERATE, REACH_ZONE,   true},
	{"record show",        ROLE_READ,    REACH_NAME,   false},
	{"record touch",       ROLE_OPERATE, REACH_ZONE,   true},
	{"record unpin",       ROLE_OPERATE, REACH_ZONE,   true},
	{"scavenge approve",   ROLE_OPERATE, REACH_FOUND,  true},
	{"scavenge cancel",    ROLE_OPERATE, REACH_FOUND,  true},
	{"scavenge history",   ROLE_READ,    REACH_FOUND,  false},
	{"scavenge plan",      ROLE_READ,    REACH_FOUND,  false},
	{"scavenge run",       ROLE_OPERATE, REACH_ZONE,   true},
	{"scavenge set",       ROLE_ADMIN,   REACH_SERVER, true},
	{"scavenge status",    ROLE_READ,    REACH_FOUND,  false},
	{"scavenge undo",      ROLE_OPERATE, REACH_FOUND,  true},
	{"server set",         ROLE_ADMIN,   REACH_SERVER, true},
	{"server settings",    ROLE_READ,    REACH_SERVER, false},
	{"stats",              ROLE_METRICS,   REACH_SERVER, false},
	{"status",             ROLE_READ,    REACH_FOUND,  false},
	{"status seen",        ROLE_ADMIN,   REACH_SERVER, true},
	{"stop",               ROLE_ADMIN,   REACH_SERVER, false},
	{"store grow",         ROLE_ADMIN,   REACH_SERVER, false},
	{"store rekey",        ROLE_ADMIN,   REACH_SERVER, true},
	{"trace",              ROLE_READ,    REACH_ZONE,   false},
	{"why",                ROLE_READ,    REACH_FOUND,  false},
	{"zone add",           ROLE_ADMIN,   REACH_SERVER, true},
	{"zone check",         ROLE_READ,    REACH_ZONE,   false},
	{"zone copy",          ROLE_ADMIN,   REACH_SERVER, true},
	{"zone del",           ROLE_ADMIN,   REACH_SERVER, true},
	{"zone export",        ROLE_READ,    REACH_ZONE,   false},
	{"zone freeze",        ROLE_OPERATE, REACH_ZONE,   true},
	{"zone import",        ROLE_ADMIN,   REACH_SERVER, true},
	{"zone list",          ROLE_READ,    REACH_FOUND,  false},
	{"zone notify",        ROLE_OPERATE, REACH_ZONE,   false},
	{"zone policy add",    ROLE_ADMIN,   REACH_SERVER, true},
	{"zone policy check",  ROLE_READ,    REACH_ZONE,   false},
	{"zone policy set",    ROLE_ADMIN,   REACH_SERVER, true},
	{"zone policy show",   ROLE_READ,    REACH_ZONE,   false},
	{"zone rename",        ROLE_ADMIN,   REACH_SERVER, true},
	{"zone restore",       ROLE_ADMIN,   REACH_SERVER, true},
	{"zone set",           ROLE_ADMIN,   REACH_SERVER, true},
	{"zone show",          ROLE_READ,    REACH_ZONE,   false},
	{"zone thaw",          ROLE_OPERATE, REACH_ZONE,   true},
	{0},
};
/* clang-format on */

const struct role_command *role_of_command(const char *words)
{
	for (const struct role_command *command = role_commands; command->words; command++)
		if (strcmp(command->words, words) == 0)
			return command;
	return NULL;
}

const char *role_name(enum role role)
{
	static const char *const names[] = {"none", "metrics", "read", "operate", "admin"};
	return names[role];
}
