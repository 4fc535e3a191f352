/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A whole file as one text, where the kernel keeps it: memory does not grow with the file. What
 * cannot be mapped (a pipe, a terminal) is first copied to an unnamed temporary file, up to 1 GiB;
 * errno is EFBIG beyond.
 * One thread at a time.
 */
#include "base/must_use.h"
#include <stdbool.h>
#include <stddef.h>

struct textfile {
	const char *data;
	size_t len;
	bool is_mapped;
};

/* False: it cannot be read, `errno` says why. */
MUST_USE bool textfile_open(struct textfile *, const char *path);

void textfile_close(struct textfile *);
