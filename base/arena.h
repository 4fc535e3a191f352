/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * An arena: memory that ends all at once.
 *
 * A request allocates what it needs and frees nothing; `arena_reset` ends all of it and keeps the
 * first chunk, so that a reader that has warmed up never calls malloc for a query. Allocation never
 * fails: when the machine has no memory the process logs and aborts (LMDB is safe by design, and
 * systemd restarts). What a peer can make us allocate is bounded by its message's size, not here.
 *
 * One thread at a time. Zero-initialised is a valid empty arena.
 */
#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *first, *current;
	size_t used; /* bytes handed out since the last reset, for limits and statistics */
};

/* Room for `n` bytes, aligned for any type, not cleared. */
void *arena_alloc(struct arena *, size_t n);

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
