/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What everything that writes a file shares: paths that nobody else redirects, whole writes, and
 * the disk's word for it. base/outfile.h writes a file as a whole.
 *
 * A process may work in a folder that another user can write to; root often does. That user must
 * not decide by a symbolic link where it writes. So a path is walked folder by folder: a link in it
 * is followed if it belongs to root or to the effective user, and is refused otherwise.
 */
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

/* Walks `path`. False: `error` is a reason, as it stands behind a path: "No such file ...". */
bool file_find(const char *path, struct file_at *, char error[FILE_ERROR_MAX]);
void file_at_close(struct file_at *);

/* A file to append to, made with `mode` if it is not there: O_RDWR, O_NONBLOCK. Its name is on the
 * disk then. -1: `error` as above. */
int file_open_append(const char *path, mode_t mode, char error[FILE_ERROR_MAX]);

/* A new file in `folder`, relative to the descriptor `at`, that ends with its descriptor, O_RDWR
 * and for its user alone. -1: errno. */
int file_open_nameless(int at, const char *folder);

/* `prefix`, a dot and eight random letters. False: the system has no random bytes. */
bool file_name_temporary(const char *prefix, char name[NAME_MAX + 1]);

/* How often such a name is made when the one before was taken. */
#define FILE_NAMES_TRIED 100

/* Makes a new file of such a name in the folder, O_RDWR and for its user alone; `name` is what it
 * is called. -1: errno. */
int file_open_temporary(int folder, const char *prefix, char name[NAME_MAX + 1]);

/* All of it, however many writes that takes. False: errno. */
bool file_write(int fd, const void *data, size_t len);

/* It is on the disk; what has none, as a pipe, passes. False: errno. */
bool file_sync(int fd);

/* All of it behind what is there, and on the disk; or nothing stays of it. False: errno. */
bool file_append(int fd, const void *data, size_t len);

/* Names that were made, replaced and removed in the folder are on the disk. A folder that may be
 * written and not read cannot be asked, and passes. False: errno. */
bool file_sync_folder(int at, const char *folder);
