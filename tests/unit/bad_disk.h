/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A disk that fails when it is told to: the test program's own pwrite, writev, fdatasync and
 * fsync (of folders) stand before the C library's, for LMDB too; and rename, link, unlink. Each
 * test is a process of its own, so nothing leaks.
 */
#include <stdbool.h>

enum bad_disk { BAD_DISK_NEVER, BAD_DISK_PAGES, BAD_DISK_HEAD, BAD_DISK_SYNC, BAD_DISK_FOLDER };

/* From the next call on, `count` writes of that sort fail with `code` (an errno). */
void bad_disk_set(enum bad_disk, int code, unsigned count);

/* Every call but the first `count` fails with `code`; with `is_end` the process is killed by the
 * next one instead. */
void bad_disk_set_from(unsigned count, int code, bool is_end);
