/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "server/person.h"
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5; headers of Debian 12 lack it */
#endif

#define PERSON_TEXT_MAX 1024
#define START_FIELD     20 /* of the fields behind the name in /proc/PID/stat: when it started */

bool person_parse(const char *text, uid_t *login)
{
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	unsigned long long number = strtoull(text, &end, 10);
	if ((*end && *end != '\n') || number >= UINT32_MAX)
		return false;
	*login = (uid_t)number;
	return true;
}

/* A file of the process's folder as text. */
static bool person_read(int folder, const char *name, char text[PERSON_TEXT_MAX])
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd >= 0 ? read(fd, text, PERSON_TEXT_MAX - 1) : -1;
	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* Whether the process began before now, by the clock that the kernel counts from its start: the
 * number of one that ended is given again only to one that begins later. */
static bool person_is_older(int folder)
{
	char text[PERSON_TEXT_MAX];
	struct timespec now;
	long ticks = sysconf(_SC_CLK_TCK);
	if (!person_read(folder, "stat", text) || ticks <= 0)
		return false;
	/* The name of the program may hold blanks and parentheses; the last one ends it. */
	char *at = strrchr(text, ')');
	for (int field = 0; at && field < START_FIELD; field++)
		at = strchr(at + 1, ' ');
	unsigned long long start = at ? strtoull(at, NULL, 10) : UINT64_MAX;
	clock_gettime(CLOCK_BOOTTIME, &now);
	return start / (unsigned long long)ticks <= (unsigned long long)now.tv_sec;
}

/* Whether the process that connected has not ended: then its number is still its own. Without a
 * descriptor of it, on kernels before 6.5, when it began has to do. */
static bool person_is_there(int fd, int folder)
{
	int process = -1;
	socklen_t len = sizeof(process);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, &process, &len) != 0)
		return person_is_older(folder);
	struct pollfd ended = {.fd = process, .events = POLLIN};
	bool is_there = poll(&ended, 1, 0) == 0;
	close(process);
	return is_there;
}

bool person_of(int fd, pid_t pid, uid_t uid, uid_t *login)
{
	char path[32], text[PERSON_TEXT_MAX];
	struct stat state;
	if (pid <= 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	/* The folder stays that of this process, also when its number is given again. */
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return false;
	bool is_known = fstat(folder, &state) == 0 && state.st_uid == uid &&
			person_read(folder, "loginuid", text) && person_is_there(fd, folder) &&
			person_parse(text, login);
	close(folder);
	return is_known;
}
