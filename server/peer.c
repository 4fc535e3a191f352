/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "server/peer.h"
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUPS_MAX 256
#define LOOKUP_MAX 16384 /* what getpwuid_r may need for its texts */

bool peer_of(int fd, struct peer *peer)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	char texts[LOOKUP_MAX];
	struct passwd entry, *found = NULL;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return false;
	peer->uid = cred.uid;
	peer->gid = cred.gid;
	int error = getpwuid_r(cred.uid, &entry, texts, sizeof(texts), &found);
	if (error == 0 && found && who_of_local(&peer->who, found->pw_name)) {
		snprintf(peer->user, sizeof(peer->user), "%s", found->pw_name);
		return true;
	}
	snprintf(peer->user, sizeof(peer->user), "uid-%u", (unsigned)cred.uid);
	return who_of_local(&peer->who, peer->user);
}

bool peer_may_command(const struct peer *peer, bool has_group, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	int count = GROUPS_MAX;
	if (peer->uid == 0 || peer->uid == geteuid())
		return true;
	if (!has_group)
		return false;
	if (peer->gid == group)
		return true;
	if (getgrouplist(peer->user, peer->gid, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++)
		if (groups[i] == group)
			return true;
	return false;
}
