/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/listeners.h"
#include <assert.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

static size_t listeners_processors(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) != 0)
		return 1;
	int count = CPU_COUNT(&set);
	return count > 0 ? (size_t)count : 1;
}

/* Addresses that nobody asked for are left out where the machine has no such family. */
static bool listeners_wants(const struct settings *s, const struct addr *addr)
{
	return !s->is_listen_default || listener_has_family(addr);
}

/* A port below 1024 that another process bound can be bound by none of ours: the passed sockets of
 * an address are all that there will be. */
static bool listeners_lack(const struct listeners *all, size_t i, const struct addr *addr,
			   char error[LISTENER_ERROR_MAX])
{
	char text[ADDR_TEXT_MAX];
	addr_print(addr, text);
	snprintf(error, LISTENER_ERROR_MAX,
		 "cannot listen on %s: the service manager passed sockets for %zu of %zu threads; "
		 "let it keep and pass more, or set threads",
		 text, i / all->addresses, all->threads);
	return false;
}

static bool listeners_open_one(struct listeners *all, size_t i, const struct addr *addr,
			       struct inherited *passed, char error[LISTENER_ERROR_MAX])
{
	int udp = passed ? inherited_claim(passed, addr, SOCK_DGRAM) : -1;
	int tcp = passed ? inherited_claim(passed, addr, SOCK_STREAM) : -1;
	bool is_first = i < all->addresses;
	if (udp >= 0 || tcp >= 0)
		return listener_adopt(&all->of[i], addr, udp, tcp, error);
	if (!is_first && all->of[i % all->addresses].is_passed)
		return listeners_lack(all, i, addr, error);
	return listener_open(&all->of[i], addr, is_first, error);
}

void listeners_init(struct listeners *all, const struct settings *s)
{
	*all = (struct listeners){.threads =
					  s->threads ? (size_t)s->threads : listeners_processors()};
}

bool listeners_open(struct listeners *all, const struct settings *s, struct inherited *passed,
		    char error[LISTENER_ERROR_MAX])
{
	struct addr wanted[SETTINGS_LISTEN_MAX];
	for (size_t i = 0; i < s->listen_count; i++) {
		if (listeners_wants(s, &s->listen[i]))
			wanted[all->addresses++] = s->listen[i];
	}
	all->of = calloc(all->threads * all->addresses, sizeof *all->of);
	assert(all->of || all->addresses == 0);
	for (size_t i = 0; i < all->threads * all->addresses; i++)
		all->of[i].udp = all->of[i].tcp = -1;
	for (size_t i = 0; i < all->threads * all->addresses; i++) {
		if (!listeners_open_one(all, i, &wanted[i % all->addresses], passed, error))
			return false;
	}
	return true;
}

bool listeners_are_shared(const struct listeners *all, const struct settings *s)
{
	for (size_t i = 0; i < s->listen_count; i++)
		if (listeners_wants(s, &s->listen[i]) && !listener_is_shared(&s->listen[i]))
			return false;
	return all->addresses > 0;
}

void listeners_close(struct listeners *all)
{
	for (size_t i = 0; all->of && i < all->threads * all->addresses; i++)
		listener_close(&all->of[i]);
	free(all->of);
	all->of = NULL;
}
