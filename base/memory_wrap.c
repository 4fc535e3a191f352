/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What malloc and its like are in programs that are linked with --wrap for each of them: those of
 * the C library, and the reserve of base/memory.h where these have nothing. So each place that
 * allocates has it, also those that are still to come.
 */
#include "config.h"
#include "base/memory.h"
#include <malloc.h>
#include <string.h>

/* The linker's names for the C library's own. */
void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
void __real_free(void *);

void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
void __wrap_free(void *);
char *__wrap_strdup(const char *);

void *__wrap_malloc(size_t n)
{
	void *p = __real_malloc(n);
	return p ? p : memory_spare(n);
}

void *__wrap_calloc(size_t count, size_t size)
{
	size_t n;
	void *p = __real_calloc(count, size);
	if (p || __builtin_mul_overflow(count, size, &n))
		return p;
	p = memory_spare(n);
	return p ? memset(p, 0, n) : NULL;
}

/* What has no room where it lies moves into the reserve. */
void *__wrap_realloc(void *old, size_t n)
{
	bool is_spare = memory_is_spare(old);
	void *p = is_spare ? __real_malloc(n) : __real_realloc(old, n);
	if ((p && !is_spare) || (!p && n == 0))
		return p;
	if (!p && !(p = memory_spare(n)))
		return NULL;
	size_t has = is_spare ? memory_spare_size(old) : old ? malloc_usable_size(old) : 0;
	if (has)
		memcpy(p, old, has < n ? has : n);
	__wrap_free(old);
	return p;
}

void __wrap_free(void *p)
{
	if (memory_is_spare(p))
		memory_spare_free(p);
	else
		__real_free(p);
}

char *__wrap_strdup(const char *text)
{
	size_t n = strlen(text) + 1;
	char *copy = __wrap_malloc(n);
	return copy ? memcpy(copy, text, n) : NULL;
}
