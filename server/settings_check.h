/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Looks whether what the settings name is there, for `tenured --check-config`: files that are read
 * (keytab, CA, certificate, key), folders in which files are made, user and group. Opens files, and
 * changes nothing. The main thread.
 */
#include "server/settings.h"

/* Calls `line` with a sentence for each that is missing or cannot be read. Returns how many. */
size_t settings_check(const struct settings *, void (*line)(void *context, const char *),
		      void *context);
