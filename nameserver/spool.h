/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A spool: bytes for a slow peer, which are first written, and then read once. The first
 * SPOOL_MEMORY bytes are in memory, the rest in a file without a name in the data folder, which
 * ends with the process. A spool belongs to one thread at a time. All spools share one struct
 * spool_room, which bounds their size.
 */
#include "base/bytes.h"
#include <stdatomic.h>

#define SPOOL_MEMORY (1u << 20)

struct spool_room {
	const char *folder; /* must remain valid */
	uint64_t limit;     /* bytes of all spools together */
	_Atomic uint64_t used;
};

struct spool {
	struct spool_room *room;
	uint8_t *data; /* all bytes, or a window of the file */
	size_t at, end, cap;
	int fd;           /* -1: there is no file */
	uint64_t in_file; /* bytes written to it */
	uint64_t read_at; /* where in it the next window begins */
	uint64_t len;     /* bytes put */
	const char *problem;
};

void spool_open(struct spool *, struct spool_room *);
void spool_close(struct spool *);

/* Adds bytes. False, then and later: `problem` says why, "no room" or a system error. */
bool spool_put(struct spool *, struct bytes);
/* Ends writing; reading begins with the first byte. False as spool_put. */
bool spool_rewind(struct spool *);
/* Reads exactly `n` bytes. False: there are fewer, or the file cannot be read. */
bool spool_take(struct spool *, uint8_t *out, size_t n);
/* How many bytes are still to be read. */
uint64_t spool_left(const struct spool *);
