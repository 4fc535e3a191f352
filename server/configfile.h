/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The configuration file: YAML whose words are those of server/settings.h. Each mistake is reported
 * with its file, line and column, what was expected there, and the word that was perhaps meant;
 * reading goes on behind it, so that one run shows several. What is not known is refused, and so
 * is what is said twice. Aliases (`*x`) and a second document are refused too.
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
 * Reads `text` into the settings; `name` is what errors call it. Returns how many errors were
 * reported: the settings are to be used only when there are none.
 */
size_t configfile_read(struct settings *, const char *name, struct bytes text,
		       const struct configfile_report *);

/* The same from a file. */
size_t configfile_load(struct settings *, const char *path, const struct configfile_report *);
