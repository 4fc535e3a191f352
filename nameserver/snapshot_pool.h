/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Copies of zones, keys, groups and rules that commands have loaded, kept for the next command: it
 * reads the rows that changed since, and not all of them. At most SNAPSHOT_POOL_MAX are kept. Any
 * thread.
 */
#include "nameserver/snapshot.h"

#define SNAPSHOT_POOL_MAX 4

struct snapshot_pool;
struct snapshot_pool *snapshot_pool_new(void);
void snapshot_pool_free(struct snapshot_pool *);

/* Gives a snapshot that has loaded nothing the copies that were kept last, if there are any. */
void snapshot_pool_take(struct snapshot_pool *, struct snapshot *);
/* Keeps what the snapshot has loaded, which has nothing then; or frees it. */
void snapshot_pool_keep(struct snapshot_pool *, struct snapshot *);
