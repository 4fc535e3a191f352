/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The databases of a controller of Samba, by its own ldbsearch: a folder with sam.ldb, which it
 * opens for reading. One thread.
 */
#include "migrate/source.h"

/*
 * Searches sam.ldb in the folder for zones, names and accounts, and gives each result to `keep` as
 * LDIF, whose text (malloc's) belongs to who keeps it. False: it cannot be searched, and `error`
 * says why.
 */
bool samba_ldb_read(const struct source *, const char *folder,
		    void (*keep)(void *context, const char *name, char *text, size_t len),
		    void *context, char error[SITE_ERROR_MAX]);
