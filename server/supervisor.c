/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/supervisor.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void supervisor_tell(const char *words)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t len = path ? strlen(path) : 0;
	if (len == 0 || len >= sizeof addr.sun_path)
		return;
	memcpy(addr.sun_path, path, len);
	/* A name that begins with @ is in the abstract namespace. */
	if (path[0] == '@')
		addr.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Nobody to tell that nobody could be told. */
	(void)!sendto(fd, words, strlen(words), MSG_NOSIGNAL, (const struct sockaddr *)&addr,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

double supervisor_watchdog(void)
{
	const char *interval = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	if (!interval || (pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	unsigned long long us = strtoull(interval, NULL, 10);
	return (double)us / 2e6;
}
