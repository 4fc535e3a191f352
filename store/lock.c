/* SPDX-License-Identifier: BSD-2-Clause */
/* One process at a time: the lock file of a store's folder. */
#include "base/log.h"
#include "store/store.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int lock_refuse(int fd, const char *folder, char *error)
{
	char pid[24] = "";
	ssize_t n = errno == EWOULDBLOCK ? pread(fd, pid, sizeof pid - 1, 0) : -1;
	int code = errno;
	pid[n > 0 ? strspn(pid, "0123456789") : 0] = '\0';
	close(fd);
	if (n < 0)
		snprintf(error, STORE_ERROR_MAX, "store %.300s: cannot be locked: %s", folder,
			 strerror(code));
	else
		snprintf(error, STORE_ERROR_MAX,
			 "store %.300s: another process holds it (pid %s); stop that one first",
			 folder, *pid ? pid : "unknown");
	return -1;
}

/* A link would let a user who may write to the folder choose the file that gets our pid. */
static int open_lock(const char *path, bool is_read_only)
{
	struct stat st;
	const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
	int fd = open(path, O_RDWR | O_CREAT | flags, 0600);
	/* One that only reads can be locked, too. */
	if (fd < 0 && (is_read_only || errno == EROFS))
		fd = open(path, O_RDONLY | flags);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1)
		return fd;
	close(fd);
	errno = EMLINK;
	return -1;
}

/* The kernel drops the lock with the process, so none is ever stale; the pid is for people. */
int store_lock(const char *folder, bool is_read_only, char error[STORE_ERROR_MAX])
{
	char path[PATH_MAX], pid[24];
	snprintf(path, sizeof path, "%s/lock", folder);
	int fd = open_lock(path, is_read_only);
	if (fd < 0 && (errno == ELOOP || errno == EMLINK)) {
		snprintf(error, STORE_ERROR_MAX,
			 "store %.300s: is a link, or no plain file: remove it", path);
		return -1;
	}
	if (fd < 0) {
		snprintf(error, STORE_ERROR_MAX, "store %.300s: cannot open its lock file: %s",
			 path, strerror(errno));
		return -1;
	}
	if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		return lock_refuse(fd, folder, error);
	if (is_read_only || (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		return fd;
	int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	/* A full disk must not keep the daemon from starting: the lock holds without the pid. */
	if (ftruncate(fd, 0) != 0 || pwrite(fd, pid, (size_t)n, 0) != n)
		log_warning("cannot write the pid into the store's lock file", "path=%s", path);
	return fd;
}
