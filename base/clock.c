/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"
#include <assert.h>
#include <time.h>

static uint64_t read_us(clockid_t id)
{
	struct timespec t;
	int failed = clock_gettime(id, &t);
	assert(!failed);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

void clock_system(struct clock *clock)
{
	clock->is_set_by_hand = false;
	clock->hand_us = 0;
	clock->passed_us = 0;
}

void clock_by_hand(struct clock *clock, uint64_t us)
{
	clock->is_set_by_hand = true;
	clock->hand_us = us;
	clock->passed_us = 0;
}

void clock_move_to(struct clock *clock, uint64_t us)
{
	assert(clock->is_set_by_hand);
	clock->hand_us = us;
}

void clock_pass_to(struct clock *clock, uint64_t us)
{
	assert(clock->is_set_by_hand);
	if (us > clock->hand_us)
		clock->passed_us += us - clock->hand_us;
	clock->hand_us = us;
}

uint64_t clock_now_us(const struct clock *clock)
{
	return clock->is_set_by_hand ? clock->hand_us : read_us(CLOCK_REALTIME);
}

uint64_t clock_now(const struct clock *clock)
{
	return clock_now_us(clock) / 1000000;
}

uint64_t clock_passed_us(const struct clock *clock)
{
	return clock->is_set_by_hand ? clock->passed_us : read_us(CLOCK_MONOTONIC);
}

uint64_t clock_monotonic_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}
