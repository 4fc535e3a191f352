/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/condition.h"
#include "base/clock.h"
#include <assert.h>
#include <errno.h>
#include <time.h>

#define SECOND_US UINT64_C(1000000)

void condition_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;
	int failed = pthread_condattr_init(&attributes) ||
		     pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) ||
		     pthread_cond_init(condition, &attributes);
	assert(!failed);
	pthread_condattr_destroy(&attributes);
}

uint64_t condition_after(uint64_t us)
{
	uint64_t now = clock_monotonic_us();
	return us < CONDITION_FOREVER - now ? now + us : CONDITION_FOREVER;
}

bool condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t until_us)
{
	struct timespec until = {.tv_sec = (time_t)(until_us / SECOND_US),
				 .tv_nsec = (long)(until_us % SECOND_US * 1000)};
	int failed = until_us == CONDITION_FOREVER
			     ? pthread_cond_wait(condition, lock)
			     : pthread_cond_timedwait(condition, lock, &until);
	assert(failed == 0 || failed == ETIMEDOUT);
	return failed == 0;
}
