/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/supervisor.h"
#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define WAIT_MS 10000

/* 0: there is none. */
static socklen_t supervisor_address(struct sockaddr_un *addr)
{
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (len == 0 || len >= sizeof addr->sun_path)
		return 0;
	memcpy(addr->sun_path, path, len);
	/* A name that begins with @ is in the abstract namespace. */
	if (path[0] == '@')
		addr->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

bool supervisor_is_there(void)
{
	struct sockaddr_un addr;
	return supervisor_address(&addr) != 0;
}

void supervisor_tell(const char *words)
{
	/* Nobody to tell that nobody could be told. */
	(void)supervisor_pass(words, NULL, 0);
}

bool supervisor_pass(const char *words, const int *fds, size_t count)
{
	struct sockaddr_un addr;
	union {
		char bytes[CMSG_SPACE(SUPERVISOR_FDS_MAX * sizeof(int))];
		struct cmsghdr aligned;
	} control;
	struct iovec text = {.iov_base = (void *)(uintptr_t)words, .iov_len = strlen(words)};
	struct msghdr message = {.msg_name = &addr,
				 .msg_namelen = supervisor_address(&addr),
				 .msg_iov = &text,
				 .msg_iovlen = 1};
	assert(count <= SUPERVISOR_FDS_MAX);
	if (message.msg_namelen == 0)
		return false;
	if (count > 0) {
		memset(&control, 0, sizeof control);
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(count * sizeof *fds);
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(count * sizeof *fds);
		memcpy(CMSG_DATA(head), fds, count * sizeof *fds);
	}
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool is_sent = sendmsg(fd, &message, MSG_NOSIGNAL) >= 0;
	close(fd);
	return is_sent;
}

/* The manager closes the end that it is given when its turn has come. */
bool supervisor_wait(void)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	bool is_sent = supervisor_pass("BARRIER=1", &ends[1], 1);
	close(ends[1]);
	struct pollfd end = {.fd = ends[0]};
	bool is_there = is_sent && poll(&end, 1, WAIT_MS) == 1 && (end.revents & POLLHUP);
	close(ends[0]);
	return is_there;
}

double supervisor_watchdog(void)
{
	const char *interval = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	if (!interval || (pid && strtol(pid, NULL, 10) != (long)getpid()))
		return 0;
	unsigned long long us = strtoull(interval, NULL, 10);
	return (double)us / 2e6;
}
