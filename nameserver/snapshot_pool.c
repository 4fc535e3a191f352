/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/snapshot_pool.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct snapshot_pool {
	pthread_mutex_t lock;
	struct snapshot kept[SNAPSHOT_POOL_MAX]; /* without transactions */
	size_t count;
};

struct snapshot_pool *snapshot_pool_new(void)
{
	struct snapshot_pool *pool = calloc(1, sizeof(*pool));
	assert(pool);
	int failed = pthread_mutex_init(&pool->lock, NULL);
	assert(!failed);
	return pool;
}

void snapshot_pool_free(struct snapshot_pool *pool)
{
	if (!pool)
		return;
	while (pool->count > 0)
		snapshot_forget(&pool->kept[--pool->count]);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static void snapshot_move(struct snapshot *to, struct snapshot *from)
{
	to->zones = from->zones;
	to->keys = from->keys;
	to->groups = from->groups;
	to->rules = from->rules;
	to->realms = from->realms;
	to->version = from->version;
	to->is_loaded = from->is_loaded;
	from->zones = NULL;
	from->keys = NULL;
	from->groups = NULL;
	from->rules = NULL;
	from->realms = NULL;
	from->is_loaded = false;
}

void snapshot_pool_take(struct snapshot_pool *pool, struct snapshot *snapshot)
{
	assert(!snapshot->zones);
	pthread_mutex_lock(&pool->lock);
	if (pool->count > 0)
		snapshot_move(snapshot, &pool->kept[--pool->count]);
	pthread_mutex_unlock(&pool->lock);
}

void snapshot_pool_keep(struct snapshot_pool *pool, struct snapshot *snapshot)
{
	pthread_mutex_lock(&pool->lock);
	if (snapshot->is_loaded && pool->count < SNAPSHOT_POOL_MAX)
		snapshot_move(&pool->kept[pool->count++], snapshot);
	pthread_mutex_unlock(&pool->lock);
	snapshot_forget(snapshot);
}
