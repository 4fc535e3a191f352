/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/socket_pass.h"
#include "server/listeners.h"
#include "server/supervisor.h"
#include <assert.h>
#include <stdio.h>
#include <time.h>

#define PAUSE_MS 100
#define WAIT_MS  10000

/* What no longer has an owner may be there yet, of a server that ended before it said that it has
 * them. */
#define REMOVE "FDSTOREREMOVE=1\nFDNAME=" SOCKET_PASS_NAME
/* FDPOLL=0: an error at a socket is the server's to see, not a reason to drop it. */
#define STORE "FDSTORE=1\nFDNAME=" SOCKET_PASS_NAME "\nFDPOLL=0"

static bool socket_pass_fail(const char *why, char error[SOCKET_PASS_ERROR_MAX])
{
	snprintf(error, SOCKET_PASS_ERROR_MAX, "sockets cannot be passed: %s", why);
	return false;
}

static bool socket_pass_all(const struct listeners *all, char error[SOCKET_PASS_ERROR_MAX])
{
	int fds[SUPERVISOR_FDS_MAX];
	size_t count = 0, sockets = 2 * all->threads * all->addresses;
	for (size_t i = 0; i < sockets; i++) {
		const struct listener *l = &all->of[i / 2];
		fds[count++] = i % 2 ? l->tcp : l->udp;
		if (count < SUPERVISOR_FDS_MAX && i + 1 < sockets)
			continue;
		if (!supervisor_pass(STORE, fds, count))
			return socket_pass_fail("the service manager does not take them", error);
		count = 0;
	}
	return supervisor_wait() ||
	       socket_pass_fail("the service manager does not say that it has them", error);
}

/*
 * A process that the manager made while it kept the sockets of the server before has them, too,
 * until it becomes a program: some seconds, where it waits for the end of the boot (Type=idle).
 * Sharing the address with those would give them packets that nobody reads.
 */
static bool socket_pass_bind(struct listeners *all, const struct settings *s,
			     char error[SOCKET_PASS_ERROR_MAX])
{
	static const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
	for (int waited = 0;; waited += PAUSE_MS) {
		listeners_init(all, s);
		if (listeners_open(all, s, NULL, error))
			return true;
		listeners_close(all);
		if (waited >= WAIT_MS || !listeners_are_shared(all, s))
			return false;
		nanosleep(&pause, NULL);
	}
}

bool socket_pass(const struct settings *s, char error[SOCKET_PASS_ERROR_MAX])
{
	struct listeners all;
	static_assert(SOCKET_PASS_ERROR_MAX >= LISTENER_ERROR_MAX, "it says theirs");
	if (!supervisor_is_there())
		return socket_pass_fail("no service manager is there (NOTIFY_SOCKET is not set)",
					error);
	supervisor_tell(REMOVE);
	if (!supervisor_wait())
		return socket_pass_fail("the service manager does not answer", error);
	if (!socket_pass_bind(&all, s, error))
		return false;
	bool is_well = socket_pass_all(&all, error);
	listeners_close(&all);
	return is_well;
}

void socket_pass_done(void)
{
	supervisor_tell(REMOVE);
}
