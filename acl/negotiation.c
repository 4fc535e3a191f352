/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/negotiation.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which they were kept. */
struct negotiations {
	void (*drop)(void *security);
	size_t count;
	struct negotiation list[NEGOTIATIONS_MAX];
};

static void take_out(struct negotiations *all, size_t i)
{
	all->count--;
	memmove(&all->list[i], &all->list[i + 1], (all->count - i) * sizeof all->list[0]);
}

static void drop(struct negotiations *all, size_t i)
{
	all->drop(all->list[i].security);
	take_out(all, i);
}

static void drop_old(struct negotiations *all, uint64_t now)
{
	while (all->count > 0 && all->list[0].begun + NEGOTIATION_SECONDS <= now)
		drop(all, 0);
}

static bool same_host(const struct addr *a, const struct addr *b)
{
	char one[ADDR_TEXT_MAX], other[ADDR_TEXT_MAX];
	addr_print_host(a, one);
	addr_print_host(b, other);
	return strcmp(one, other) == 0;
}

/* Its oldest gives way when a source has too many; then the oldest of all. */
static void make_room(struct negotiations *all, const struct addr *source)
{
	size_t count = 0, oldest = 0;
	for (size_t i = all->count; i > 0; i--) {
		if (!same_host(&all->list[i - 1].source, source))
			continue;
		count++;
		oldest = i - 1;
	}
	if (count >= NEGOTIATIONS_PER_SOURCE)
		drop(all, oldest);
	else if (all->count == NEGOTIATIONS_MAX)
		drop(all, 0);
}

struct negotiations *negotiations_new(void (*drop_security)(void *security))
{
	struct negotiations *all = calloc(1, sizeof *all);
	assert(all);
	all->drop = drop_security;
	return all;
}

void negotiations_free(struct negotiations *all)
{
	while (all->count > 0)
		drop(all, all->count - 1);
	free(all);
}

size_t negotiations_count(const struct negotiations *all)
{
	return all->count;
}

enum negotiation_state negotiation_take(struct negotiations *all, const struct dns_name *key,
					const struct addr *source, uint64_t now, void **security)
{
	drop_old(all, now);
	for (size_t i = 0; i < all->count; i++) {
		if (!dns_name_equal(&all->list[i].key, key))
			continue;
		if (!same_host(&all->list[i].source, source))
			return NEGOTIATION_FOREIGN;
		*security = all->list[i].security;
		take_out(all, i);
		return NEGOTIATION_GOES_ON;
	}
	return NEGOTIATION_NEW;
}

void negotiation_keep(struct negotiations *all, const struct negotiation *negotiation)
{
	drop_old(all, negotiation->begun);
	make_room(all, &negotiation->source);
	all->list[all->count++] = *negotiation;
}
