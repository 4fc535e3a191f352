/* SPDX-License-Identifier: BSD-2-Clause */
/* Updates that come faster than max-rate wait for their turn, in order, and not for ever. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <time.h>
#include "nameserver/pacer.h"

#define NOW_US 1000000000ull

static const struct rate_of a = {1, "key:a", 2}, b = {1, "key:b", 2}, other_zone = {2, "key:a", 2};

static unsigned take_all(struct rates *rates, const struct rate_of *of, uint64_t now,
			 struct rate_turn *last)
{
	unsigned count = 0;
	for (struct rate_turn turn; rate_take(rates, of, now, &turn); count++)
		*last = turn;
	return count;
}

Test(rate, a_burst_is_taken_at_once_two_seconds_worth_waits_and_the_rest_is_dropped)
{
	struct rates *rates = rates_new();
	struct rate_turn turn;
	for (unsigned i = 0; i < 2 * RATE_BURST_S; i++) {
		cr_assert(rate_take(rates, &a, NOW_US, &turn));
		cr_expect_eq(turn.due_us, NOW_US);
	}
	for (unsigned i = 1; i <= 4; i++) {
		cr_expect_eq(rate_wait(rates, &a, NOW_US), i * 500000);
		cr_assert(rate_take(rates, &a, NOW_US, &turn));
		cr_expect_eq(turn.due_us, NOW_US + i * 500000);
	}
	cr_expect_not(rate_take(rates, &a, NOW_US, &turn));
	cr_expect_eq(rate_wait(rates, &b, NOW_US), 0);
	cr_expect_eq(take_all(rates, &b, NOW_US, &turn), 24);
	cr_expect_eq(take_all(rates, &other_zone, NOW_US, &turn), 24);
	rates_free(rates);
}

Test(rate, what_was_dropped_takes_nothing_and_the_bucket_fills_again)
{
	struct rates *rates = rates_new();
	struct rate_turn turn;
	take_all(rates, &a, NOW_US, &turn);
	for (int i = 0; i < 1000; i++)
		cr_assert_not(rate_take(rates, &a, NOW_US, &turn));
	cr_expect_eq(take_all(rates, &a, NOW_US + 1000000, &turn), 2);
	cr_expect_eq(turn.due_us, NOW_US + 1000000 + RATE_QUEUE_US);
	cr_expect_eq(take_all(rates, &a, NOW_US + 3600000000ull, &turn), 24);
	cr_expect_eq(take_all(rates, &a, 5, &turn), 0, "a clock that was set back fills nothing");
	rates_free(rates);
}

/* --- the pacer */

struct item {
	struct held held;
	int number;
};

static _Atomic int went[64];
static _Atomic int went_count;

static void go(struct held *held)
{
	went[went_count] = ((struct item *)held)->number;
	went_count++;
}

static void wait_for(int count)
{
	for (int i = 0; i < 5000 && went_count < count; i++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	cr_assert_eq(went_count, count);
}

static enum pacer_outcome hold(struct pacer *pacer, struct item *item, int number, uint64_t due)
{
	item->held.go = go;
	item->held.bytes = 100;
	item->number = number;
	return pacer_hold(pacer, &item->held, &(struct rate_turn){due, (size_t)number % 2});
}

Test(pacer, each_goes_when_its_turn_comes_and_not_before)
{
	struct clock clock;
	struct item items[4] = {0};
	clock_by_hand(&clock, NOW_US);
	struct pacer *pacer = pacer_start(&clock);
	cr_expect_eq(hold(pacer, &items[0], 0, NOW_US), PACER_AT_ONCE);
	cr_expect_eq(pacer_next_due(pacer), 0);
	cr_expect_eq(hold(pacer, &items[0], 0, NOW_US + 2000), PACER_HELD);
	cr_expect_eq(hold(pacer, &items[1], 1, NOW_US + 1000), PACER_HELD);
	cr_expect_eq(hold(pacer, &items[2], 2, NOW_US + 3000), PACER_HELD);
	cr_expect_eq(hold(pacer, &items[3], 4, NOW_US), PACER_HELD, "its slot has one that waits");
	cr_expect_eq(pacer_next_due(pacer), NOW_US);
	wait_for(1);
	nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
	cr_expect_eq(went_count, 1, "time stands still");
	clock_move_to(&clock, NOW_US + 2500);
	wait_for(3);
	cr_expect_eq(went[1], 1);
	cr_expect_eq(went[2], 0);
	pacer_stop(pacer);
	cr_expect_eq(went_count, 4, "a stop lets go what is left");
}

Test(pacer, those_of_one_time_keep_their_order)
{
	struct clock clock;
	struct item items[40] = {0};
	clock_by_hand(&clock, NOW_US);
	struct pacer *pacer = pacer_start(&clock);
	for (int i = 0; i < 40; i++)
		cr_assert_eq(hold(pacer, &items[i], i, NOW_US + 1000), PACER_HELD);
	clock_move_to(&clock, NOW_US + 1000);
	wait_for(40);
	for (int i = 0; i < 40; i++)
		cr_expect_eq(went[i], i);
	pacer_stop(pacer);
}

static void go_nowhere(struct held *held)
{
	(void)held;
}

Test(pacer, what_is_held_is_bounded_in_number_and_bytes)
{
	static struct held held[PACER_HELD_MAX + 1];
	struct clock clock;
	clock_by_hand(&clock, NOW_US);
	struct pacer *pacer = pacer_start(&clock);
	struct rate_turn later = {NOW_US + 1000, 3};
	for (size_t i = 0; i <= PACER_HELD_MAX; i++) {
		held[i] = (struct held){.go = go_nowhere, .bytes = 1};
		enum pacer_outcome outcome = pacer_hold(pacer, &held[i], &later);
		cr_assert_eq(outcome, i < PACER_HELD_MAX ? PACER_HELD : PACER_FULL);
	}
	pacer_stop(pacer);
	pacer = pacer_start(&clock);
	held[0].bytes = PACER_BYTES_MAX;
	cr_expect_eq(pacer_hold(pacer, &held[0], &later), PACER_HELD);
	cr_expect_eq(pacer_hold(pacer, &held[1], &later), PACER_FULL);
	pacer_stop(pacer);
}
