/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For LD_PRELOAD: makes allocations of a process fail when it is told to, by a file of two numbers
 * that the test and the process share ($FAILMALLOC): how many allocations succeed before, and how
 * many then fail. With $FAILMALLOC_LEAST only those of so many bytes count.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct plan {
	_Atomic int64_t before, failing;
};

static struct plan nothing, *plan = &nothing;
static size_t least;
static void *(*real_malloc)(size_t), *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);

/* dlsym allocates before it has said where. */
static char early[4096];
static size_t early_used;

static void __attribute__((constructor)) start(void)
{
	const char *path = getenv("FAILMALLOC"), *bytes = getenv("FAILMALLOC_LEAST");
	int fd = path ? open(path, O_RDWR) : -1;
	if (bytes)
		least = (size_t)strtoull(bytes, NULL, 10);
	if (fd < 0)
		return;
	void *shared = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (shared != MAP_FAILED)
		plan = shared;
}

static bool fails(size_t n)
{
	if (n < least || plan->failing <= 0 || plan->before-- > 0)
		return false;
	if (plan->failing-- <= 0)
		return false;
	errno = ENOMEM;
	return true;
}

static void look_up(void)
{
	static bool is_looking;
	if (real_malloc || is_looking)
		return;
	is_looking = true;
	real_calloc = dlsym(RTLD_NEXT, "calloc");
	real_realloc = dlsym(RTLD_NEXT, "realloc");
	real_malloc = dlsym(RTLD_NEXT, "malloc");
}

static void *alloc_early(size_t n)
{
	void *p = early + early_used;
	early_used += (n + 15) / 16 * 16;
	if (early_used > sizeof early)
		abort();
	return p;
}

void *malloc(size_t n)
{
	look_up();
	if (!real_malloc)
		return alloc_early(n);
	return fails(n) ? NULL : real_malloc(n);
}

void *calloc(size_t count, size_t size)
{
	look_up();
	if (!real_malloc)
		return alloc_early(count * size);
	return fails(count * size) ? NULL : real_calloc(count, size);
}

void *realloc(void *p, size_t n)
{
	look_up();
	return fails(n) ? NULL : real_realloc(p, n);
}
