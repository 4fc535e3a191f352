/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Time is an argument: whoever needs the time is given a clock, and tests give one that stands
 * still until it is moved.
 *
 * Any thread may read; a hand-set clock may be moved from any thread.
 */
#include <stdbool.h>
#include <stdint.h>

struct clock {
	bool is_set_by_hand;
	_Atomic uint64_t hand_us; /* what a hand-set clock shows */
};

/* The machine's clock. */
void clock_system(struct clock *);

/* A clock that stands at `us` (microseconds since 1970, UTC) until it is moved. */
void clock_by_hand(struct clock *, uint64_t us);

/* Moves a hand-set clock; asserts that it is one. */
void clock_move_to(struct clock *, uint64_t us);

/* Microseconds and seconds since 1970-01-01T00:00:00Z. */
uint64_t clock_now_us(const struct clock *);
uint64_t clock_now(const struct clock *);

/* Microseconds of a clock that never goes back, for measuring; never injected. */
uint64_t clock_monotonic_us(void);
