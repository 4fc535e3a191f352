/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Reads the configuration file: YAML whose words are those of server/settings.h. Each error is
 * reported with file, line and column, what was expected, and the nearest known word; reading then
 * goes on, so that one run reports several. An unknown word is an error, and so are a word that is
 * given twice, an alias (`*x`) and a second document. The main thread.
 *
 *      tenured.yaml:3:1: unknown option "lisen"; did you mean "listen"?
 *      tenured.yaml:7:17: tcp.idle-timeout: expected a duration from 1s to 1h, found "soon"
 */
#include "base/bytes.h"
#include "server/settings.h"

#define CONFIGFILE_ERRORS_MAX 20         /* then reading stops */
#define CONFIGFILE_LEN_MAX    (1u << 20) /* bytes */
#define CONFIGFILE_LINE_MAX   1024

struct configfile_report {
	void (*line)(void *context, const char *line); /* without a newline */
	void *context;
};

/*
 * Reads `text` into the settings; `name` is the file's name in errors. Returns the number of
 * errors. If it is not 0, the settings are not to be used.
 */
size_t configfile_read(struct settings *, const char *name, struct bytes text,
		       const struct configfile_report *);

/* Reads a file into the settings. A file that cannot be read is an error. */
size_t configfile_load(struct settings *, const char *path, const struct configfile_report *);
