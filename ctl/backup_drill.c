/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "ctl/backup_drill.h"
#include "ctl/ctl.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OUTPUT_MAX   65536
#define LEFT_SECONDS 86400

/* What a program said on both of its outputs, and how it ended. */
struct backup_drill_run {
	char said[OUTPUT_MAX];
	int code;
};

static int backup_drill_remove(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static void backup_drill_read(int fd, struct backup_drill_run *run)
{
	char spare[4096] = "";
	size_t at = 0;
	for (ssize_t n = 1; n > 0 || (n < 0 && errno == EINTR);) {
		bool is_full = at == OUTPUT_MAX - 1;
		n = read(fd, is_full ? spare : run->said + at,
			 is_full ? sizeof spare : OUTPUT_MAX - 1 - at);
		at += n > 0 && !is_full ? (size_t)n : 0;
	}
	run->said[at] = '\0';
}

/* Runs tenured with these words; `backup` is open in it. False: it could not be run, or did not
 * end with 0. */
static bool backup_drill_tenured(int backup, char *const *argv, struct backup_drill_run *run)
{
	char program[CTL_PROGRAM_MAX];
	int ends[2], status = 0;
	run->said[0] = '\0';
	ctl_find_program("tenured", program);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return false;
	pid_t child = fork();
	if (child == 0) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		fcntl(backup, F_SETFD, 0);
		execvp(program, argv);
		dprintf(STDERR_FILENO, "%s: %s\n", program, strerror(errno));
		_exit(127);
	}
	close(ends[1]);
	if (child > 0)
		backup_drill_read(ends[0], run);
	close(ends[0]);
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The last line that a program said is the reason. */
static const char *backup_drill_fail(const char *step, struct backup_drill_run *run,
				     char error[BACKUP_DRILL_ERROR_MAX])
{
	size_t len = strlen(run->said);
	while (len > 0 && run->said[len - 1] == '\n')
		run->said[--len] = '\0';
	const char *line = strrchr(run->said, '\n');
	snprintf(error, BACKUP_DRILL_ERROR_MAX, "%s: %.600s", step,
		 !len   ? "tenured cannot be run"
		 : line ? line + 1
			: run->said);
	return error;
}

/* Of --json, the line that is an object with zones. */
static const char *backup_drill_compare(char *said, const json_t *wanted,
					char error[BACKUP_DRILL_ERROR_MAX])
{
	static const char *const members[] = {"zones", "records", "entries"};
	/* A restore adds an entry of its own. */
	static const char *const restored[] = {"zones", "records", "backup_entries"};
	json_t *found = NULL;
	for (char *line = said, *next; line && !found; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		found = json_loads(line, 0, NULL);
		if (!json_object_get(found, "zones")) {
			json_decref(found);
			found = NULL;
		}
	}
	const char *wrong = found ? NULL : "a restore of it says nothing";
	for (size_t i = 0; !wrong && i < sizeof members / sizeof *members; i++) {
		json_int_t is = json_integer_value(json_object_get(found, restored[i]));
		json_int_t was = json_integer_value(json_object_get(wanted, members[i]));
		if (is == was)
			continue;
		snprintf(error, BACKUP_DRILL_ERROR_MAX,
			 "a restore of it gives %" JSON_INTEGER_FORMAT
			 " %s, and %" JSON_INTEGER_FORMAT " were backed up",
			 is, members[i], was);
		wrong = error;
	}
	json_decref(found);
	return wrong;
}

static const char *backup_drill_in(int fd, char *data, const json_t *wanted,
				   char error[BACKUP_DRILL_ERROR_MAX])
{
	static struct backup_drill_run run;
	char file[64];
	char tenured[] = "tenured", restore[] = "restore", check[] = "check", json[] = "--json";
	char option[] = "--data", user[] = "--user", root[] = "root", end[] = "--";
	snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
	/* The folder stays root's, whoever the server's user is. */
	char *as_root[] = {tenured, restore, option, data, json, user, root, end, file, NULL};
	char *as_is[] = {tenured, restore, option, data, json, end, file, NULL};
	if (!backup_drill_tenured(fd, geteuid() == 0 ? as_root : as_is, &run))
		return backup_drill_fail("it cannot be restored", &run, error);
	const char *wrong = backup_drill_compare(run.said, wanted, error);
	char *checked[] = {tenured, check, option, data, NULL};
	if (!wrong && !backup_drill_tenured(fd, checked, &run))
		wrong = backup_drill_fail("what a restore of it gives is damaged", &run, error);
	return wrong;
}

/* What a drill left that was killed, so long ago that it is none of another one under way. */
static void backup_drill_sweep(const char *folder)
{
	char path[PATH_MAX];
	struct stat st;
	const struct dirent *entry;
	DIR *dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		if (fnmatch(".drill-??????", entry->d_name, 0) != 0)
			continue;
		snprintf(path, sizeof path, "%.3800s/%s", folder, entry->d_name);
		if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
		    st.st_mtime < time(NULL) - LEFT_SECONDS)
			nftw(path, backup_drill_remove, 8, FTW_DEPTH | FTW_PHYS);
	}
	if (dir)
		closedir(dir);
}

const char *backup_drill(int fd, const char *folder, const json_t *result,
			 char error[BACKUP_DRILL_ERROR_MAX])
{
	char data[PATH_MAX];
	backup_drill_sweep(folder);
	snprintf(data, sizeof data, "%.4000s/.drill-XXXXXX", folder);
	if (!mkdtemp(data)) {
		snprintf(error, BACKUP_DRILL_ERROR_MAX, "no folder for a restore drill: %s",
			 strerror(errno));
		return error;
	}
	const char *wrong = backup_drill_in(fd, data, result, error);
	nftw(data, backup_drill_remove, 8, FTW_DEPTH | FTW_PHYS);
	return wrong;
}
