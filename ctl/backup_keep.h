/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A folder in which backups are kept, the newest N of them: tenure-20260105T090000Z.backup, or
 * .portable; a second one of the same second is tenure-20260105T090000Z_02.backup. Their names sort
 * by time. Other files in the folder are none of its business.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BACKUP_KEEP_PATH_MAX  4352
#define BACKUP_KEEP_ERROR_MAX 512

/* The path of the backup that is made at `time` (RFC 3339, as tenurectl prints it) in the folder,
 * which no file has yet. False: `error` says why there can be none. */
bool backup_keep_name(const char *folder, const char *time, bool is_portable,
		      char path[BACKUP_KEEP_PATH_MAX], char error[BACKUP_KEEP_ERROR_MAX]);

/* Removes the oldest of one kind beyond `count`. `*removed` is how many went. False: `error` says
 * why not all did. */
bool backup_keep_newest(const char *folder, bool is_portable, uint64_t count, size_t *removed,
			char error[BACKUP_KEEP_ERROR_MAX]);
