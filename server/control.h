/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The server of the control socket: a Unix stream socket with the frames of base/frame.h. The
 * kernel names the user of each connection, its groups and its process (SO_PEERCRED,
 * SO_PEERGROUPS, SO_PEERPIDFD). Root, the daemon's user and members of its group may give any
 * command, others what the roles of tenured.yaml let them (server/roles.h); who has none is refused
 * with a sentence. Where roles are given, each user of the machine can connect. Each connection has
 * a thread, so a long command does not delay others.
 *
 * So many connections may be at one time, so that nobody locks out who has to look or to stop:
 *   - as many as the setting says; a quarter of them is kept for root, and another user has half of
 *     them at most;
 *   - half of them may carry out commands that go on until their client leaves (call.follow);
 *   - where there is no place, the connection that has carried out nothing for longest, and for a
 *     second at least, is closed.
 */
#include "admin/call.h"
#include "nameserver/core.h"

#define CONTROL_CONNECTIONS 64
#define CONTROL_LISTING_S   60
#define CONTROL_DOING_MAX   128

struct control;

struct control_options {
	const char *path;            /* the socket; an old one that nobody listens on is replaced */
	const char *group;           /* its members may command; NULL: only root and our own user */
	uint64_t listing_seconds;    /* how long a slow client may delay an answer that holds a
					snapshot of the store, in all; 0: CONTROL_LISTING_S */
	size_t connections;          /* at one time; 0: CONTROL_CONNECTIONS */
	const char *const *roles;    /* lines of each role, as roles_new takes them; NULL: none */
	const char *listen;          /* what `status` says: "127.0.0.1@5353, ::1@5353"; NULL */
	void (*stop)(void *context); /* called for `stop`, in a thread of a connection; it must
					not wait for control_stop */
	/* Called for `reload`, in a thread of a connection. False: nothing was changed. `said` is
	 * what is told to the client. NULL: there is nothing to read again. */
	bool (*reload)(void *context, const char *by, json_t *answer, char *said, size_t room);
	void *context;
};

/* Binds the socket and starts the thread that accepts. The options are copied. NULL: `error` says
 * why. */
struct control *control_start(struct core *, const struct control_options *,
			      char error[STORE_ERROR_MAX]);
/* Gives other roles from now on, as roles_new takes them, and the socket the mode that suits them.
 * They count at the next command of each connection; one that goes on until its client leaves ends.
 * One thread at a time. */
void control_give_roles(struct control *, const char *const *lines);
/* Calls `line` with a sentence for each zone of a role that is not here. The thread that gives
 * roles. */
void control_tell_zones(struct control *, void (*line)(void *context, const char *), void *context);
/*
 * Ends the connections, and removes the socket. Not to be called by a thread of a connection.
 * False: after `seconds` commands are still carried out that do not look whether they are to end,
 * `doing` is one of them, and nothing is freed: the process is to end without them. True: it is
 * freed.
 */
MUST_USE bool control_stop(struct control *, unsigned seconds, char doing[CONTROL_DOING_MAX]);
