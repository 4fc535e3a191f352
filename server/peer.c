/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "server/peer.h"
#include "server/person.h"
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LOOKUP_MAX 16384 /* what getpwuid_r may need for its texts */

/* The groups as the kernel has them: the group database may not know yet, or no longer. */
static void peer_take_groups(int fd, struct peer *peer)
{
	socklen_t len = 0;
	int is_failed = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len);
	if (!is_failed || errno != ERANGE || len == 0)
		return;
	peer->groups = malloc(len);
	if (!peer->groups || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer->groups, &len) != 0)
		peer_free(peer);
	else
		peer->group_count = len / sizeof(gid_t);
}

bool peer_of(int fd, struct peer *peer)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return false;
	*peer = (struct peer){.uid = cred.uid, .gid = cred.gid};
	snprintf(peer->user, sizeof(peer->user), "uid-%u", (unsigned)cred.uid);
	peer_take_groups(fd, peer);
	return who_of_local(&peer->who, peer->user);
}

/* The login name of a user, or its number: where there is none, or one that no principal can have.
 */
static void peer_print_user(uid_t uid, char name[PEER_USER_MAX])
{
	char texts[LOOKUP_MAX];
	struct passwd entry, *found = NULL;
	struct who who;
	int error = getpwuid_r(uid, &entry, texts, sizeof(texts), &found);
	if (error == 0 && found && strlen(found->pw_name) < PEER_USER_MAX &&
	    who_of_local(&who, found->pw_name))
		snprintf(name, PEER_USER_MAX, "%s", found->pw_name);
	else
		snprintf(name, PEER_USER_MAX, "uid-%u", (unsigned)uid);
}

bool peer_name(int fd, struct peer *peer)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	uid_t login;
	peer_print_user(peer->uid, peer->user);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 &&
	    person_of(fd, cred.pid, cred.uid, &login) && login != peer->uid)
		peer_print_user(login, peer->person);
	return who_of_local(&peer->who, peer->user);
}

void peer_free(struct peer *peer)
{
	free(peer->groups);
	peer->groups = NULL;
	peer->group_count = 0;
}

bool peer_is_in(const struct peer *peer, gid_t group)
{
	for (size_t i = 0; i < peer->group_count; i++)
		if (peer->groups[i] == group)
			return true;
	return peer->gid == group;
}

bool peer_is_admin(const struct peer *peer, bool has_group, gid_t group)
{
	return peer->uid == 0 || peer->uid == geteuid() || (has_group && peer_is_in(peer, group));
}
