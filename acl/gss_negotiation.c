/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/gss_negotiation.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* In the order in which they were kept. */
struct gss_negotiations {
	void (*drop)(void *security);
	size_t count;
	struct gss_negotiation list[GSS_NEGOTIATIONS_MAX];
};

static void gss_negotiation_take_out(struct gss_negotiations *all, size_t i)
{
	all->count--;
	memmove(&all->list[i], &all->list[i + 1], (all->count - i) * sizeof all->list[0]);
}

static void gss_negotiation_drop(struct gss_negotiations *all, size_t i)
{
	all->drop(all->list[i].security);
	gss_negotiation_take_out(all, i);
}

static void drop_old(struct gss_negotiations *all, uint64_t now)
{
	while (all->count > 0 && all->list[0].begun + GSS_NEGOTIATION_SECONDS <= now)
		gss_negotiation_drop(all, 0);
}

static bool same_host(const struct addr *a, const struct addr *b)
{
	char one[ADDR_TEXT_MAX], other[ADDR_TEXT_MAX];
	addr_print_host(a, one);
	addr_print_host(b, other);
	return strcmp(one, other) == 0;
}

/* Its oldest gives way when a source has too many; then the oldest of all. */
static void gss_negotiation_make_room(struct gss_negotiations *all, const struct addr *source)
{
	size_t count = 0, oldest = 0;
	for (size_t i = all->count; i > 0; i--) {
		if (!bytes_equal(addr_client(&all->list[i - 1].source), addr_client(source)))
			continue;
		count++;
		oldest = i - 1;
	}
	if (count >= GSS_NEGOTIATIONS_PER_SOURCE)
		gss_negotiation_drop(all, oldest);
	else if (all->count == GSS_NEGOTIATIONS_MAX)
		gss_negotiation_drop(all, 0);
}

struct gss_negotiations *gss_negotiations_new(void (*drop_security)(void *security))
{
	struct gss_negotiations *all = calloc(1, sizeof *all);
	assert(all);
	all->drop = drop_security;
	return all;
}

void gss_negotiations_free(struct gss_negotiations *all)
{
	while (all->count > 0)
		gss_negotiation_drop(all, all->count - 1);
	free(all);
}

size_t gss_negotiations_count(const struct gss_negotiations *all)
{
	return all->count;
}

enum gss_negotiation_state gss_negotiation_take(struct gss_negotiations *all,
						const struct dns_name *key,
						const struct addr *source, uint64_t now,
						void **security)
{
	drop_old(all, now);
	for (size_t i = 0; i < all->count; i++) {
		if (!dns_name_equal(&all->list[i].key, key))
			continue;
		if (!same_host(&all->list[i].source, source))
			return GSS_NEGOTIATION_FOREIGN;
		*security = all->list[i].security;
		gss_negotiation_take_out(all, i);
		return GSS_NEGOTIATION_GOES_ON;
	}
	return GSS_NEGOTIATION_NEW;
}

void gss_negotiation_keep(struct gss_negotiations *all,
			  const struct gss_negotiation *gss_negotiation)
{
	drop_old(all, gss_negotiation->begun);
	for (size_t i = 0; i < all->count; i++)
		assert(!dns_name_equal(&all->list[i].key, &gss_negotiation->key));
	gss_negotiation_make_room(all, &gss_negotiation->source);
	all->list[all->count++] = *gss_negotiation;
}
