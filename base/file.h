/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Functions for writing files: paths that another user cannot redirect, whole writes, and syncing
 * to the disk. base/outfile.h writes a whole file. Any thread.
 *
 * A process may work in a folder that another user can write to; root often does. That user must
 * not decide by a symbolic link where it writes. So a path is walked folder by folder: a link in it
 * is followed if it belongs to root or to the effective user, and is refused otherwise.
 */
#include "base/must_use.h"
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FILE_ERROR_MAX 512

/* Where a path leads: a folder, held open, and a name in it that may not exist. */
struct file_at {
	int folder;              /* O_PATH */
	char name[NAME_MAX + 1]; /* no link, unless `is_magic`; "." is the folder itself */
	bool is_magic;           /* an open file's link in /proc: follow it, it leads to no name */
	bool is_folder;          /* the path ends in a slash */
};

/* Walks `path`; file_at_close closes the folder. False: `error` is a reason, to be printed behind
 * the path: "No such file ...". */
MUST_USE bool file_find(const char *path, struct file_at *, char error[FILE_ERROR_MAX]);
void file_at_close(struct file_at *);

/* Opens a file to append to (O_RDWR, O_NONBLOCK), which is made with `mode` unless it exists, and
 * syncs its folder. Returns the descriptor; -1: `error` as above. */
MUST_USE int file_open_append(const char *path, mode_t mode, char error[FILE_ERROR_MAX]);

/* Makes a file without a name in `folder`, relative to the descriptor `at`, of mode 0600, that ends
 * with its descriptor. Returns that, O_RDWR; -1: errno says why. */
MUST_USE int file_open_nameless(int at, const char *folder);

/* Makes a name of `prefix`, a dot and eight random letters. False: the system gives no random
 * bytes. */
MUST_USE bool file_name_temporary(const char *prefix, char name[NAME_MAX + 1]);

/* How often such a name is made when the one before was taken. */
#define FILE_NAMES_TRIED 100

/* Makes a new file of such a name in the folder, O_RDWR and for its user alone; `name` is what it
 * is called. -1: errno. */
MUST_USE int file_open_temporary(int folder, const char *prefix, char name[NAME_MAX + 1]);

/* Writes all bytes. False: errno says why not. */
MUST_USE bool file_write(int fd, const void *data, size_t len);

/* Syncs the file to the disk; true for a pipe or a device. False: errno says why not. */
MUST_USE bool file_sync(int fd);

/* Appends all bytes and syncs, or leaves the file as it was. False: errno says why. */
MUST_USE bool file_append(int fd, const void *data, size_t len);

/* Syncs the names in a folder to the disk; true for a folder that may not be read. False: errno
 * says why not. */
MUST_USE bool file_sync_folder(int at, const char *folder);
