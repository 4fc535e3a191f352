/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Identifies the user at the other end of a Unix socket, as the kernel names it. Any thread. */
#include "acl/who.h"
#include <stdbool.h>
#include <sys/types.h>

struct peer {
	uid_t uid;
	gid_t gid;
	char user[64];  /* login name, or "uid-1234" */
	struct who who; /* "local:root" */
};

/* The user of the socket's other end. False: the kernel does not name one. */
bool peer_of(int fd, struct peer *);

/* Whether the user may give commands: root, the user of this process, or with `has_group` a member
 * of `group`, by its first or a supplementary group. */
bool peer_may_command(const struct peer *, bool has_group, gid_t group);
