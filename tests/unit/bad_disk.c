/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/bad_disk.h"
#include <errno.h>
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

static bool fails(enum bad_disk now)
{
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
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && fails(BAD_DISK_FOLDER))
		return -1;
	return (int)syscall(SYS_fsync, fd);
}

void bad_disk_set(enum bad_disk now, int code, unsigned count)
{
	what = now;
	said = code;
	left = count;
}
