/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

/* As many as the kernel follows. */
#define LINKS_MAX 40

struct walk {
	int folder;
	unsigned links;
	char rest[PATH_MAX]; /* of the path, relative to `folder` */
};

/* False, for who returns it. */
static bool file_fail(char error[FILE_ERROR_MAX], int code)
{
	snprintf(error, FILE_ERROR_MAX, "%s", strerror(code));
	return false;
}

/* An absolute path starts over at the root. */
static bool walk_start(struct walk *w)
{
	int fd = open(w->rest[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && w->folder >= 0)
		close(w->folder);
	if (fd >= 0)
		w->folder = fd;
	return fd >= 0;
}

/* Takes the first name off `rest`; "" when none is left. False: it is too long for a name. */
static bool file_walk_next(struct walk *w, char name[NAME_MAX + 1])
{
	size_t start = strspn(w->rest, "/");
	size_t len = strcspn(w->rest + start, "/");
	if (len > NAME_MAX)
		return false;
	memcpy(name, w->rest + start, len);
	name[len] = '\0';
	start += len + strspn(w->rest + start + len, "/");
	memmove(w->rest, w->rest + start, strlen(w->rest + start) + 1);
	return true;
}

static bool is_of_proc(int fd)
{
	struct statfs system;
	return fstatfs(fd, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
}

/* Puts what the link says before `rest`. */
static bool walk_follow(struct walk *w, int link, const struct stat *st, char *error)
{
	char path[PATH_MAX];
	if (st->st_uid != 0 && st->st_uid != geteuid()) {
		snprintf(error, FILE_ERROR_MAX,
			 "a symbolic link of another user (uid %u) is in the way, and is not "
			 "followed: name what it leads to",
			 (unsigned)st->st_uid);
		return false;
	}
	if (++w->links > LINKS_MAX)
		return file_fail(error, ELOOP);
	ssize_t len = readlinkat(link, "", path, sizeof path - 1);
	if (len < 0)
		return file_fail(error, errno);
	size_t rest = strlen(w->rest), slash = rest > 0;
	if ((size_t)len + slash + rest >= sizeof path)
		return file_fail(error, ENAMETOOLONG);
	memmove(w->rest + (size_t)len + slash, w->rest, rest + 1);
	memcpy(w->rest, path, (size_t)len);
	if (slash)
		w->rest[len] = '/';
	else
		w->rest[len] = '\0';
	return w->rest[0] != '/' || walk_start(w) || file_fail(error, errno);
}

enum step { STEP_ON, STEP_THERE, STEP_FAILED };

static enum step walk_fail(char *error, int code)
{
	file_fail(error, code);
	return STEP_FAILED;
}

/* A name that is there, as `fd` with O_PATH; a folder that is gone into is kept. */
static enum step walk_into(struct walk *w, struct file_at *at, int fd, char *error)
{
	struct stat st;
	bool is_last = !w->rest[0];
	if (fstat(fd, &st) != 0)
		return walk_fail(error, errno);
	if (S_ISLNK(st.st_mode) && is_last && is_of_proc(fd)) {
		at->is_magic = true;
		return STEP_THERE;
	}
	if (S_ISLNK(st.st_mode))
		return walk_follow(w, fd, &st, error) ? STEP_ON : STEP_FAILED;
	if (is_last && strcmp(at->name, "..") != 0)
		return STEP_THERE;
	if (!S_ISDIR(st.st_mode))
		return walk_fail(error, ENOTDIR);
	int folder = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (folder < 0)
		return walk_fail(error, errno);
	close(w->folder);
	w->folder = folder;
	return STEP_ON;
}

/* One name; the last one is there, and is no link, or may be made. */
static enum step file_walk_step(struct walk *w, struct file_at *at, char *error)
{
	if (!file_walk_next(w, at->name))
		return walk_fail(error, ENAMETOOLONG);
	if (!at->name[0]) {
		memcpy(at->name, ".", sizeof ".");
		return STEP_THERE;
	}
	int fd = openat(w->folder, at->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT && !w->rest[0])
		return STEP_THERE;
	if (fd < 0)
		return walk_fail(error, errno);
	enum step step = walk_into(w, at, fd, error);
	close(fd);
	return step;
}

bool file_find(const char *path, struct file_at *at, char error[FILE_ERROR_MAX])
{
	struct walk w = {.folder = -1};
	size_t len = strlen(path);
	*at = (struct file_at){.folder = -1};
	if (len == 0 || len >= sizeof w.rest)
		return file_fail(error, len ? ENAMETOOLONG : ENOENT);
	memcpy(w.rest, path, len + 1);
	at->is_folder = path[len - 1] == '/';
	if (!walk_start(&w))
		return file_fail(error, errno);
	enum step step = STEP_ON;
	while (step == STEP_ON)
		step = file_walk_step(&w, at, error);
	at->folder = w.folder;
	if (step == STEP_THERE)
		return true;
	file_at_close(at);
	return false;
}

void file_at_close(struct file_at *at)
{
	if (at->folder >= 0)
		close(at->folder);
	at->folder = -1;
}

/* Makes the file if it must; its name is on the disk before anything is in it. */
static int file_open_made(const struct file_at *at, mode_t mode)
{
	int flags = O_RDWR | O_APPEND | O_NONBLOCK | O_CLOEXEC | (at->is_magic ? 0 : O_NOFOLLOW);
	int fd = openat(at->folder, at->name, flags);
	if (fd >= 0 || errno != ENOENT)
		return fd;
	fd = openat(at->folder, at->name, flags | O_CREAT, mode);
	if (fd < 0 || file_sync_folder(at->folder, "."))
		return fd;
	int code = errno;
	close(fd);
	errno = code;
	return -1;
}

int file_open_append(const char *path, mode_t mode, char error[FILE_ERROR_MAX])
{
	struct file_at at;
	if (!file_find(path, &at, error))
		return -1;
	int fd = file_open_made(&at, mode);
	if (fd < 0)
		file_fail(error, errno);
	file_at_close(&at);
	return fd;
}

bool file_name_temporary(const char *prefix, char name[NAME_MAX + 1])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	unsigned char random[8];
	char end[sizeof random + 1] = "";
	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return false;
	for (size_t k = 0; k < sizeof random; k++)
		end[k] = letters[random[k] % (sizeof letters - 1)];
	snprintf(name, NAME_MAX + 1, "%.200s.%s", prefix, end);
	return true;
}

int file_open_temporary(int folder, const char *prefix, char name[NAME_MAX + 1])
{
	for (unsigned i = 0; i < FILE_NAMES_TRIED; i++) {
		if (!file_name_temporary(prefix, name))
			return -1;
		int fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

/* Not every file system makes a file without a name: it has one, and loses it at once. */
static int file_open_unlinked(int at, const char *folder)
{
	char name[NAME_MAX + 1];
	int there = openat(at, folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (there < 0)
		return -1;
	int fd = file_open_temporary(there, "spool", name);
	int code = errno;
	if (fd >= 0)
		unlinkat(there, name, 0);
	close(there);
	errno = code;
	return fd;
}

int file_open_nameless(int at, const char *folder)
{
	int fd = openat(at, folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT))
		fd = file_open_unlinked(at, folder);
	return fd;
}

bool file_write(int fd, const void *data, size_t len)
{
	const char *bytes = data;
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, bytes + done, len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			errno = n < 0 ? errno : ENOSPC;
			return false;
		}
		done += (size_t)n;
	}
	return true;
}

bool file_sync(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP;
}

bool file_append(int fd, const void *data, size_t len)
{
	struct stat before;
	if (fstat(fd, &before) != 0)
		return false;
	if (file_write(fd, data, len) && file_sync(fd))
		return true;
	int code = errno;
	(void)!ftruncate(fd, before.st_size);
	errno = code;
	return false;
}

bool file_sync_folder(int at, const char *folder)
{
	int fd = openat(at, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES;
	bool is_well = file_sync(fd);
	int code = errno;
	close(fd);
	errno = code;
	return is_well;
}
