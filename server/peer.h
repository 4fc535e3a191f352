/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Identifies the user at the other end of a Unix socket, as the kernel names it. Any thread. */
#include "acl/who.h"
#include <stdbool.h>
#include <sys/types.h>

#define PEER_USER_MAX 64

struct peer {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary ones, as its process had them when it connected */
	size_t group_count;
	char user[PEER_USER_MAX];   /* login name, or "uid-1234" */
	char person[PEER_USER_MAX]; /* who logged in behind it, where that is another; or "" */
	struct who who;             /* "local:root" */
};

/* The numbers of the user of the socket's other end, which peer_free frees. False: the kernel does
 * not name one. */
bool peer_of(int fd, struct peer *);
/* Sets its names, for which the system may have to ask a directory: only of who may command. */
bool peer_name(int fd, struct peer *);
void peer_free(struct peer *);

/* Whether the group is its first one or among the others. */
bool peer_is_in(const struct peer *, gid_t group);

/* Whether the user may do everything: root, the user of this process, or with `has_group` a member
 * of `group`. */
bool peer_is_admin(const struct peer *, bool has_group, gid_t group);
