/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Runs commands whose answer is a file: the data that the server sends goes into the file that the
 * user named, or to standard output (base/outfile.h). One thread.
 */
#include "base/outfile.h"
#include "ctl/ctl.h"

struct output {
	const char *command;
	const char *path; /* NULL and "-": standard output */
	bool is_new;      /* no file that is there is replaced: it fails then */
	/* Checks the result before the file takes its place; it may add members. Returns NULL, or
	 * what is wrong. The pointer may be NULL. */
	const char *(*check)(const struct outfile *, json_t *result, void *context);
	/* Called with why there is no file in its place. May be NULL. */
	void (*failed)(void *context, const char *why);
	/* Called with the data before it is written. May be NULL. */
	void (*pass)(void *context, struct bytes);
	void *context;
};

/* Runs the command. Returns the exit code. When the data goes to standard output, nothing else is
 * printed there. */
int output_run(struct ctl *, const struct output *);
