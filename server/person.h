/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Finds who logged in behind a process at the other end of a Unix socket: its login uid, which the
 * kernel keeps through sudo and su (/proc/PID/loginuid; pam_loginuid sets it). Where the number of
 * the process may be another's by now, nobody is named. Any thread.
 */
#include <stdbool.h>
#include <sys/types.h>

/*
 * The login uid of the process that connected the socket `fd`, which the kernel names as `pid` of
 * user `uid`. False: it has none, as processes that no login began; /proc does not show it; or it
 * has ended.
 */
bool person_of(int fd, pid_t pid, uid_t uid, uid_t *login);

/* Reads what loginuid holds. False: "unset", or no number. */
bool person_parse(const char *text, uid_t *login);
