/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Bytes that wait for a slow peer: first written, then read once from the start. The first
 * SPOOL_MEMORY are kept in memory, what is more in a file of the data folder that has no name, so
 * that it ends with the process. All spools share one room.
 *
 * One thread at a time for a spool; the room is shared by all.
 */
#include "base/bytes.h"
#include <stdatomic.h>

#define SPOOL_MEMORY (1u << 20)

struct spool_room {
	const char *folder; /* outlives the spools */
	uint64_t limit;     /* bytes of all spools together */
	_Atomic uint64_t used;
};

struct spool {
	struct spool_room *room;
	uint8_t *data; /* all of it, or a window of the file */
	size_t at, end, cap;
	int fd;           /* -1: there is no file */
	uint64_t in_file; /* bytes written to it */
	uint64_t read_at; /* where in it the next window begins */
	uint64_t len;     /* bytes put */
	const char *problem;
};

void spool_open(struct spool *, struct spool_room *);
void spool_close(struct spool *);

/* False, then and from then on: `problem` says why ("no room", or the system's words). */
bool spool_put(struct spool *, struct bytes);
/* From now on it is read, from the start. */
bool spool_rewind(struct spool *);
/* Exactly `n` bytes. False: there are fewer, or the file cannot be read. */
bool spool_take(struct spool *, uint8_t *out, size_t n);
/* Bytes that were not taken yet. */
uint64_t spool_left(const struct spool *);
