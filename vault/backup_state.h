/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What became of the last backups, in local state (journal/local.h): when the last good one was
 * made, and why one failed since. Who makes the file says so when it is on the disk and was read
 * back (`tenurectl backup`); the server knows no more of it.
 */
#include "base/arena.h"
#include "store/store.h"

#define BACKUP_STATE_TEXT_MAX 512

struct backup_state {
	uint64_t good_at;    /* seconds; 0: none was made */
	uint64_t size;       /* of its file, in bytes */
	bool is_verified;    /* it was restored, and checked */
	const char *file;    /* its path there; NULL: none was made */
	uint64_t failed_at;  /* the last failure; 0: the last one was good */
	const char *problem; /* why; NULL: the last one was good */
};

/* Reads it; the texts are in the arena. What cannot be read is an error of the transaction, and
 * then it is empty. Any thread. */
void backup_state_read(struct store_txn *, struct backup_state *, struct arena *);

/* Writes it; texts are cut after BACKUP_STATE_TEXT_MAX bytes. The writer's thread. */
void backup_state_write(struct store_txn *, const struct backup_state *);
