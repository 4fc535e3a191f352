/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The control socket: a Unix stream socket with base/frame's frames. Who is at the other end is
 * told by the kernel (SO_PEERCRED): root, the daemon's own user, and members of its group may do
 * everything; everybody else is refused. Each connection is served by a thread of its own,
 * CONTROL_CONNECTIONS_MAX at a time, so that a long import or `audit --follow` holds up nobody.
 */
#include "admin/call.h"
#include "nameserver/core.h"

#define CONTROL_CONNECTIONS_MAX 16
#define CONTROL_LISTING_S       60

struct control;

struct control_options {
	const char *path;            /* the socket; an old one that nobody listens on is replaced */
	const char *group;           /* its members may command; NULL: only root and our own user */
	uint64_t listing_seconds;    /* for so long in all a reader may keep an answer waiting that
					holds a snapshot of the store; 0: CONTROL_LISTING_S */
	const char *listen;          /* what `status` says: "127.0.0.1@5353, ::1@5353"; NULL */
	void (*stop)(void *context); /* `tenurectl stop`, in a control thread: must not wait for
					control_stop */
	void *context;
};

/* NULL, or `error` with a sentence. Runs in threads of its own. */
struct control *control_start(struct core *, const struct control_options *,
			      char error[STORE_ERROR_MAX]);
/* Ends connections, removes the socket. Not from a control thread. */
void control_stop(struct control *);
