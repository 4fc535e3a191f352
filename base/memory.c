/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/memory.h"
#include <assert.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

/* A piece of the reserve, with the next one right behind it. Free neighbours become one when a
 * piece is looked for. */
struct piece {
	size_t size; /* of `data` */
	bool is_used;
	alignas(max_align_t) uint8_t data[];
};

static struct {
	pthread_mutex_t lock;
	uint8_t *start, *end;
	_Atomic size_t in_use;
	_Atomic uint64_t refused;
} reserve = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct piece *piece_at(uint8_t *at)
{
	return (struct piece *)(void *)at;
}

/* The one behind it; NULL: it is the last. */
static struct piece *piece_next(struct piece *p)
{
	uint8_t *next = p->data + p->size;
	return next < reserve.end ? piece_at(next) : NULL;
}

static void piece_merge(struct piece *p)
{
	for (struct piece *next = piece_next(p); next && !next->is_used; next = piece_next(p))
		p->size += sizeof *next + next->size;
}

/* Leaves what is behind `size` bytes as a piece of its own, if it is worth one. */
static void piece_split(struct piece *p, size_t size)
{
	if (p->size < size + 2 * sizeof *p)
		return;
	struct piece *rest = piece_at(p->data + size);
	*rest = (struct piece){.size = p->size - size - sizeof *rest};
	p->size = size;
}

bool memory_reserve(size_t bytes)
{
	assert(!reserve.start);
	/* Its pages are there from now on: later there may be none. */
	void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (start == MAP_FAILED)
		return false;
	reserve.end = (uint8_t *)start + bytes;
	*piece_at(start) = (struct piece){.size = bytes - sizeof(struct piece)};
	reserve.start = start;
	return true;
}

void *memory_spare(size_t bytes)
{
	const size_t unit = alignof(max_align_t);
	void *found = NULL;
	reserve.refused++;
	if (!reserve.start || bytes > (size_t)(reserve.end - reserve.start))
		return NULL;
	size_t size = bytes ? (bytes + unit - 1) / unit * unit : unit;
	pthread_mutex_lock(&reserve.lock);
	for (struct piece *p = piece_at(reserve.start); p && !found; p = piece_next(p)) {
		if (p->is_used)
			continue;
		piece_merge(p);
		if (p->size < size)
			continue;
		piece_split(p, size);
		p->is_used = true;
		reserve.in_use += p->size;
		found = p->data;
	}
	pthread_mutex_unlock(&reserve.lock);
	return found;
}

bool memory_is_spare(const void *p)
{
	const uint8_t *at = p;
	return reserve.start && at >= reserve.start && at < reserve.end;
}

static struct piece *piece_of(const void *p)
{
	struct piece *piece = piece_at((uint8_t *)(uintptr_t)p - offsetof(struct piece, data));
	assert(piece->is_used);
	return piece;
}

size_t memory_spare_size(const void *p)
{
	return piece_of(p)->size;
}

void memory_spare_free(void *p)
{
	pthread_mutex_lock(&reserve.lock);
	struct piece *piece = piece_of(p);
	piece->is_used = false;
	reserve.in_use -= piece->size;
	pthread_mutex_unlock(&reserve.lock);
}

bool memory_is_short(void)
{
	return reserve.in_use > (size_t)(reserve.end - reserve.start) / 4;
}

struct memory_state memory_state(void)
{
	return (struct memory_state){.refused = reserve.refused, .in_use = reserve.in_use};
}

void *memory_alloc(size_t bytes)
{
	return malloc(bytes);
}

void *memory_resize(void *p, size_t bytes)
{
	return realloc(p, bytes);
}

void memory_free(void *p)
{
	free(p);
}
