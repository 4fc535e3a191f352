/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/near_limits.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct near_limits {
	pthread_mutex_t lock;
	size_t count;
	struct near_limit at[NEAR_LIMITS]; /* the newest first */
};

struct near_limits *near_limits_new(void)
{
	struct near_limits *limits = calloc(1, sizeof *limits);
	assert(limits);
	pthread_mutex_init(&limits->lock, NULL);
	return limits;
}

void near_limits_free(struct near_limits *limits)
{
	if (limits)
		pthread_mutex_destroy(&limits->lock);
	free(limits);
}

static bool near_limit_is_same(const struct near_limit *a, const struct near_limit *b)
{
	return a->which == b->which && a->zone_id == b->zone_id && a->type == b->type &&
	       dns_name_equal(&a->name, &b->name);
}

void near_limits_add(struct near_limits *limits, const struct near_limit *limit)
{
	size_t i = 0;
	pthread_mutex_lock(&limits->lock);
	while (i < limits->count && !near_limit_is_same(&limits->at[i], limit))
		i++;
	if (i == limits->count && limits->count < NEAR_LIMITS)
		limits->count++;
	if (i == NEAR_LIMITS)
		i--;
	memmove(limits->at + 1, limits->at, i * sizeof limits->at[0]);
	limits->at[0] = *limit;
	pthread_mutex_unlock(&limits->lock);
}

size_t near_limits_list(struct near_limits *limits, struct near_limit out[NEAR_LIMITS])
{
	pthread_mutex_lock(&limits->lock);
	size_t count = limits->count;
	memcpy(out, limits->at, count * sizeof limits->at[0]);
	pthread_mutex_unlock(&limits->lock);
	return count;
}
