/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Clocks: the system's clock, or one that is set by hand, for tests. Code that needs the time gets
 * a clock as an argument. Any thread may read and set a clock.
 */
#include <stdbool.h>
#include <stdint.h>

struct clock {
	bool is_set_by_hand;
	_Atomic uint64_t hand_us;   /* what a hand-set clock shows */
	_Atomic uint64_t passed_us; /* time that passed on it, beside what it was set */
	_Atomic unsigned moves;     /* odd while somebody moves it */
};

/* The machine's clock. */
void clock_system(struct clock *);

/* A clock that stands at `us` (microseconds since 1970, UTC) until it is moved. */
void clock_by_hand(struct clock *, uint64_t us);

/* Sets a hand-set clock, as an administrator sets the machine's: no time passes. Asserts that it is
 * one. */
void clock_move_to(struct clock *, uint64_t us);
/* Lets time pass on it until it shows `us`; if it already shows more, sets it. */
void clock_pass_to(struct clock *, uint64_t us);

/* Microseconds and seconds since 1970-01-01T00:00:00Z. */
uint64_t clock_now_us(const struct clock *);
uint64_t clock_now(const struct clock *);

/*
 * Microseconds that have passed since some moment, independent of settings of the clock: if the
 * clock moved by a different amount, it was set. Does not count while the system is suspended.
 */
uint64_t clock_passed_us(const struct clock *);

/* Both of one moment: what the clock shows, and what passed. */
void clock_read(const struct clock *, uint64_t *now_us, uint64_t *passed_us);

/* Microseconds of a clock that never goes back, for measuring; never injected. */
uint64_t clock_monotonic_us(void);

/* Whether somebody keeps the clock of this machine right, as the kernel knows (adjtimex(2)); also
 * true where it does not tell. */
bool clock_is_synchronised(void);
