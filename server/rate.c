/* SPDX-License-Identifier: BSD-2-Clause */
#include "server/rate.h"
#include "base/digest.h"
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS   4096
#define UPDATES 1000000u /* what an update takes: what one a second fills in a microsecond is 1 */

struct bucket {
	uint8_t digest[DIGEST_LEN];
	uint64_t level, at_us;
};

struct rates {
	pthread_mutex_t lock;
	struct bucket buckets[SLOTS];
};

struct rates *rates_new(void)
{
	struct rates *rates = calloc(1, sizeof(*rates));
	assert(rates);
	int error = pthread_mutex_init(&rates->lock, NULL);
	assert(error == 0);
	return rates;
}

void rates_free(struct rates *rates)
{
	pthread_mutex_destroy(&rates->lock);
	free(rates);
}

/* With the lock held. */
static bool bucket_take(struct bucket *bucket, uint32_t per_second, uint64_t now_us)
{
	uint64_t full = (uint64_t)per_second * RATE_BURST_S * UPDATES;
	/* A clock that was set back fills nothing; a long rest cannot overflow. */
	uint64_t rest = now_us > bucket->at_us ? now_us - bucket->at_us : 0;
	if (rest > RATE_BURST_S * 1000000ull)
		rest = RATE_BURST_S * 1000000ull;
	bucket->level += rest * per_second;
	if (bucket->level > full)
		bucket->level = full;
	bucket->at_us = now_us;
	if (bucket->level < UPDATES)
		return false;
	bucket->level -= UPDATES;
	return true;
}

bool rate_take(struct rates *rates, uint32_t zone_id, const char *principal, uint32_t per_second,
	       uint64_t now_us)
{
	uint8_t digest[DIGEST_LEN];
	struct bytes pieces[] = {{(const uint8_t *)&zone_id, sizeof(zone_id)},
				 {(const uint8_t *)principal, strlen(principal)}};
	digest_sha256(pieces, sizeof(pieces) / sizeof(*pieces), digest);
	struct bucket *bucket = &rates->buckets[((size_t)digest[0] << 8 | digest[1]) % SLOTS];
	pthread_mutex_lock(&rates->lock);
	if (memcmp(bucket->digest, digest, DIGEST_LEN) != 0) {
		memcpy(bucket->digest, digest, DIGEST_LEN);
		bucket->level = (uint64_t)per_second * RATE_BURST_S * UPDATES;
		bucket->at_us = now_us;
	}
	bool is_taken = bucket_take(bucket, per_second, now_us);
	pthread_mutex_unlock(&rates->lock);
	return is_taken;
}
