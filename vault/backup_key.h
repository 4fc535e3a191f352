/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Store keys in a backup that is a copy of a store: behind the copy's last page, where LMDB looks
 * at nothing, a block of whole pages of 4096 bytes:
 *
 *      the text of a file of store keys (acl/store_key.h)
 *      bytes 0, up to the end's beginning
 *      4 bytes   length of the block
 *      12 bytes  "tenure-stkey"
 *
 * What restores the copy leaves the block out: no store holds a store key.
 */
#include "acl/store_key.h"
#include <sys/types.h>

/* Appends the block to a file. False: errno. */
bool backup_key_append(int fd, const struct store_key *);

/*
 * Adds the store keys of the file to `keys`, and says how long the copy before them is: the whole
 * file, when there are none. False: `error` is a reason, as it stands behind the file's name.
 */
bool backup_key_read(int fd, struct store_key *keys, off_t *copy, char error[STORE_KEY_ERROR_MAX]);
