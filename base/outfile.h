/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A file that a user named, written as a whole: it takes its place when it is complete and on the
 * disk, and until then what stood there stays. What is written and not committed is removed.
 *
 * - `-` is standard output, and so is /dev/stdout.
 * - A device, a pipe or a terminal is written into as it goes, and stays what it is.
 * - A symbolic link stays, and the file that it leads to is replaced, in its own folder; whose
 * links are followed says base/file.h.
 * - A file that the effective user owns keeps its mode and its group; any other gets the given
 * mode.
 *
 * One thread.
 */
#include "base/bytes.h"
#include "base/file.h"

struct outfile {
	int fd;
	int error;               /* errno of the first write that failed; nothing is written then */
	int folder;              /* of a file that takes its place at the end; -1: none does */
	char name[NAME_MAX + 1]; /* in `folder` */
	char part[NAME_MAX + 1]; /* the same while it grows; "": it has no name yet */
	bool is_stdout;
	mode_t mode;
	gid_t group; /* (gid_t)-1: what the system gives */
};

/* Whether the path is standard output. */
bool outfile_is_stdout(const char *path);

/* False: `error` is a reason, as it stands behind the path. */
bool outfile_open(struct outfile *, const char *path, mode_t mode, char error[FILE_ERROR_MAX]);

/* False: `error` in the structure; a later commit fails of it. */
bool outfile_write(struct outfile *, struct bytes);

/* Whether what was written can be read again from `fd`: not from a pipe, and not where something
 * stood before. */
bool outfile_is_readable(const struct outfile *);

/* Brings it to the disk and into its place. False: `error` as above, and nothing took its place. */
bool outfile_commit(struct outfile *, char error[FILE_ERROR_MAX]);

/* Ends it, committed or not. */
void outfile_close(struct outfile *);
