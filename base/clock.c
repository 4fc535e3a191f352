/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"
#include <assert.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/timex.h>
#include <time.h>

/* Between the two readings of one moment. */
#define READ_MOST_US 1000000ull

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
	clock->moves = 0;
}

void clock_by_hand(struct clock *clock, uint64_t us)
{
	clock->is_set_by_hand = true;
	clock->hand_us = us;
	clock->passed_us = 0;
	clock->moves = 0;
}

/* One thread moves it at a time. */
static void clock_lock(struct clock *clock)
{
	unsigned moves = clock->moves & ~1u;
	while (!atomic_compare_exchange_weak(&clock->moves, &moves, moves + 1)) {
		moves &= ~1u;
		sched_yield();
	}
}

void clock_move_to(struct clock *clock, uint64_t us)
{
	assert(clock->is_set_by_hand);
	clock_lock(clock);
	clock->hand_us = us;
	clock->moves++;
}

void clock_pass_to(struct clock *clock, uint64_t us)
{
	assert(clock->is_set_by_hand);
	clock_lock(clock);
	if (us > clock->hand_us)
		clock->passed_us += us - clock->hand_us;
	clock->hand_us = us;
	clock->moves++;
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

/* A pause of the thread between the two readings would look like a step. */
static void clock_read_system(uint64_t *now_us, uint64_t *passed_us)
{
	uint64_t before = read_us(CLOCK_MONOTONIC);
	do {
		*passed_us = before;
		*now_us = read_us(CLOCK_REALTIME);
		before = read_us(CLOCK_MONOTONIC);
	} while (before - *passed_us > READ_MOST_US);
}

void clock_read(const struct clock *clock, uint64_t *now_us, uint64_t *passed_us)
{
	unsigned moves;
	if (!clock->is_set_by_hand) {
		clock_read_system(now_us, passed_us);
		return;
	}
	do {
		moves = clock->moves;
		*now_us = clock->hand_us;
		*passed_us = clock->passed_us;
	} while (moves % 2 || moves != clock->moves);
}

uint64_t clock_monotonic_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

bool clock_is_synchronised(void)
{
	struct timex state = {0};
	return adjtimex(&state) != TIME_ERROR && !(state.status & STA_UNSYNC);
}
