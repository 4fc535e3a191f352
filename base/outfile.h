/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Writes a file that a user named as a whole: it replaces an existing file only when it is complete
 * and on the disk. A file that is not committed is removed.
 *
 * - `-` is standard output, and so is /dev/stdout.
 * - A device, a pipe or a terminal is written into directly.
 * - Of a symbolic link the file that it leads to is replaced, in its own folder; base/file.h says
 *   which links are followed.
 * - A file that the effective user owns keeps its mode and its group; any other gets the given
 * mode.
 *
 * One thread.
 */
#include "base/bytes.h"
#include "base/file.h"
#include "base/must_use.h"

struct outfile {
	int fd;
	int error;               /* errno of the first write that failed; nothing is written then */
	int folder;              /* of a file that takes its place at the end; -1: none does */
	char name[NAME_MAX + 1]; /* in `folder` */
	char part[NAME_MAX + 1]; /* the same while it grows; "": it has no name yet */
	bool is_stdout;
	bool is_new; /* the caller sets it: no file is replaced, EEXIST instead */
	mode_t mode;
	gid_t group; /* (gid_t)-1: what the system gives */
};

/* Whether the path is standard output. */
bool outfile_is_stdout(const char *path);

/* Opens it; outfile_close ends it. False: `error` is a reason, to be printed behind the path. */
MUST_USE bool outfile_open(struct outfile *, const char *path, mode_t mode,
			   char error[FILE_ERROR_MAX]);

/* Writes bytes. False: the member `error` says why not, and the commit will fail. */
bool outfile_write(struct outfile *, struct bytes);

/* Whether all that was written can be read again from `fd`, which is not so for a pipe or device.
 */
bool outfile_is_readable(const struct outfile *);

/* Syncs the file to the disk and puts it into place. False: `error` as above, and nothing was
 * replaced. */
MUST_USE bool outfile_commit(struct outfile *, char error[FILE_ERROR_MAX]);

/* Closes the file, and removes it if it was not committed. */
void outfile_close(struct outfile *);
