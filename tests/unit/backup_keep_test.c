/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/backup_keep.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/tenure-keep-XXXXXX", path[BACKUP_KEEP_PATH_MAX],
	    error[BACKUP_KEEP_ERROR_MAX];
static size_t removed;

static void begin(void)
{
	cr_assert_not_null(mkdtemp(folder));
}

static const char *keep_inside(const char *name)
{
	static char inside[512];
	snprintf(inside, sizeof inside, "%s/%s", folder, name);
	return inside;
}

static void keep_make(const char *name)
{
	FILE *file = fopen(keep_inside(name), "w");
	cr_assert_not_null(file);
	fclose(file);
}

static bool keep_has(const char *name)
{
	return access(keep_inside(name), F_OK) == 0;
}

static void end(void)
{
	struct dirent **found;
	int n = scandir(folder, &found, NULL, NULL);
	for (int i = 0; i < n; i++) {
		remove(keep_inside(found[i]->d_name));
		free(found[i]);
	}
	if (n >= 0)
		free(found);
	rmdir(folder);
}

TestSuite(backup_keep, .init = begin, .fini = end);

Test(backup_keep, a_name_is_the_time)
{
	cr_assert(backup_keep_name(folder, "2026-01-05T09:00:07Z", false, path, error), "%s",
		  error);
	cr_expect_str_eq(path, keep_inside("tenure-20260105T090007Z.backup"));
	cr_assert(backup_keep_name(folder, "2026-01-05T09:00:07Z", true, path, error), "%s", error);
	cr_expect_str_eq(path, keep_inside("tenure-20260105T090007Z.portable"));
}

Test(backup_keep, what_makes_no_name_is_refused)
{
	static const char *const times[] = {"",
					    "now",
					    "2026-01-05",
					    "../../../etc/passwd",
					    "2026-01-05T09:00:07Z/x",
					    "99999-01-05T09:00:07Z99999-01-05T09:00:07Z"};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		cr_expect_not(backup_keep_name(folder, times[i], false, path, error), "%s",
			      times[i]);
	cr_expect_not(backup_keep_name("/nowhere", "2026-01-05T09:00:07Z", false, path, error));
	cr_expect_str_eq(error, "--keep is for a folder in which backups are kept: No such file or "
				"directory");
	keep_make("file");
	cr_expect_not(
		backup_keep_name(keep_inside("file"), "2026-01-05T09:00:07Z", false, path, error));
	cr_expect_str_eq(error, "--keep is for a folder in which backups are kept: this is none");
}

Test(backup_keep, the_newest_of_a_kind_stay_and_all_that_is_not_ours)
{
	static const char *const others[] = {"tenure-20200101T000000Z.portable",
					     "tenure.backup",
					     "tenure-2020.backup",
					     "tenure-20200101T000000Z.backup.gz",
					     "20200101T000000Z.backup",
					     ".tenure-20200101T000000Z.backup",
					     "tenure-2020010xT000000Z.backup"};
	char name[64];
	for (int day = 1; day <= 9; day++) {
		snprintf(name, sizeof name, "tenure-2026010%dT030000Z.backup", day);
		keep_make(name);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		keep_make(others[i]);
	cr_assert(backup_keep_newest(folder, false, 4, &removed, error), "%s", error);
	cr_expect_eq(removed, 5);
	for (int day = 1; day <= 9; day++) {
		snprintf(name, sizeof name, "tenure-2026010%dT030000Z.backup", day);
		cr_expect_eq(keep_has(name), day > 5, "%s", name);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		cr_expect(keep_has(others[i]), "%s", others[i]);
	cr_assert(backup_keep_newest(folder, false, 4, &removed, error), "%s", error);
	cr_expect_eq(removed, 0);
}

Test(backup_keep, what_cannot_be_removed_is_said)
{
	keep_make("tenure-20260102T000000Z.backup");
	cr_assert_eq(mkdir(keep_inside("tenure-20260101T000000Z.backup"), 0700), 0);
	cr_expect_not(backup_keep_newest(folder, false, 1, &removed, error));
	cr_expect_not_null(strstr(error, "tenure-20260101T000000Z.backup cannot be removed"), "%s",
			   error);
	cr_expect(keep_has("tenure-20260102T000000Z.backup"));
	cr_expect_not(backup_keep_newest("/nowhere", false, 1, &removed, error));
}
