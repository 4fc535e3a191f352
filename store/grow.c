/* SPDX-License-Identifier: BSD-2-Clause */
/* A larger map for a store in use. The writer's thread does it between two transactions. */
#include "base/sizeword.h"
#include "store/trouble.h"
#include "store/writer.h"
#include <stdio.h>
#include <unistd.h>

/* How often, and after which pauses, it is tried while readers hold their snapshots. */
#define GROW_TRIES 25
#define GROW_PAUSE 200000 /* microseconds */

/* What the caller waits for; it lies on his stack, and the store has its address until it is done.
 */
struct growth {
	uint64_t size;
	bool is_done, is_larger; /* with the store's trouble_lock */
	char error[STORE_ERROR_MAX];
};

static void growth_take(struct store *s)
{
	pthread_mutex_lock(&s->trouble_lock);
	struct growth *growth = s->growth;
	s->growth = NULL;
	pthread_mutex_unlock(&s->trouble_lock);
	if (!growth)
		return;
	bool is_larger = environment_resize(s, growth->size, growth->error);
	pthread_mutex_lock(&s->trouble_lock);
	growth->is_larger = is_larger;
	growth->is_done = true;
	pthread_mutex_unlock(&s->trouble_lock);
}

bool store_mend(struct store *s)
{
	growth_take(s);
	return trouble_probe(s);
}

static void grow_nothing(struct writer_job *job, struct store_txn *txn)
{
	(void)job;
	(void)txn;
}

/* Once. The writer looks before each batch, and the second job may not be in the batch of the
 * first. False: it has no time for it, or stops. */
static bool growth_try(struct store *s, struct writer *writer, struct growth *growth)
{
	struct writer_job job = {.run = grow_nothing};
	growth->is_done = growth->is_larger = false;
	snprintf(growth->error, sizeof growth->error, "the server stops");
	pthread_mutex_lock(&s->trouble_lock);
	bool is_free = !s->growth;
	if (is_free)
		s->growth = growth;
	pthread_mutex_unlock(&s->trouble_lock);
	if (!is_free)
		snprintf(growth->error, sizeof growth->error, "it is being enlarged already");
	for (unsigned i = 0; is_free && i < 2; i++)
		(void)!writer_call(writer, &job, WRITER_URGENT);
	pthread_mutex_lock(&s->trouble_lock);
	if (s->growth == growth)
		s->growth = NULL;
	bool is_larger = growth->is_larger;
	pthread_mutex_unlock(&s->trouble_lock);
	return is_larger;
}

bool store_grow(struct store *s, struct writer *writer, uint64_t size, char error[STORE_ERROR_MAX])
{
	struct growth growth = {.size = size};
	char from[32], to[32];
	struct store_usage usage;
	store_usage(s, &usage);
	if (size <= usage.size) {
		size_print(usage.size, from);
		snprintf(error, STORE_ERROR_MAX,
			 "the map has %s already: it only grows while the store is in use; the "
			 "setting map-size and a restart make it smaller",
			 from);
		return false;
	}
	for (unsigned i = 0; i < GROW_TRIES && !growth_try(s, writer, &growth); i++)
		usleep(GROW_PAUSE);
	if (!growth.is_larger) {
		snprintf(error, STORE_ERROR_MAX, "%s", growth.error);
		return false;
	}
	size_print(usage.size, from);
	size_print(size, to);
	log_warning("the store's map was enlarged", "path=%s from=%s to=%s do=\"set map-size\"",
		    s->path, from, to);
	return true;
}
