/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The near end of the control socket: one command, its input, its rows, its result.
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

/* What to do with what comes; each may be NULL. */
struct client_handlers {
	void (*row)(void *context, json_t *row);
	bool (*data)(void *context, struct bytes); /* false: it cannot be kept; stop */
	/* All that came was given, and more is waited for: to show what was held back. */
	void (*idle)(void *context);
	/* Sends the input data as frames, but for their end. False: no input, nothing may change:
	 * the connection is cut. */
	bool (*send)(void *context, int fd);
	void *context;
};

struct client_command {
	const char *socket;
	const char *command;
	json_t *args; /* stays the caller's */
	const struct client_handlers *handlers;
};

/*
 * Runs a command. Gives its code; `*result` is the closing object (the caller's), with "error" when
 * the code is not CLIENT_OK. Never NULL.
 */
int client_run(const struct client_command *, json_t **result);
