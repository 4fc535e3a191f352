/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "ctl/site_file.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *site_file_folder(const char *path, struct arena *arena)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return ".";
	return slash == path ? "/" : arena_text(arena, path, (size_t)(slash - path));
}

const char *site_file_path(const char *folder, const char *name, struct arena *arena)
{
	return *name == '/' ? name : arena_print(arena, "%s/%s", folder, name);
}

const char *site_file_problem(const char *name)
{
	if (!*name)
		return "expected the name of a file";
	if (*name == '/')
		return "expected a path relative to this file";
	for (const char *at = name; at; at = strchr(at, '/')) {
		at += *at == '/';
		if (at[0] == '.' && at[1] == '.' && (!at[2] || at[2] == '/'))
			return "a path may not lead out of this file's folder";
	}
	return NULL;
}

/* What is wrong with the open file; NULL: nothing. */
static const char *site_file_refuse(int fd, size_t max, bool is_secret, struct stat *info,
				    struct arena *arena)
{
	if (fstat(fd, info) != 0)
		return arena_print(arena, "%s", strerror(errno));
	if (!S_ISREG(info->st_mode))
		return "it is no regular file";
	if ((size_t)info->st_size > max)
		return arena_print(arena, "it is longer than %zu bytes", max);
	if (is_secret && info->st_uid != geteuid() && info->st_uid != 0)
		return "it belongs to another user";
	if (is_secret && (info->st_mode & 077))
		return arena_print(arena, "others can read it (mode %04o): chmod 600",
				   (unsigned)info->st_mode & 07777);
	return NULL;
}

static void site_file_take(int fd, size_t size, struct arena *arena, struct site_file *file)
{
	char *text = arena_alloc(arena, size + 1);
	size_t at = 0;
	ssize_t n = 1;
	while (at < size && n != 0) {
		n = read(fd, text + at, size - at);
		if (n < 0 && errno != EINTR) {
			file->problem = arena_print(arena, "%s", strerror(errno));
			return;
		}
		at += n > 0 ? (size_t)n : 0;
	}
	text[at] = '\0';
	file->text = text;
	file->len = at;
}

static struct site_file site_file_open(const char *path, size_t max, bool is_secret,
				       struct arena *arena)
{
	char error[FILE_ERROR_MAX];
	struct site_file file = {0};
	struct file_at at;
	struct stat info;
	if (!file_find(path, &at, error)) {
		file.is_absent = access(path, F_OK) != 0 && errno == ENOENT;
		file.problem = arena_print(arena, "%s", error);
		return file;
	}
	int fd = openat(at.folder, at.name,
			O_RDONLY | O_CLOEXEC | O_NONBLOCK | (at.is_magic ? 0 : O_NOFOLLOW));
	int why = errno;
	file_at_close(&at);
	if (fd < 0) {
		file.is_absent = why == ENOENT;
		file.problem = arena_print(arena, "%s", strerror(why));
		return file;
	}
	file.problem = site_file_refuse(fd, max, is_secret, &info, arena);
	if (!file.problem)
		site_file_take(fd, (size_t)info.st_size, arena, &file);
	close(fd);
	return file;
}

struct site_file site_file_read(const char *path, size_t max, struct arena *arena)
{
	return site_file_open(path, max, false, arena);
}

struct site_file site_file_read_secret(const char *path, struct arena *arena)
{
	return site_file_open(path, SITE_SECRET_FILE_MAX, true, arena);
}
