/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Looks whether a server would start with the settings, for `tenured --check-config` and a reload:
 * files that are read (keytab, the checkpoint key, the export's CA, certificate and key), folders
 * in which files and sockets are made, the data folder, user and group. Opens files, and changes
 * nothing. As the user that the server runs as, so that what that user may not read is told. One
 * thread at a time.
 */
#include "server/settings.h"

struct settings_report {
	void (*fault)(void *context, const char *line);
	/* What a server starts with, and what is probably not meant: a role of a name that the
	 * system does not know, a folder below /run that a service manager makes. */
	void (*warn)(void *context, const char *line);
	void *context;
};

/* Calls `fault` with a sentence for each that is missing or cannot be read, `warn` for the others.
 * Returns how many faults there are. */
size_t settings_check(const struct settings *, const struct settings_report *);
