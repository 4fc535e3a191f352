/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/socket_pass.h"
#include "server/listeners.h"
#include "server/supervisor.h"
#include <assert.h>
#include <stdio.h>

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
	listeners_init(&all, s);
	bool is_well = listeners_open(&all, s, NULL, error) && socket_pass_all(&all, error);
	listeners_close(&all);
	return is_well;
}

void socket_pass_done(void)
{
	supervisor_tell(REMOVE);
}
