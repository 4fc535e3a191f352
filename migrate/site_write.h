/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Writes a settled site as a folder:
 *
 *      site.yaml            what `tenurectl apply` reads
 *      data/ZONE.zone       the content of a zone, with owner, stamp and class of each record
 *      keys/NAME.key        the keys, as BIND's key files; the folder 0700, the files 0600
 *      report.txt, report.jsonl
 *
 * The folder is written beside its place and renamed there when all of it is on the disk, so that
 * it is whole or not there. In the name of a file bytes other than letters, digits, `.`, `-` and
 * `_` are `%XX`. One thread.
 */
#include "migrate/site.h"

/* `folder` is absent or empty. False: `error` says why not, and nothing is left. */
bool site_write(struct site *, const char *folder, char error[SITE_ERROR_MAX]);

/* The text of site.yaml. */
void site_write_yaml(const struct site *, FILE *);
/* The content of a zone. False: it could not be written. */
bool site_write_zone(const struct site_zone *, FILE *);
