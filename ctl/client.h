/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The client's side of the control socket: sends one command, with its input, and receives its
 * rows, its data and its result. Blocks until the end; any thread.
 */
#include "base/bytes.h"
#include <jansson.h>
#include <stdbool.h>

/* The exit codes of tenurectl(8); the daemon's answers carry the same numbers. */
enum client_code {
	CLIENT_OK = 0,
	CLIENT_FAILED = 1,
	CLIENT_USAGE = 2,
	CLIENT_REFUSED = 3,
	CLIENT_NOT_FOUND = 4,
	CLIENT_UNREACHABLE = 5,
	CLIENT_NOTHING = 6,
};

/* How the answer is taken: functions that are called with what the server sends; each may be NULL.
 */
struct client_handlers {
	void (*row)(void *context, json_t *row);
	bool (*data)(void *context, struct bytes); /* false: it cannot be kept; stop */
	/* Called before waiting for more, so that output that was held back can be shown. */
	void (*idle)(void *context);
	/* Sends the input data as frames, without the frame that ends them. False: the input is
	 * wrong; the connection is closed, and the server changes nothing. */
	bool (*send)(void *context, int fd);
	void *context;
	/* Also waits, after a result without an error, until the server's process has ended; the
	 * result then says "stopped". */
	bool waits_for_end;
	unsigned timeout_s; /* the longest that the server may be silent; 0: any time */
};

struct client_command {
	const char
		*socket; /* its path; NULL: the first of client_sockets at which a server listens */
	const char *command;
	json_t *args; /* remains the caller's */
	const struct client_handlers *handlers;
};

/* Where a server's socket is unless something else was said: as the packages and the unit set it,
 * and in the data folder of a server without settings. Ended by NULL. */
extern const char *const client_sockets[];

/*
 * Connects to the first of `paths`, ended by NULL, at which a server listens. One that is not
 * there, or at which nobody listens any more, is passed over; one that may not be used ends the
 * search. Returns the descriptor, or -1 and errno; `*path` is that of the connection or of the
 * error, of which none is more than "no server" if it is the last.
 */
int client_connect(const char *const *paths, const char **path);

/*
 * Runs a command, and shows how far it is, if progress_allow allows it. Returns its code, or
 * CLIENT_UNREACHABLE if no server answers. `*result` is the closing object, never NULL, of which
 * the caller owns the reference; unless the code is CLIENT_OK its member "error" says why.
 */
int client_run(const struct client_command *, json_t **result);
