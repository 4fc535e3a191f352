/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Memory for when the system has none: a reserve that the process takes at its start, so that what
 * is under way comes to its end and nothing has to be undone in the middle. What is new is refused
 * meanwhile: who takes requests asks memory_is_short.
 *
 * Programs that are linked with base/memory_wrap.c get it by malloc, calloc, realloc and strdup,
 * and give it back by free; libraries by memory_alloc, memory_resize and memory_free, where they
 * let their functions be set. Without memory_reserve there is none, and what asks for memory gets
 * NULL as always.
 *
 * Any thread. There is one reserve in a process, as there is one heap.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes the reserve, once, before there are threads. False: the system does not have so much. */
bool memory_reserve(size_t bytes);

/* From the reserve. NULL: it has no such piece. Aligned for any type, not cleared. */
void *memory_spare(size_t bytes);
/* Whether it is from the reserve; how many bytes it has; gives it back. */
bool memory_is_spare(const void *);
size_t memory_spare_size(const void *);
void memory_spare_free(void *);

/* Whether more than a quarter of the reserve is in use: then nothing new is to be begun. */
bool memory_is_short(void);

struct memory_state {
	uint64_t refused; /* allocations that the system refused since the start */
	size_t in_use;    /* bytes of the reserve, now */
};
struct memory_state memory_state(void);

/* malloc, realloc and free as above; those of the C library without base/memory_wrap.c. */
void *memory_alloc(size_t bytes);
void *memory_resize(void *, size_t bytes);
void memory_free(void *);
