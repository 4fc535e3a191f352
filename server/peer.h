/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Who is at the other end of a Unix socket, by the kernel's word. Any thread. */
#include "acl/who.h"
#include <stdbool.h>
#include <sys/types.h>

struct peer {
	uid_t uid;
	gid_t gid;
	char user[64];  /* login name, or "uid-1234" */
	struct who who; /* "local:root" */
};

/* False: the kernel does not say. */
bool peer_of(int fd, struct peer *);

/* Root, our own user, or a member of the group (first or supplementary); `has_group` false: there
 * is none. */
bool peer_may_command(const struct peer *, bool has_group, gid_t group);
