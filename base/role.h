/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The roles of the control socket, and the table of its commands with the least role of each. The
 * server asks the table before it runs a command, tenurectl shows it in its help. Pure; any thread.
 *
 * A role holds what the roles below it hold. `read` and `operate` may be of listed zones; such a
 * role sees and changes these zones alone.
 */
#include <stdbool.h>
#include <stddef.h>

enum role {
	ROLE_NONE,
	ROLE_METRICS, /* reads the counters and nothing else: tenure-exporter */
	ROLE_READ,    /* looks: auditors, help desks */
	ROLE_OPERATE, /* and changes records and owners, runs, freezes, undoes */
	ROLE_ADMIN,   /* and all else: zones, rules, groups, keys, the server */
};

/* What a command is about. */
enum role_reach {
	REACH_ZONE,  /* the zone of its argument `zone`, which a role of listed zones has to give */
	REACH_NAME,  /* the zone of `zone`, or that in which `name`, or each of `names`, lies */
	REACH_FOUND, /* what it finds: it looks itself, and shows and changes of listed zones only
			what is theirs */
	REACH_SERVER, /* the server as a whole, which is not for a role of listed zones */
};

struct role_command {
	const char *words; /* "zone add" */
	enum role least;
	enum role_reach reach;
	bool changes; /* it writes entries of the log, and takes a reason for them */
};

/* The table, ended by NULL words. */
extern const struct role_command role_commands[];

/* The row of a command; NULL: there is none. */
const struct role_command *role_of_command(const char *words);

/* "read", "operate", "admin"; "none". */
const char *role_name(enum role);
