/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "ctl/backup_keep.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* In one second there are no more. */
#define NAMES_OF_SECOND 99

static bool backup_keep_is_name(const char *name, bool is_portable)
{
#define D    "[0-9]"
#define STEM "tenure-" D D D D D D D D "T" D D D D D D "Z"
	const char *one = is_portable ? STEM ".portable" : STEM ".backup";
	const char *more = is_portable ? STEM "_" D D ".portable" : STEM "_" D D ".backup";
#undef STEM
#undef D
	return fnmatch(one, name, 0) == 0 || fnmatch(more, name, 0) == 0;
}

/* The first name of that second which is free: `_02` and so on sort behind it. */
static bool backup_keep_free(const char *folder, const char *stamp, bool is_portable,
			     char path[BACKUP_KEEP_PATH_MAX])
{
	const char *kind = is_portable ? "portable" : "backup";
	struct stat st;
	for (unsigned i = 1; i <= NAMES_OF_SECOND; i++) {
		if (i == 1)
			snprintf(path, BACKUP_KEEP_PATH_MAX, "%.4000s/tenure-%s.%s", folder, stamp,
				 kind);
		else
			snprintf(path, BACKUP_KEEP_PATH_MAX, "%.4000s/tenure-%s_%02u.%s", folder,
				 stamp, i, kind);
		if (lstat(path, &st) != 0)
			return true;
	}
	return false;
}

bool backup_keep_name(const char *folder, const char *time, bool is_portable,
		      char path[BACKUP_KEEP_PATH_MAX], char error[BACKUP_KEEP_ERROR_MAX])
{
	struct stat st;
	char stamp[32] = "";
	size_t at = 0;
	if (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
		snprintf(error, BACKUP_KEEP_ERROR_MAX,
			 "--keep is for a folder in which backups are kept: %s",
			 stat(folder, &st) == 0 ? "this is none" : strerror(errno));
		return false;
	}
	/* 2026-01-05T09:00:00Z */
	for (const char *p = time; *p && at < sizeof stamp - 1; p++)
		if (*p != '-' && *p != ':')
			stamp[at++] = *p;
	if (!backup_keep_free(folder, stamp, is_portable, path)) {
		snprintf(error, BACKUP_KEEP_ERROR_MAX, "there are %d backups of this second",
			 NAMES_OF_SECOND);
		return false;
	}
	if (backup_keep_is_name(strrchr(path, '/') + 1, is_portable))
		return true;
	snprintf(error, BACKUP_KEEP_ERROR_MAX, "the server's time '%.40s' makes no name", time);
	return false;
}

static bool backup_keep_is_portable; /* what scandir looks for: it passes nothing on */

static int backup_keep_is_ours(const struct dirent *entry)
{
	return backup_keep_is_name(entry->d_name, backup_keep_is_portable);
}

static int backup_keep_compare(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

bool backup_keep_newest(const char *folder, bool is_portable, uint64_t count, size_t *removed,
			char error[BACKUP_KEEP_ERROR_MAX])
{
	struct dirent **found;
	bool is_well = true;
	*removed = 0;
	backup_keep_is_portable = is_portable;
	int n = scandir(folder, &found, backup_keep_is_ours, backup_keep_compare);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (int i = 0; i < n; i++) {
		bool goes = (uint64_t)(n - i) > count;
		if (goes && unlinkat(fd, found[i]->d_name, 0) == 0) {
			++*removed;
		} else if (goes && is_well) {
			snprintf(error, BACKUP_KEEP_ERROR_MAX,
				 "%.200s/%.100s cannot be removed: %s", folder, found[i]->d_name,
				 strerror(errno));
			is_well = false;
		}
		free(found[i]);
	}
	if (n < 0)
		snprintf(error, BACKUP_KEEP_ERROR_MAX, "%.200s: %s", folder, strerror(errno));
	else
		free(found);
	if (fd >= 0)
		close(fd);
	return n >= 0 && is_well;
}
