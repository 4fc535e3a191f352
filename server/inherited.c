/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/inherited.h"
#include "base/log.h"
#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#define INHERITED_MAX 65536

/* A variable that holds a number. 0: it is not set, or none. */
static long inherited_number(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	long number = text ? strtol(text, &end, 10) : 0;
	return text && end != text && !*end && number > 0 ? number : 0;
}

static bool inherited_look(struct inherited_socket *s, int fd)
{
	socklen_t len = sizeof s->type;
	*s = (struct inherited_socket){.fd = fd, .addr.len = sizeof s->addr.v6};
	int flags = fcntl(fd, F_GETFD);
	if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) != 0)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &s->type, &len) != 0 ||
	    getsockname(fd, &s->addr.any, &s->addr.len) != 0)
		s->type = 0;
	return true;
}

void inherited_take(struct inherited *in, int first)
{
	long pid = inherited_number("LISTEN_PID"), count = inherited_number("LISTEN_FDS");
	*in = (struct inherited){0};
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (pid != (long)getpid() || count == 0 || count > INHERITED_MAX)
		return;
	in->sockets = calloc((size_t)count, sizeof *in->sockets);
	assert(in->sockets);
	for (int i = 0; i < (int)count; i++)
		in->count += inherited_look(&in->sockets[in->count], first + i);
}

int inherited_claim(struct inherited *in, const struct addr *addr, int type)
{
	for (size_t i = 0; i < in->count; i++) {
		struct inherited_socket *s = &in->sockets[i];
		if (s->fd < 0 || s->type != type || s->addr.len != addr->len ||
		    !addr_equal(&s->addr, addr))
			continue;
		int fd = s->fd;
		s->fd = -1;
		return fd;
	}
	return -1;
}

void inherited_end(struct inherited *in)
{
	uint64_t left = 0;
	for (size_t i = 0; i < in->count; i++) {
		if (in->sockets[i].fd < 0)
			continue;
		left++;
		close(in->sockets[i].fd);
	}
	if (left)
		log_warning("the service manager passed sockets that are not listened on",
			    "count=%" PRIu64 " why=\"they are of no address in listen, or more "
			    "than the threads\"",
			    left);
	free(in->sockets);
	*in = (struct inherited){0};
}
