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

static const char *backup_keep_pattern(bool is_portable)
{
#define D "[0-9]"
	return is_portable ? "tenure-" D D D D D D D D "T" D D D D D D "Z.portable"
			   : "tenure-" D D D D D D D D "T" D D D D D D "Z.backup";
#undef D
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
	snprintf(path, BACKUP_KEEP_PATH_MAX, "%.4000s/tenure-%s.%s", folder, stamp,
		 is_portable ? "portable" : "backup");
	if (fnmatch(backup_keep_pattern(is_portable), strrchr(path, '/') + 1, 0) == 0)
		return true;
	snprintf(error, BACKUP_KEEP_ERROR_MAX, "the server's time '%.40s' makes no name", time);
	return false;
}

static bool backup_keep_is_portable; /* what scandir looks for: it passes nothing on */

static int backup_keep_is_ours(const struct dirent *entry)
{
	return fnmatch(backup_keep_pattern(backup_keep_is_portable), entry->d_name, 0) == 0;
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
