/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A file without a name beside the store, for an answer that is made at the disk's speed and sent
 * at the peer's: so that a peer that is slow, or stands still, keeps no old pages of the store.
 */
#include "admin/call.h"

/* Room for about `bytes`, with enough left for the store to grow. -1: the call's error says why. */
int backup_spool_open(struct call *, uint64_t bytes);

/* Sends the whole file as the call's data. `hex` gets its SHA-256. */
enum call_code backup_spool_send(struct call *, int fd, char hex[2 * 32 + 1], uint64_t *size);
