/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/settings_check.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SENTENCE_MAX (2 * SETTINGS_TEXT_MAX + 200)

struct checking {
	void (*line)(void *context, const char *);
	void *context;
	size_t count;
};

static void settings_check_tell(struct checking *checking, const char *setting, const char *value,
				const char *problem)
{
	char text[SENTENCE_MAX];
	snprintf(text, sizeof text, "%s: '%s': %s", setting, value, problem);
	checking->line(checking->context, text);
	checking->count++;
}

/* A file that is read; empty: it is not set. */
static void settings_check_file(struct checking *checking, const char *setting, const char *path)
{
	struct stat info;
	if (!*path)
		return;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0) {
		settings_check_tell(checking, setting, path, strerror(errno));
		return;
	}
	if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode))
		settings_check_tell(checking, setting, path, "this is a folder");
	close(fd);
}

/* The folder in which a file is made. */
static void settings_check_folder_of(struct checking *checking, const char *setting,
				     const char *path)
{
	char folder[SETTINGS_TEXT_MAX];
	struct stat info;
	const char *slash = strrchr(path, '/');
	if (!*path || !slash)
		return;
	snprintf(folder, sizeof folder, "%.*s", slash == path ? 1 : (int)(slash - path), path);
	if (stat(folder, &info) != 0)
		settings_check_tell(checking, setting, path,
				    errno == ENOENT ? "its folder is not there" : strerror(errno));
	else if (!S_ISDIR(info.st_mode))
		settings_check_tell(checking, setting, path, "what should be its folder is none");
}

size_t settings_check(const struct settings *settings, void (*line)(void *context, const char *),
		      void *context)
{
	struct checking checking = {.line = line, .context = context};
	settings_check_file(&checking, "gss.keytab", settings->keytab);
	settings_check_file(&checking, "export.ca", settings->export_ca);
	settings_check_file(&checking, "export.certificate", settings->export_certificate);
	settings_check_file(&checking, "export.key", settings->export_key);
	settings_check_folder_of(&checking, "checkpoint.key", settings->checkpoint_key);
	settings_check_folder_of(&checking, "checkpoint.file", settings->checkpoint_file);
	settings_check_folder_of(&checking, "export.file", settings->export_file);
	if (*settings->user && !getpwnam(settings->user))
		settings_check_tell(&checking, "user", settings->user, "there is no such user");
	if (*settings->group && !getgrnam(settings->group))
		settings_check_tell(&checking, "group", settings->group, "there is no such group");
	return checking.count;
}
