/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A restore drill of a backup: tenured restores it into a new folder, checks that store, and the
 * folder is removed. The store that the server has open is not touched. Takes the room of a store.
 */
#include <jansson.h>

#define BACKUP_DRILL_ERROR_MAX 768

/*
 * Restores what `fd` reads into a new folder in `folder`. `result` is the server's answer, whose
 * numbers of zones, records and entries must come out of it. Returns NULL, or what is wrong with
 * the backup, in `error`.
 */
const char *backup_drill(int fd, const char *folder, const json_t *result,
			 char error[BACKUP_DRILL_ERROR_MAX]);
