/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/control_socket.h"
#include "base/file_acl.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE_FOR_NOBODY 0600
#define MODE_FOR_GROUP  0660
#define MODE_FOR_ALL    0666

static bool control_socket_is_listened_on(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool is =
		fd >= 0 && (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
			    errno == EAGAIN);
	if (fd >= 0)
		close(fd);
	return is;
}

/* Removes a socket at the path that has no listener. Returns NULL, or why the path cannot be used.
 */
static const char *control_socket_make_way(const struct sockaddr_un *address)
{
	struct stat found;
	if (lstat(address->sun_path, &found) != 0)
		return NULL;
	if (!S_ISSOCK(found.st_mode))
		return "something that is not a socket stands there";
	if (control_socket_is_listened_on(address))
		return "another tenured listens there";
	return unlink(address->sun_path) == 0 ? NULL : "the old socket cannot be removed";
}

static mode_t control_socket_mode(const struct control_socket *s)
{
	return s->is_for_all ? MODE_FOR_ALL : s->has_group ? MODE_FOR_GROUP : MODE_FOR_NOBODY;
}

/* Gives what is ours to the group: by its own group, or beside it where the service may not change
 * that. False: errno. */
static bool control_socket_give(const struct control_socket *s, int fd, unsigned mode)
{
	struct stat found;
	if (fstat(fd, &found) != 0)
		return false;
	return found.st_gid == s->group ||
	       fchownat(fd, "", (uid_t)-1, s->group, AT_EMPTY_PATH) == 0 ||
	       (errno == EPERM && file_acl_give(fd, s->group, mode));
}

/* A link that took the socket's place is not followed. */
static bool control_socket_give_name(const struct control_socket *s)
{
	struct stat found;
	int fd = open(s->path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	bool is_given = fd >= 0 && fstat(fd, &found) == 0 && S_ISSOCK(found.st_mode) &&
			control_socket_give(s, fd, MODE_FOR_GROUP >> 3 & 7);
	int code = errno;
	if (fd >= 0)
		close(fd);
	errno = code;
	return is_given;
}

const char *control_socket_open(const struct control_socket *s, int *fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	memcpy(address.sun_path, s->path, sizeof(address.sun_path));
	const char *problem = control_socket_make_way(&address);
	if (problem)
		return problem;
	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*fd < 0)
		return strerror(errno);
	/* The mode holds from the first moment: fchmod before bind sets it on Linux. */
	if (fchmod(*fd, control_socket_mode(s)) != 0 ||
	    bind(*fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return strerror(errno);
	if (s->has_group && !control_socket_give_name(s))
		return strerror(errno);
	/* Without support for this flag the mode remains as bind set it. */
	if (control_socket_mode(s) != MODE_FOR_NOBODY &&
	    fchmodat(AT_FDCWD, s->path, control_socket_mode(s), AT_SYMLINK_NOFOLLOW) != 0 &&
	    errno != EOPNOTSUPP)
		return strerror(errno);
	return listen(*fd, 64) == 0 ? NULL : strerror(errno);
}

void control_socket_open_folder(const struct control_socket *s)
{
	char folder[sizeof(s->path)];
	struct stat found = {0};
	snprintf(folder, sizeof(folder), "%s", s->path);
	char *slash = strrchr(folder, '/');
	if (!slash || slash == folder || control_socket_mode(s) == MODE_FOR_NOBODY)
		return;
	*slash = '\0';
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_closed = fd >= 0 && fstat(fd, &found) == 0 && found.st_uid == geteuid() &&
			 !(found.st_mode & S_IXOTH);
	mode_t mode = found.st_mode & 07777;
	if (is_closed && s->has_group && control_socket_give(s, fd, S_IXOTH))
		mode |= S_IXGRP;
	if (is_closed && s->is_for_all)
		mode |= S_IXGRP | S_IXOTH;
	if (is_closed)
		fchmod(fd, mode);
	if (fd >= 0)
		close(fd);
}

bool control_socket_set_mode(const struct control_socket *s)
{
	bool is_set = fchmodat(AT_FDCWD, s->path, control_socket_mode(s), AT_SYMLINK_NOFOLLOW) == 0;
	int code = errno;
	control_socket_open_folder(s);
	errno = code;
	return is_set;
}
