/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Store keys in a backup that is a copy of a store. They stand behind the last page of the copy,
 * which LMDB does not read, in a block of whole pages of 4096 bytes:
 *
 *      the text of a file of store keys (acl/store_key.h)
 *      bytes 0, up to the end's beginning
 *      4 bytes   length of the block
 *      12 bytes  "tenure-stkey"
 *
 * A restore leaves the block out, since no store may hold a store key. Any thread.
 */
#include "acl/store_key.h"
#include "base/must_use.h"
#include <sys/types.h>

/* Appends the block to a file. False: errno says why. */
bool backup_key_append(int fd, const struct store_key *);

/*
 * Adds the store keys of the file to `keys`. `*copy` is the length in bytes of the copy before
 * them, or of the whole file if there are none. False: `error` is the reason, to be printed behind
 * the file's name.
 */
MUST_USE bool backup_key_read(int fd, struct store_key *keys, off_t *copy,
			      char error[STORE_KEY_ERROR_MAX]);
