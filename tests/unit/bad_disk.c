/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/bad_disk.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* LMDB's two head pages stand before this offset. */
#define HEAD_END 8192

static enum bad_disk what;
static int said;
static unsigned left;

/* From some call on. */
static bool is_limited, ends;
static unsigned calls_left;

static bool is_at_limit(void)
{
	if (!is_limited || calls_left-- > 0)
		return false;
	if (ends)
		raise(SIGKILL);
	calls_left = 0;
	errno = said;
	return true;
}

static bool fails(enum bad_disk now)
{
	if (is_at_limit())
		return true;
	if (what != now || left == 0)
		return false;
	left--;
	errno = said;
	return true;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	if (fails(at < HEAD_END ? BAD_DISK_HEAD : BAD_DISK_PAGES))
		return -1;
	return syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t writev(int fd, const struct iovec *pieces, int count)
{
	if (fails(BAD_DISK_PAGES))
		return -1;
	return syscall(SYS_writev, fd, pieces, count);
}

int fdatasync(int fd)
{
	if (fails(BAD_DISK_SYNC))
		return -1;
	return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd)
{
	struct stat st;
	if (is_at_limit())
		return -1;
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && fails(BAD_DISK_FOLDER))
		return -1;
	return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
	if (is_at_limit())
		return -1;
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int link(const char *from, const char *to)
{
	if (is_at_limit())
		return -1;
	return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* A full disk lets go of files; only the end of the process comes here, too. */
int unlink(const char *path)
{
	if (ends && is_at_limit())
		return -1;
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

void bad_disk_set(enum bad_disk now, int code, unsigned count)
{
	what = now;
	said = code;
	left = count;
}

void bad_disk_set_from(unsigned count, int code, bool is_end)
{
	is_limited = true;
	ends = is_end;
	calls_left = count;
	said = code;
}
