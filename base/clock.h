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
	_Atomic uint64_t hand_us;   /* what a hand-set clock shows */
	_Atomic uint64_t passed_us; /* time that passed on it, beside what it was set */
};

/* The machine's clock. */
void clock_system(struct clock *);

/* A clock that stands at `us` (microseconds since 1970, UTC) until it is moved. */
void clock_by_hand(struct clock *, uint64_t us);

/* Sets a hand-set clock, as an administrator sets the machine's: no time passes. Asserts that it is
 * one. */
void clock_move_to(struct clock *, uint64_t us);
/* Lets time pass on it, until it shows `us`; what is not ahead is set. */
void clock_pass_to(struct clock *, uint64_t us);

/* Microseconds and seconds since 1970-01-01T00:00:00Z. */
uint64_t clock_now_us(const struct clock *);
uint64_t clock_now(const struct clock *);

/*
 * Microseconds that passed since some moment, whatever the clock was set to: what the clock moved
 * beside that, it was set. The machine's does not count while it is suspended.
 */
uint64_t clock_passed_us(const struct clock *);

/* Microseconds of a clock that never goes back, for measuring; never injected. */
uint64_t clock_monotonic_us(void);
