/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/update_rate.h"
#include "base/digest.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define UPDATES 1000000 /* what an update takes: what one a second fills in a microsecond is 1 */

struct bucket {
	uint8_t digest[DIGEST_LEN];
	int64_t level; /* below zero: what waits has been taken already */
	uint64_t at_us;
};

struct update_rates {
	pthread_mutex_t lock;
	struct bucket buckets[UPDATE_RATE_SLOTS];
};

struct update_rates *update_rates_new(void)
{
	struct update_rates *update_rates = calloc(1, sizeof(*update_rates));
	assert(update_rates);
	int error = pthread_mutex_init(&update_rates->lock, NULL);
	assert(error == 0);
	return update_rates;
}

void update_rates_free(struct update_rates *update_rates)
{
	pthread_mutex_destroy(&update_rates->lock);
	free(update_rates);
}

static int64_t update_rate_full(const struct update_rate_of *of)
{
	return (int64_t)of->per_second * UPDATE_RATE_BURST_S * UPDATES;
}

static size_t update_rate_slot_of(const struct update_rate_of *of, uint8_t digest[DIGEST_LEN])
{
	struct bytes pieces[] = {{(const uint8_t *)&of->zone_id, sizeof(of->zone_id)},
				 {(const uint8_t *)of->principal, strlen(of->principal)}};
	digest_sha256(pieces, sizeof(pieces) / sizeof(*pieces), digest);
	return digest_place(digest, UPDATE_RATE_SLOTS);
}

/* With the lock held: the bucket as it is now. A clock that was set back fills nothing; a long rest
 * cannot overflow. */
static void bucket_fill(struct bucket *bucket, const struct update_rate_of *of, uint64_t now_us)
{
	uint64_t most = (UPDATE_RATE_BURST_S + 1) * 1000000ull + UPDATE_RATE_QUEUE_US;
	uint64_t rest = now_us > bucket->at_us ? now_us - bucket->at_us : 0;
	if (rest > most)
		rest = most;
	bucket->level += (int64_t)(rest * of->per_second);
	if (bucket->level > update_rate_full(of))
		bucket->level = update_rate_full(of);
	bucket->at_us = now_us;
}

static uint64_t bucket_wait(const struct bucket *bucket, const struct update_rate_of *of)
{
	if (bucket->level >= UPDATES)
		return 0;
	return ((uint64_t)(UPDATES - bucket->level) + of->per_second - 1) / of->per_second;
}

bool update_rate_take(struct update_rates *update_rates, const struct update_rate_of *of,
		      uint64_t now_us, struct update_rate_slot *rate_slot)
{
	uint8_t digest[DIGEST_LEN];
	assert(of->per_second > 0);
	size_t slot = update_rate_slot_of(of, digest);
	struct bucket *bucket = &update_rates->buckets[slot];
	pthread_mutex_lock(&update_rates->lock);
	if (memcmp(bucket->digest, digest, DIGEST_LEN) != 0) {
		memcpy(bucket->digest, digest, DIGEST_LEN);
		bucket->level = update_rate_full(of);
		bucket->at_us = now_us;
	}
	bucket_fill(bucket, of, now_us);
	uint64_t wait = bucket_wait(bucket, of);
	bool is_taken = wait <= UPDATE_RATE_QUEUE_US;
	if (is_taken)
		bucket->level -= UPDATES;
	pthread_mutex_unlock(&update_rates->lock);
	*rate_slot = (struct update_rate_slot){now_us + wait, slot};
	return is_taken;
}

uint64_t update_rate_wait(struct update_rates *update_rates, const struct update_rate_of *of,
			  uint64_t now_us)
{
	uint8_t digest[DIGEST_LEN];
	struct bucket bucket;
	size_t slot = update_rate_slot_of(of, digest);
	pthread_mutex_lock(&update_rates->lock);
	bucket = update_rates->buckets[slot];
	pthread_mutex_unlock(&update_rates->lock);
	if (memcmp(bucket.digest, digest, DIGEST_LEN) != 0)
		return 0;
	bucket_fill(&bucket, of, now_us);
	return bucket_wait(&bucket, of);
}
