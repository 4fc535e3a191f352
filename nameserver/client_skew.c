/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/client_skew.h"
#include "base/hash.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct client_skews {
	pthread_mutex_t lock;
	_Atomic size_t count;             /* the first places are taken */
	uint64_t hashes[CLIENT_SKEW_MAX]; /* of the principals, so that few texts are compared */
	struct client_skew of[CLIENT_SKEW_MAX];
};

struct client_skews *client_skews_new(void)
{
	struct client_skews *skews = calloc(1, sizeof *skews);
	assert(skews);
	pthread_mutex_init(&skews->lock, NULL);
	return skews;
}

void client_skews_free(struct client_skews *skews)
{
	pthread_mutex_destroy(&skews->lock);
	free(skews);
}

static uint64_t skew_size(int64_t ahead)
{
	return ahead < 0 ? -(uint64_t)ahead : (uint64_t)ahead;
}

static bool client_skew_is_old(const struct client_skew *skew, uint64_t now)
{
	return now > skew->at && now - skew->at > CLIENT_SKEW_AGE;
}

bool client_skews_matter(struct client_skews *skews, int64_t ahead)
{
	return skew_size(ahead) >= CLIENT_SKEW_LEAST || skews->count > 0;
}

/* The last one comes into its place. */
static void client_skew_drop(struct client_skews *skews, size_t at)
{
	size_t last = --skews->count;
	skews->of[at] = skews->of[last];
	skews->hashes[at] = skews->hashes[last];
}

/* The place of one that goes for a worse one: an old one, or the least. CLIENT_SKEW_MAX: all are
 * as bad, or worse. */
static size_t client_skew_least(const struct client_skews *skews, uint64_t size, uint64_t now)
{
	size_t least = CLIENT_SKEW_MAX;
	for (size_t i = 0; i < CLIENT_SKEW_MAX; i++) {
		uint64_t its = skew_size(skews->of[i].ahead);
		if (client_skew_is_old(&skews->of[i], now))
			return i;
		if (its < size) {
			size = its;
			least = i;
		}
	}
	return least;
}

/* Its place, or a new one; CLIENT_SKEW_MAX: there is none. */
static size_t client_skew_place(struct client_skews *skews, const char *principal, int64_t ahead,
				uint64_t now)
{
	uint64_t hash = hash_secret(bytes_of(principal, strlen(principal)));
	bool is_small = skew_size(ahead) < CLIENT_SKEW_LEAST;
	size_t at = 0;
	while (at < skews->count &&
	       (skews->hashes[at] != hash || strcmp(skews->of[at].principal, principal) != 0))
		at++;
	if (at < skews->count)
		return at;
	if (is_small)
		return CLIENT_SKEW_MAX;
	at = skews->count < CLIENT_SKEW_MAX ? skews->count++
					    : client_skew_least(skews, skew_size(ahead), now);
	if (at < CLIENT_SKEW_MAX) {
		skews->hashes[at] = hash;
		skews->of[at] = (struct client_skew){.at = now};
		strncat(skews->of[at].principal, principal, WHO_TEXT_MAX - 1);
	}
	return at;
}

void client_skews_note(struct client_skews *skews, const char *principal, int64_t ahead,
		       bool is_refused, uint64_t now)
{
	pthread_mutex_lock(&skews->lock);
	size_t at = client_skew_place(skews, principal, ahead, now);
	if (at < CLIENT_SKEW_MAX && skew_size(ahead) < CLIENT_SKEW_LEAST) {
		client_skew_drop(skews, at);
	} else if (at < CLIENT_SKEW_MAX) {
		skews->of[at].ahead = ahead;
		skews->of[at].at = now;
		skews->of[at].refused += is_refused;
	}
	pthread_mutex_unlock(&skews->lock);
}

static int client_skew_compare(const void *a, const void *b)
{
	const struct client_skew *x = a, *y = b;
	uint64_t of_x = skew_size(x->ahead), of_y = skew_size(y->ahead);
	return of_x != of_y ? (of_x < of_y) - (of_x > of_y) : strcmp(x->principal, y->principal);
}

struct client_skew *client_skews_list(struct client_skews *skews, uint64_t now, struct arena *arena,
				      size_t *count)
{
	struct client_skew *list = arena_alloc(arena, CLIENT_SKEW_MAX * sizeof *list);
	*count = 0;
	pthread_mutex_lock(&skews->lock);
	for (size_t i = 0; i < skews->count; i++)
		if (!client_skew_is_old(&skews->of[i], now))
			list[(*count)++] = skews->of[i];
	pthread_mutex_unlock(&skews->lock);
	qsort(list, *count, sizeof *list, client_skew_compare);
	return list;
}
