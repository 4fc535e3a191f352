/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "base/outfile.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool outfile_fail(char error[FILE_ERROR_MAX], const char *what, int code)
{
	snprintf(error, FILE_ERROR_MAX, "%s%s", what, strerror(code));
	return false;
}

bool outfile_is_stdout(const char *path)
{
	return strcmp(path, "-") == 0 || strcmp(path, "/dev/stdout") == 0;
}

/* What is no regular file is written into. An open file's link in /proc may lead to a regular one:
 * its owner goes on behind what we write. */
static bool outfile_open_there(struct outfile *out, const struct file_at *at, char *error)
{
	struct stat st;
	int flags = O_WRONLY | O_NOCTTY | O_CLOEXEC | (at->is_magic ? O_APPEND : O_NOFOLLOW);
	out->fd = openat(at->folder, at->name, flags);
	if (out->fd < 0 || fstat(out->fd, &st) != 0)
		return outfile_fail(error, "", errno);
	/* It was something else a moment ago. */
	return at->is_magic || !S_ISREG(st.st_mode) || outfile_fail(error, "", EAGAIN);
}

/* A file without a name leaves nothing behind if the process is killed. */
static bool outfile_open_part(struct outfile *out, struct file_at *at, char *error)
{
	bool has_proc = access("/proc/self/fd", X_OK) == 0;
	memcpy(out->name, at->name, sizeof out->name);
	out->fd = has_proc ? openat(at->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600) : -1;
	if (out->fd < 0)
		out->fd = file_open_temporary(at->folder, at->name, out->part);
	if (out->fd < 0) {
		out->part[0] = '\0';
		return outfile_fail(error, "no file can be made in its folder: ", errno);
	}
	out->folder = at->folder;
	at->folder = -1;
	return true;
}

static bool outfile_open_at(struct outfile *out, struct file_at *at, char *error)
{
	struct stat st;
	bool is_there =
		fstatat(at->folder, at->name, &st, at->is_magic ? 0 : AT_SYMLINK_NOFOLLOW) == 0;
	if (at->is_folder || (is_there && S_ISDIR(st.st_mode)))
		return outfile_fail(error, "", EISDIR);
	if (is_there && (at->is_magic || !S_ISREG(st.st_mode)))
		return outfile_open_there(out, at, error);
	if (is_there && st.st_uid == geteuid()) {
		out->mode = st.st_mode & 0777;
		out->group = st.st_gid;
	}
	return outfile_open_part(out, at, error);
}

bool outfile_open(struct outfile *out, const char *path, mode_t mode, char error[FILE_ERROR_MAX])
{
	struct file_at at;
	*out = (struct outfile){.fd = -1, .folder = -1, .mode = mode, .group = (gid_t)-1};
	if (outfile_is_stdout(path)) {
		out->is_stdout = true;
		out->fd = STDOUT_FILENO;
		return fflush(stdout) == 0 || outfile_fail(error, "", errno);
	}
	if (!file_find(path, &at, error))
		return false;
	bool is_open = outfile_open_at(out, &at, error);
	file_at_close(&at);
	if (!is_open)
		outfile_close(out);
	return is_open;
}

bool outfile_write(struct outfile *out, struct bytes bytes)
{
	assert(out->fd >= 0);
	if (!out->error && !file_write(out->fd, bytes.data, bytes.len))
		out->error = errno;
	return !out->error;
}

bool outfile_is_readable(const struct outfile *out)
{
	return out->folder >= 0;
}

/* The group first: a mode that lets the wrong group read must never be. */
static bool outfile_settle(const struct outfile *out)
{
	struct stat st;
	mode_t mode = out->mode;
	if (fstat(out->fd, &st) != 0)
		return false;
	if (out->group != (gid_t)-1 && out->group != st.st_gid &&
	    fchown(out->fd, (uid_t)-1, out->group) != 0)
		mode &= ~(mode_t)070;
	return fchmod(out->fd, mode) == 0;
}

static bool outfile_copy(int from, int to)
{
	static const size_t part = 65536;
	char *bytes = malloc(part);
	ssize_t n = -1;
	off_t done = 0;
	while (bytes && (n = pread(from, bytes, part, done)) > 0 &&
	       file_write(to, bytes, (size_t)n))
		done += n;
	int code = errno;
	free(bytes);
	errno = code;
	return n == 0;
}

/* A name from the beginning, for what can get none later. */
static bool outfile_copy_named(struct outfile *out)
{
	int fd = file_open_temporary(out->folder, out->name, out->part);
	if (fd < 0) {
		out->part[0] = '\0';
		return false;
	}
	bool is_copied = outfile_copy(out->fd, fd);
	close(out->fd);
	out->fd = fd;
	return is_copied && outfile_settle(out) && file_sync(out->fd);
}

/* A name for a file that grew without one. linkat replaces nothing, so it is not the last one.
 * Where AppArmor confines us it finds no path of a file without a name, and lets nobody link it. */
static bool outfile_name(struct outfile *out)
{
	char self[32], name[NAME_MAX + 1];
	if (out->part[0])
		return true;
	snprintf(self, sizeof self, "/proc/self/fd/%d", out->fd);
	for (unsigned i = 0; i < FILE_NAMES_TRIED; i++) {
		if (!file_name_temporary(out->name, name))
			return false;
		if (linkat(AT_FDCWD, self, out->folder, name, AT_SYMLINK_FOLLOW) == 0) {
			memcpy(out->part, name, sizeof name);
			return true;
		}
		if (errno != EEXIST)
			return outfile_copy_named(out);
	}
	return false;
}

/* A file system that cannot tell replaces. */
static bool outfile_take_place(struct outfile *out)
{
	if (out->is_new) {
		if (renameat2(out->folder, out->part, out->folder, out->name, RENAME_NOREPLACE) ==
		    0)
			return true;
		if (errno != EINVAL && errno != ENOSYS)
			return false;
	}
	return renameat(out->folder, out->part, out->folder, out->name) == 0;
}

bool outfile_commit(struct outfile *out, char error[FILE_ERROR_MAX])
{
	assert(out->fd >= 0);
	if (out->error)
		return outfile_fail(error, "", out->error);
	if (out->is_stdout)
		return true;
	if (out->folder < 0)
		return file_sync(out->fd) || outfile_fail(error, "", errno);
	if (!outfile_settle(out) || !file_sync(out->fd))
		return outfile_fail(error, "", errno);
	if (!outfile_name(out) || !outfile_take_place(out))
		return outfile_fail(error, "it cannot take its place: ", errno);
	out->part[0] = '\0';
	return file_sync_folder(out->folder, ".") ||
	       outfile_fail(error, "it is there, but its folder is not on the disk: ", errno);
}

void outfile_close(struct outfile *out)
{
	if (out->folder >= 0 && out->part[0])
		unlinkat(out->folder, out->part, 0);
	if (out->folder >= 0)
		close(out->folder);
	if (out->fd >= 0 && !out->is_stdout)
		close(out->fd);
	out->fd = out->folder = -1;
	out->part[0] = '\0';
}
