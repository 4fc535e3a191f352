/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The commands whose answer is a file: what the server sends goes into the FILE that the user
 * named, or to standard output (base/outfile.h).
 */
#include "base/outfile.h"
#include "ctl/ctl.h"

struct output {
	const char *command;
	const char *path; /* NULL and "-": standard output */
	/* NULL, or looks at a result before the file takes its place: NULL, or what is wrong. It
	 * may add to the result. */
	const char *(*check)(const struct outfile *, json_t *result, void *context);
	/* NULL, or sees the data as it goes by. */
	void (*pass)(void *context, struct bytes);
	void *context;
};

/* Runs the command. Beside data on standard output nothing else is printed there. */
int output_run(struct ctl *, const struct output *);
