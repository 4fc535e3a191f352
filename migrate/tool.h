/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Runs a program of the server that is left, as named-checkconf, to read what only it can read.
 * Without a shell: the words are its arguments. It has nothing on its standard input, an
 * environment of its own, no descriptor of ours, and bounds of time and output, beyond which it is
 * killed. One thread.
 */
#include "base/bytes.h"
#include <stdbool.h>

#define TOOL_ERROR_MAX   400
#define TOOL_PATH_MAX    4096
#define TOOL_OUTPUT_MAX  (2ull << 30)
#define TOOL_SECONDS     60  /* for what reads a configuration */
#define TOOL_SECONDS_ALL 900 /* for what reads a zone */

/* Finds a program in the absolute folders of PATH, and where those of servers are installed. False:
 * it is not there. */
bool tool_find(const char *name, char path[TOOL_PATH_MAX]);

struct tool {
	const char *const *argv; /* argv[0] is a path, as tool_find gives it; ends with NULL */
	const char *folder;      /* in which it runs; NULL: this one */
	unsigned seconds;
};

struct tool_output {
	char *text; /* malloc's, also after a failure; ends with NUL */
	size_t len;
	int code;                   /* of its exit; -1: it was killed, or did not start */
	char error[TOOL_ERROR_MAX]; /* the first line it said on standard error, or why it failed */
};

/* True: it ended with 0. tool_output_free in any case. */
bool tool_run(const struct tool *, struct tool_output *);
void tool_output_free(struct tool_output *);
