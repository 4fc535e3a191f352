/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* A text in the user's editor: a private temporary file, mode 0600. One thread. */
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* Writes the text into a new file in $TMPDIR, or in /tmp, whose name begins so. False: it cannot be
 * written, errno says why, and `path` where. */
bool editor_begin(char path[PATH_MAX], const char *name, const char *text, size_t len);

/* Runs $VISUAL, $EDITOR or vi on the file, and waits. False: it failed. */
bool editor_run(const char *path);
