/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Names of files that a site is written to. Pure; any thread. */
#include "dns/name.h"

#define SITE_FILE_MAX 256

/*
 * FOLDER, the name of a zone or key with bytes other than letters, digits, `.`, `-` and `_` as
 * `%XX`, and the ending. A name that is too long for a file ends in a hash of the whole, and one
 * that begins with a dot is escaped there.
 */
void site_file_name(char out[SITE_FILE_MAX], const char *folder, const char *name,
		    const char *ending);
