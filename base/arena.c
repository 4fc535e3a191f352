/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/arena.h"
#include "base/log.h"
#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A query needs a few KiB, the largest update some 64 KiB and its index: most need one chunk. */
#define CHUNK_SIZE (64 * 1024 - sizeof(struct arena_chunk))
#define ALIGNMENT  alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *next;
	size_t size, used;
	alignas(max_align_t) uint8_t data[];
};

static struct arena_chunk *chunk_new(size_t size)
{
	assert(size < SIZE_MAX - sizeof(struct arena_chunk));
	struct arena_chunk *chunk = malloc(sizeof *chunk + size);
	if (!chunk) {
		log_error("out of memory", "bytes=%zu", size);
		abort();
	}
	*chunk = (struct arena_chunk){.size = size};
	return chunk;
}

static void chunks_free(struct arena_chunk *chunk)
{
	while (chunk) {
		struct arena_chunk *next = chunk->next;
		free(chunk);
		chunk = next;
	}
}

/* A chunk with room for `n` bytes, behind the current one. */
static struct arena_chunk *chunk_add(struct arena *a, size_t n)
{
	struct arena_chunk *chunk = chunk_new(n > CHUNK_SIZE ? n : CHUNK_SIZE);
	if (a->current)
		a->current->next = chunk;
	else
		a->first = chunk;
	a->current = chunk;
	return chunk;
}

void arena_begin(struct arena *a, size_t size)
{
	assert(!a->first);
	a->first = a->current = chunk_new(size);
}

void *arena_alloc(struct arena *a, size_t n)
{
	assert(n <= SIZE_MAX / 2);
	n = (n + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	struct arena_chunk *chunk = a->current;
	if (!chunk || chunk->size - chunk->used < n)
		chunk = chunk_add(a, n);
	void *p = chunk->data + chunk->used;
	chunk->used += n;
	a->used += n;
	return p;
}

void *arena_zero(struct arena *a, size_t n)
{
	return memset(arena_alloc(a, n), 0, n);
}

void *arena_copy(struct arena *a, const void *data, size_t n)
{
	void *p = arena_alloc(a, n);
	if (n)
		memcpy(p, data, n);
	return p;
}

char *arena_text(struct arena *a, const char *text, size_t n)
{
	char *p = arena_alloc(a, n + 1);
	if (n)
		memcpy(p, text, n);
	p[n] = '\0';
	return p;
}

char *arena_print(struct arena *a, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(n >= 0);
	char *p = arena_alloc(a, (size_t)n + 1);
	vsnprintf(p, (size_t)n + 1, format, again);
	va_end(again);
	return p;
}

void arena_reset(struct arena *a)
{
	if (!a->first)
		return;
	chunks_free(a->first->next);
	a->first->next = NULL;
	a->first->used = 0;
	a->current = a->first;
	a->used = 0;
}

void arena_free(struct arena *a)
{
	chunks_free(a->first);
	*a = (struct arena){0};
}
