/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"
#include "base/condition.h"
#include <criterion/criterion.h>

struct flag {
	pthread_mutex_t lock;
	pthread_cond_t raised;
	bool is_raised;
};

static void *flag_raise(void *context)
{
	struct flag *flag = context;
	pthread_mutex_lock(&flag->lock);
	flag->is_raised = true;
	pthread_cond_signal(&flag->raised);
	pthread_mutex_unlock(&flag->lock);
	return NULL;
}

Test(condition, wakes_when_it_is_signalled)
{
	struct flag flag = {.lock = PTHREAD_MUTEX_INITIALIZER};
	pthread_t thread;
	condition_init(&flag.raised);
	pthread_mutex_lock(&flag.lock);
	cr_assert_eq(pthread_create(&thread, NULL, flag_raise, &flag), 0);
	while (!flag.is_raised)
		cr_assert(condition_wait(&flag.raised, &flag.lock, CONDITION_FOREVER));
	pthread_mutex_unlock(&flag.lock);
	pthread_join(thread, NULL);
	pthread_cond_destroy(&flag.raised);
}

Test(condition, ends_at_its_time)
{
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t never;
	condition_init(&never);
	pthread_mutex_lock(&lock);
	uint64_t until = condition_after(1500);
	while (condition_wait(&never, &lock, until))
		;
	cr_assert_geq(clock_monotonic_us(), until);
	/* What is past ends at once. */
	cr_assert_not(condition_wait(&never, &lock, 0));
	pthread_mutex_unlock(&lock);
	pthread_cond_destroy(&never);
}

Test(condition, forever_stays_forever)
{
	cr_assert_eq(condition_after(CONDITION_FOREVER), CONDITION_FOREVER);
	cr_assert_eq(condition_after(CONDITION_FOREVER - 1), CONDITION_FOREVER);
	cr_assert_lt(condition_after(1), CONDITION_FOREVER);
}
