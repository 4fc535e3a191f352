/* SPDX-License-Identifier: BSD-2-Clause */
/* Updates that come faster than max-rate wait for their turn, in order, and not for ever. */
#include <criterion/criterion.h>
#include <stdatomic.h>
#include <time.h>
#include "nameserver/update_delay.h"

#define NOW_US 1000000000ull

static const struct update_rate_of a = {1, "key:a", 2}, b = {1, "key:b", 2},
				   other_zone = {2, "key:a", 2};

static unsigned take_all(struct update_rates *update_rates, const struct update_rate_of *of,
			 uint64_t now, struct update_rate_slot *last)
{
	unsigned count = 0;
	for (struct update_rate_slot rate_slot; update_rate_take(update_rates, of, now, &rate_slot);
	     count++)
		*last = rate_slot;
	return count;
}

Test(rate, a_burst_is_taken_at_once_two_seconds_worth_waits_and_the_rest_is_dropped)
{
	struct update_rates *update_rates = update_rates_new();
	struct update_rate_slot rate_slot;
	for (unsigned i = 0; i < 2 * UPDATE_RATE_BURST_S; i++) {
		cr_assert(update_rate_take(update_rates, &a, NOW_US, &rate_slot));
		cr_expect_eq(rate_slot.due_us, NOW_US);
	}
	for (unsigned i = 1; i <= 4; i++) {
		cr_expect_eq(update_rate_wait(update_rates, &a, NOW_US), i * 500000);
		cr_assert(update_rate_take(update_rates, &a, NOW_US, &rate_slot));
		cr_expect_eq(rate_slot.due_us, NOW_US + i * 500000);
	}
	cr_expect_not(update_rate_take(update_rates, &a, NOW_US, &rate_slot));
	cr_expect_eq(update_rate_wait(update_rates, &b, NOW_US), 0);
	cr_expect_eq(take_all(update_rates, &b, NOW_US, &rate_slot), 24);
	cr_expect_eq(take_all(update_rates, &other_zone, NOW_US, &rate_slot), 24);
	update_rates_free(update_rates);
}

Test(rate, what_was_dropped_takes_nothing_and_the_bucket_fills_again)
{
	struct update_rates *update_rates = update_rates_new();
	struct update_rate_slot rate_slot;
	take_all(update_rates, &a, NOW_US, &rate_slot);
	for (int i = 0; i < 1000; i++)
		cr_assert_not(update_rate_take(update_rates, &a, NOW_US, &rate_slot));
	cr_expect_eq(take_all(update_rates, &a, NOW_US + 1000000, &rate_slot), 2);
	cr_expect_eq(rate_slot.due_us, NOW_US + 1000000 + UPDATE_RATE_QUEUE_US);
	cr_expect_eq(take_all(update_rates, &a, NOW_US + 3600000000ull, &rate_slot), 24);
	cr_expect_eq(take_all(update_rates, &a, 5, &rate_slot), 0,
		     "a clock that was set back fills nothing");
	update_rates_free(update_rates);
}

/* --- the pacer */

struct item {
	struct delayed_update held;
	int number;
};

static _Atomic int went[64];
static _Atomic int went_count;

static void go(struct delayed_update *held)
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

static enum update_delay_outcome hold(struct update_delay *update_delay, struct item *item,
				      int number, uint64_t due)
{
	item->held.go = go;
	item->held.bytes = 100;
	item->number = number;
	return update_delay_hold(update_delay, &item->held,
				 &(struct update_rate_slot){due, (size_t)number % 2});
}

Test(update_delay, each_goes_when_its_turn_comes_and_not_before)
{
	struct clock clock;
	struct item items[4] = {0};
	clock_by_hand(&clock, NOW_US);
	struct update_delay *update_delay = update_delay_start(&clock);
	cr_expect_eq(hold(update_delay, &items[0], 0, NOW_US), UPDATE_DELAY_AT_ONCE);
	cr_expect_eq(update_delay_next_due(update_delay), 0);
	cr_expect_eq(hold(update_delay, &items[0], 0, NOW_US + 2000), UPDATE_DELAY_HELD);
	cr_expect_eq(hold(update_delay, &items[1], 1, NOW_US + 1000), UPDATE_DELAY_HELD);
	cr_expect_eq(hold(update_delay, &items[2], 2, NOW_US + 3000), UPDATE_DELAY_HELD);
	cr_expect_eq(hold(update_delay, &items[3], 4, NOW_US), UPDATE_DELAY_HELD,
		     "its slot has one that waits");
	cr_expect_eq(update_delay_next_due(update_delay), NOW_US);
	wait_for(1);
	nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
	cr_expect_eq(went_count, 1, "time stands still");
	clock_move_to(&clock, NOW_US + 2500);
	wait_for(3);
	cr_expect_eq(went[1], 1);
	cr_expect_eq(went[2], 0);
	update_delay_stop(update_delay);
	cr_expect_eq(went_count, 4, "a stop lets go what is left");
}

Test(update_delay, those_of_one_time_keep_their_order)
{
	struct clock clock;
	struct item items[40] = {0};
	clock_by_hand(&clock, NOW_US);
	struct update_delay *update_delay = update_delay_start(&clock);
	for (int i = 0; i < 40; i++)
		cr_assert_eq(hold(update_delay, &items[i], i, NOW_US + 1000), UPDATE_DELAY_HELD);
	clock_move_to(&clock, NOW_US + 1000);
	wait_for(40);
	for (int i = 0; i < 40; i++)
		cr_expect_eq(went[i], i);
	update_delay_stop(update_delay);
}

static void go_nowhere(struct delayed_update *held)
{
	(void)held;
}

Test(update_delay, what_is_held_is_bounded_in_number_and_bytes)
{
	static struct delayed_update held[UPDATE_DELAY_HELD_MAX + 1];
	struct clock clock;
	clock_by_hand(&clock, NOW_US);
	struct update_delay *update_delay = update_delay_start(&clock);
	struct update_rate_slot later = {NOW_US + 1000, 3};
	for (size_t i = 0; i <= UPDATE_DELAY_HELD_MAX; i++) {
		held[i] = (struct delayed_update){.go = go_nowhere, .bytes = 1};
		enum update_delay_outcome outcome =
			update_delay_hold(update_delay, &held[i], &later);
		cr_assert_eq(outcome,
			     i < UPDATE_DELAY_HELD_MAX ? UPDATE_DELAY_HELD : UPDATE_DELAY_FULL);
	}
	update_delay_stop(update_delay);
	update_delay = update_delay_start(&clock);
	held[0].bytes = UPDATE_DELAY_BYTES_MAX;
	cr_expect_eq(update_delay_hold(update_delay, &held[0], &later), UPDATE_DELAY_HELD);
	cr_expect_eq(update_delay_hold(update_delay, &held[1], &later), UPDATE_DELAY_FULL);
	update_delay_stop(update_delay);
}
