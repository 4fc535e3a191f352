/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Lets another group than a file's own use it, by an entry of its access list (acl(5)). Unlike
 * chown it needs no membership, and is no call that a service may be forbidden. Any thread.
 */
#include <stdbool.h>
#include <sys/types.h>

/*
 * Gives the group `mode`, of the bits 7, for the file of the descriptor, which may be O_PATH; the
 * caller owns the file. The file's own group keeps what it has. False: errno; EOPNOTSUPP where the
 * file system has no such lists.
 */
bool file_acl_give(int fd, gid_t group, unsigned mode);
