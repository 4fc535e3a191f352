/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A temporary file that holds a long answer before it is sent. It lies beside the store and has no
 * name. The answer is written at the speed of the disk, so that a slow client does not keep a
 * snapshot, and with it old pages of the store. The thread of the call.
 */
#include "admin/call.h"

/* Opens a spool for about `bytes` bytes. Returns its descriptor, which the caller closes; -1 if the
 * disk has less room than that and the growth of the store need: the call has the error's text. */
int backup_spool_open(struct call *, uint64_t bytes);

/* Sends the whole file as the data of the call. Writes its SHA-256 in hexadecimal to `hex`, and its
 * length in bytes to `*size`. CALL_FAILED: it cannot be read, or the client is gone. */
enum call_code backup_spool_send(struct call *, int fd, char hex[2 * 32 + 1], uint64_t *size);
