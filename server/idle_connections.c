/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/idle_connections.h"
#include "base/clock.h"
#include "nameserver/connection_limits.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#define RELIST_US 100000

struct idle_connections {
	pthread_mutex_t lock;
	struct idle_place *oldest, *newest;
};

static void idle_unlist(struct idle_connections *all, struct idle_place *place)
{
	*(place->older ? &place->older->newer : &all->oldest) = place->newer;
	*(place->newer ? &place->newer->older : &all->newest) = place->older;
	place->older = place->newer = NULL;
}

static void idle_list(struct idle_connections *all, struct idle_place *place)
{
	place->listed_us = place->active_us;
	place->older = all->newest;
	place->newer = NULL;
	*(all->newest ? &all->newest->newer : &all->oldest) = place;
	all->newest = place;
}

/* Out of the owner's list of those to be closed. */
static void idle_disown(struct idle_place *place)
{
	*(place->older ? &place->older->newer : &place->owner->given_up) = place->newer;
	if (place->newer)
		place->newer->older = place->older;
	place->older = place->newer = NULL;
}

struct idle_connections *idle_connections_new(void)
{
	struct idle_connections *all = calloc(1, sizeof *all);
	assert(all);
	pthread_mutex_init(&all->lock, NULL);
	return all;
}

void idle_connections_free(struct idle_connections *all)
{
	assert(!all->oldest);
	pthread_mutex_destroy(&all->lock);
	free(all);
}

void idle_connections_enter(struct idle_connections *all, struct idle_place *place)
{
	place->active_us = clock_monotonic_us();
	pthread_mutex_lock(&all->lock);
	idle_list(all, place);
	pthread_mutex_unlock(&all->lock);
}

void idle_connections_touch(struct idle_connections *all, struct idle_place *place, uint64_t now_us)
{
	place->active_us = now_us;
	if (now_us < place->listed_us + RELIST_US)
		return;
	pthread_mutex_lock(&all->lock);
	if (!place->is_given_up) {
		idle_unlist(all, place);
		idle_list(all, place);
	}
	pthread_mutex_unlock(&all->lock);
}

bool idle_connections_leave(struct idle_connections *all, struct idle_place *place)
{
	pthread_mutex_lock(&all->lock);
	bool was_given_up = place->is_given_up;
	if (was_given_up)
		idle_disown(place);
	else
		idle_unlist(all, place);
	pthread_mutex_unlock(&all->lock);
	return was_given_up;
}

/* A place is not active before it was listed, so what is listed after the best one's time is not
 * better. */
static struct idle_place *longest_idle(struct idle_connections *all, const struct addr *source)
{
	struct idle_place *best = NULL;
	for (struct idle_place *p = all->oldest; p; p = p->newer) {
		if (best && p->listed_us > best->active_us)
			break;
		if (p->is_busy || (source && !connection_limits_is_same(&p->source, source)))
			continue;
		if (!best || p->active_us < best->active_us)
			best = p;
	}
	return best;
}

bool idle_connections_give_up(struct idle_connections *all, const struct addr *source,
			      struct addr *of)
{
	pthread_mutex_lock(&all->lock);
	struct idle_place *place = longest_idle(all, source);
	if (place) {
		struct idle_owner *owner = place->owner;
		idle_unlist(all, place);
		place->is_given_up = true;
		place->newer = owner->given_up;
		if (place->newer)
			place->newer->older = place;
		owner->given_up = place;
		*of = place->source;
		owner->wake(owner);
	}
	pthread_mutex_unlock(&all->lock);
	return place != NULL;
}

struct idle_place *idle_connections_given_up(struct idle_connections *all, struct idle_owner *owner)
{
	pthread_mutex_lock(&all->lock);
	struct idle_place *place = owner->given_up;
	pthread_mutex_unlock(&all->lock);
	return place;
}
