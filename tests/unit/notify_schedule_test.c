/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/notify_schedule.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#define SECOND 1000000ull
#define START  (77 * SECOND)

static struct notify_schedule schedule;

static void begin(void)
{
	schedule = notify_schedule_new();
}

TestSuite(notify_schedule, .init = begin);

static void expect(enum notify_state state, uint64_t at)
{
	cr_expect_eq(schedule.state, state, "state %d", schedule.state);
	cr_expect_eq(schedule.at, at, "at %llu", (unsigned long long)schedule.at);
}

static void tell(uint32_t serial, uint64_t now)
{
	notify_schedule_want(&schedule, serial, now, 0);
	notify_schedule_sent(&schedule, now);
	notify_schedule_acknowledged(&schedule, now);
}

Test(notify_schedule, does_nothing_by_itself)
{
	expect(NOTIFY_IDLE, NOTIFY_NEVER);
	cr_expect_not(schedule.has_sent || schedule.has_acknowledged);
}

Test(notify_schedule, tells_the_first_change_at_once)
{
	notify_schedule_want(&schedule, 5, START, 0);
	expect(NOTIFY_PLANNED, START);
	notify_schedule_sent(&schedule, START);
	expect(NOTIFY_ASKED, START + NOTIFY_WAIT_US);
	notify_schedule_acknowledged(&schedule, START + 10);
	expect(NOTIFY_IDLE, NOTIFY_NEVER);
	cr_expect_eq(schedule.acknowledged, 5);
}

Test(notify_schedule, spreads_by_the_delay_it_is_given)
{
	notify_schedule_want(&schedule, 5, START, 3000);
	expect(NOTIFY_PLANNED, START + 3000);
}

Test(notify_schedule, tells_nobody_what_he_knows)
{
	tell(5, START);
	notify_schedule_want(&schedule, 5, START + 100 * SECOND, 0);
	expect(NOTIFY_IDLE, NOTIFY_NEVER);
}

Test(notify_schedule, takes_serial_zero_for_a_serial)
{
	notify_schedule_want(&schedule, 0, START, 0);
	expect(NOTIFY_PLANNED, START);
	tell(0, START);
	notify_schedule_want(&schedule, 0, START + 100 * SECOND, 0);
	expect(NOTIFY_IDLE, NOTIFY_NEVER);
}

Test(notify_schedule, keeps_a_second_between_two)
{
	tell(5, START);
	notify_schedule_want(&schedule, 6, START + 10, 0);
	expect(NOTIFY_PLANNED, START + NOTIFY_GAP_US);
	notify_schedule_want(&schedule, 7, START + 20, 0);
	expect(NOTIFY_PLANNED, START + NOTIFY_GAP_US);
	notify_schedule_sent(&schedule, START + NOTIFY_GAP_US);
	cr_expect_eq(schedule.sent, 7, "the newest");
}

Test(notify_schedule, tells_what_changed_while_the_answer_was_on_its_way)
{
	notify_schedule_want(&schedule, 5, START, 0);
	notify_schedule_sent(&schedule, START);
	notify_schedule_want(&schedule, 6, START + 5, 0);
	expect(NOTIFY_ASKED, START + NOTIFY_WAIT_US);
	notify_schedule_acknowledged(&schedule, START + 10);
	cr_expect_eq(schedule.acknowledged, 5);
	expect(NOTIFY_PLANNED, START + NOTIFY_GAP_US);
}

/* Sends again and again until it is given up; returns when that was. */
static uint64_t fail_from(uint64_t now, unsigned *sent)
{
	for (*sent = 0; schedule.state == NOTIFY_PLANNED && *sent < 100;) {
		now = schedule.at > now ? schedule.at : now;
		notify_schedule_sent(&schedule, now);
		++*sent;
		now = schedule.at;
		if (notify_schedule_late(&schedule, now))
			break;
	}
	return now;
}

Test(notify_schedule, asks_again_each_time_later_and_then_no_more)
{
	static const uint64_t waits[NOTIFY_TRIES] = {2, 4, 8, 16, 32, 60};
	uint64_t now = START;
	notify_schedule_want(&schedule, 5, now, 0);
	for (unsigned i = 0; i < NOTIFY_TRIES; i++) {
		expect(NOTIFY_PLANNED, now);
		notify_schedule_sent(&schedule, now);
		expect(NOTIFY_ASKED, now + waits[i] * SECOND);
		now = schedule.at;
		cr_expect_eq(notify_schedule_late(&schedule, now), i == NOTIFY_TRIES - 1);
	}
	expect(NOTIFY_IDLE, NOTIFY_NEVER);
	cr_expect_eq(schedule.failures, 1);
}

Test(notify_schedule, a_target_that_failed_is_not_asked_again_for_a_minute)
{
	unsigned sent;
	notify_schedule_want(&schedule, 5, START, 0);
	fail_from(START, &sent);
	cr_expect_eq(sent, NOTIFY_TRIES);
	uint64_t last = schedule.sent_at;
	notify_schedule_want(&schedule, 6, last + 5 * SECOND, 0);
	expect(NOTIFY_PLANNED, last + NOTIFY_FAILED_GAP_US);
	notify_schedule_sent(&schedule, last + NOTIFY_FAILED_GAP_US);
	notify_schedule_acknowledged(&schedule, last + NOTIFY_FAILED_GAP_US + 1);
	cr_expect_eq(schedule.failures, 0);
	notify_schedule_want(&schedule, 7, last + NOTIFY_FAILED_GAP_US + 2, 0);
	expect(NOTIFY_PLANNED, last + NOTIFY_FAILED_GAP_US + NOTIFY_GAP_US);
}

Test(notify_schedule, a_change_while_it_fails_is_told_by_the_next_try)
{
	notify_schedule_want(&schedule, 5, START, 0);
	notify_schedule_sent(&schedule, START);
	notify_schedule_want(&schedule, 6, START + 1, 0);
	cr_expect_not(notify_schedule_late(&schedule, START + NOTIFY_WAIT_US));
	expect(NOTIFY_PLANNED, START + NOTIFY_WAIT_US);
	notify_schedule_sent(&schedule, START + NOTIFY_WAIT_US);
	cr_expect_eq(schedule.sent, 6);
	cr_expect_eq(schedule.tries, 2);
}

Test(notify_schedule, a_refusal_ends_the_tries)
{
	notify_schedule_want(&schedule, 5, START, 0);
	notify_schedule_sent(&schedule, START);
	notify_schedule_refused(&schedule, START + 1);
	expect(NOTIFY_IDLE, NOTIFY_NEVER);
	cr_expect_eq(schedule.failures, 1);
	notify_schedule_want(&schedule, 6, START + 2, 0);
	expect(NOTIFY_PLANNED, START + NOTIFY_FAILED_GAP_US);
}

Test(notify_schedule, who_insists_waits_for_nothing)
{
	tell(5, START);
	notify_schedule_insist(&schedule, 5, START + 1);
	expect(NOTIFY_PLANNED, START + 1);
	notify_schedule_sent(&schedule, START + 1);
	notify_schedule_refused(&schedule, START + 2);
	notify_schedule_insist(&schedule, 5, START + 3);
	expect(NOTIFY_PLANNED, START + 3);
}

Test(notify_schedule, what_is_held_is_told_later)
{
	notify_schedule_want(&schedule, 5, START, 0);
	notify_schedule_hold(&schedule, START + 50);
	expect(NOTIFY_PLANNED, START + 50);
	notify_schedule_want(&schedule, 6, START + 10, 0);
	expect(NOTIFY_PLANNED, START + 50);
}

/* Whatever happens in whatever order: never two within a second unless somebody insists, never more
 * tries than there are, and once all is quiet an answering target knows the last serial. */
Test(notify_schedule, random_histories_end_with_the_last_serial_known)
{
	srand(20260105);
	for (unsigned round = 0; round < 2000; round++) {
		uint64_t now = START, sent_at = 0;
		uint32_t serial = 1;
		begin();
		for (unsigned step = 0; step < 60; step++) {
			now += (uint64_t)(rand() % 3000) * 1000;
			if (rand() % 2)
				notify_schedule_want(&schedule, ++serial, now, 0);
			if (schedule.state == NOTIFY_PLANNED && schedule.at <= now) {
				cr_assert(!schedule.has_sent || now - sent_at >= NOTIFY_GAP_US);
				notify_schedule_sent(&schedule, now);
				sent_at = now;
				cr_assert_leq(schedule.tries, NOTIFY_TRIES);
			} else if (schedule.state == NOTIFY_ASKED && rand() % 3 == 0) {
				notify_schedule_acknowledged(&schedule, now);
			} else if (schedule.state == NOTIFY_ASKED && rand() % 9 == 0) {
				notify_schedule_refused(&schedule, now);
			} else if (schedule.state == NOTIFY_ASKED && schedule.at <= now) {
				(void)notify_schedule_late(&schedule, now);
			}
		}
		notify_schedule_want(&schedule, ++serial, now, 0);
		for (unsigned step = 0; step < 4 && schedule.at != NOTIFY_NEVER; step++) {
			if (schedule.state == NOTIFY_PLANNED)
				notify_schedule_sent(&schedule,
						     now = schedule.at > now ? schedule.at : now);
			notify_schedule_acknowledged(&schedule, now);
		}
		cr_assert_eq(schedule.acknowledged, serial, "round %u", round);
		expect(NOTIFY_IDLE, NOTIFY_NEVER);
	}
}
