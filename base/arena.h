/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * An arena: memory that is freed all at once.
 *
 * A request allocates from an arena and frees nothing; arena_reset frees everything but the first
 * chunk, so that a reader needs no malloc for most queries. Allocation never fails: where the
 * system has no memory, it comes from the reserve of the process (base/memory.h), and where that is
 * used up, too, the process logs and aborts (the store is safe, and systemd restarts). How much a
 * peer can make a request allocate is bounded by its callers, not here.
 *
 * An arena belongs to one thread at a time. Zero-initialised is an empty arena.
 */
#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *first, *current;
	size_t used; /* bytes handed out since the last reset, for limits and statistics */
};

/* Returns room for `n` bytes, aligned for any type, not cleared. It is valid until arena_reset or
 * arena_free, as that of the functions below. */
void *arena_alloc(struct arena *, size_t n);

/* Makes the first chunk of an empty arena just so large, for one of which many are kept. */
void arena_begin(struct arena *, size_t size);

/* The same, cleared. */
void *arena_zero(struct arena *, size_t n);

/* A copy of `n` bytes. */
void *arena_copy(struct arena *, const void *data, size_t n);

/* A copy of a text of `n` bytes, ended by NUL. */
char *arena_text(struct arena *, const char *text, size_t n);

/* A text made by printf's rules. */
char *arena_print(struct arena *, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends everything that was allocated; keeps the first chunk for the next request. */
void arena_reset(struct arena *);

/* Ends everything and gives all memory back. */
void arena_free(struct arena *);
