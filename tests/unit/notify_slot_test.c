/* SPDX-License-Identifier: BSD-2-Clause */
#include "outbound/notify_slot.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#define SECOND 1000000ull
#define START  (77 * SECOND)

static struct notify_slot slot;

static void begin(void)
{
	slot = notify_slot_new();
}

TestSuite(notify_slot, .init = begin);

static void expect(enum notify_state state, uint64_t at)
{
	cr_expect_eq(slot.state, state, "state %d", slot.state);
	cr_expect_eq(slot.at, at, "at %llu", (unsigned long long)slot.at);
}

static void tell(uint32_t serial, uint64_t now)
{
	notify_slot_want(&slot, serial, now, 0);
	notify_slot_sent(&slot, now);
	notify_slot_acknowledged(&slot, now);
}

Test(notify_slot, does_nothing_by_itself)
{
	expect(NOTIFY_IDLE, NOTIFY_NEVER);
	cr_expect_not(slot.has_sent || slot.has_acknowledged);
}

Test(notify_slot, tells_the_first_change_at_once)
{
	notify_slot_want(&slot, 5, START, 0);
	expect(NOTIFY_PLANNED, START);
	notify_slot_sent(&slot, START);
	expect(NOTIFY_ASKED, START + NOTIFY_WAIT_US);
	notify_slot_acknowledged(&slot, START + 10);
	expect(NOTIFY_IDLE, NOTIFY_NEVER);
	cr_expect_eq(slot.acknowledged, 5);
}

Test(notify_slot, spreads_by_the_delay_it_is_given)
{
	notify_slot_want(&slot, 5, START, 3000);
	expect(NOTIFY_PLANNED, START + 3000);
}

Test(notify_slot, tells_nobody_what_he_knows)
{
	tell(5, START);
	notify_slot_want(&slot, 5, START + 100 * SECOND, 0);
	expect(NOTIFY_IDLE, NOTIFY_NEVER);
}

Test(notify_slot, takes_serial_zero_for_a_serial)
{
	notify_slot_want(&slot, 0, START, 0);
	expect(NOTIFY_PLANNED, START);
	tell(0, START);
	notify_slot_want(&slot, 0, START + 100 * SECOND, 0);
	expect(NOTIFY_IDLE, NOTIFY_NEVER);
}

Test(notify_slot, keeps_a_second_between_two)
{
	tell(5, START);
	notify_slot_want(&slot, 6, START + 10, 0);
	expect(NOTIFY_PLANNED, START + NOTIFY_GAP_US);
	notify_slot_want(&slot, 7, START + 20, 0);
	expect(NOTIFY_PLANNED, START + NOTIFY_GAP_US);
	notify_slot_sent(&slot, START + NOTIFY_GAP_US);
	cr_expect_eq(slot.sent, 7, "the newest");
}

Test(notify_slot, tells_what_changed_while_the_answer_was_on_its_way)
{
	notify_slot_want(&slot, 5, START, 0);
	notify_slot_sent(&slot, START);
	notify_slot_want(&slot, 6, START + 5, 0);
	expect(NOTIFY_ASKED, START + NOTIFY_WAIT_US);
	notify_slot_acknowledged(&slot, START + 10);
	cr_expect_eq(slot.acknowledged, 5);
	expect(NOTIFY_PLANNED, START + NOTIFY_GAP_US);
}

/* Sends again and again until it is given up; returns when that was. */
static uint64_t fail_from(uint64_t now, unsigned *sent)
{
	for (*sent = 0; slot.state == NOTIFY_PLANNED && *sent < 100;) {
		now = slot.at > now ? slot.at : now;
		notify_slot_sent(&slot, now);
		++*sent;
		now = slot.at;
		if (notify_slot_late(&slot, now))
			break;
	}
	return now;
}

Test(notify_slot, asks_again_each_time_later_and_then_no_more)
{
	static const uint64_t waits[NOTIFY_TRIES] = {2, 4, 8, 16, 32, 60};
	uint64_t now = START;
	notify_slot_want(&slot, 5, now, 0);
	for (unsigned i = 0; i < NOTIFY_TRIES; i++) {
		expect(NOTIFY_PLANNED, now);
		notify_slot_sent(&slot, now);
		expect(NOTIFY_ASKED, now + waits[i] * SECOND);
		now = slot.at;
		cr_expect_eq(notify_slot_late(&slot, now), i == NOTIFY_TRIES - 1);
	}
	expect(NOTIFY_IDLE, NOTIFY_NEVER);
	cr_expect_eq(slot.failures, 1);
}

Test(notify_slot, a_target_that_failed_is_not_asked_again_for_a_minute)
{
	unsigned sent;
	notify_slot_want(&slot, 5, START, 0);
	fail_from(START, &sent);
	cr_expect_eq(sent, NOTIFY_TRIES);
	uint64_t last = slot.sent_at;
	notify_slot_want(&slot, 6, last + 5 * SECOND, 0);
	expect(NOTIFY_PLANNED, last + NOTIFY_FAILED_GAP_US);
	notify_slot_sent(&slot, last + NOTIFY_FAILED_GAP_US);
	notify_slot_acknowledged(&slot, last + NOTIFY_FAILED_GAP_US + 1);
	cr_expect_eq(slot.failures, 0);
	notify_slot_want(&slot, 7, last + NOTIFY_FAILED_GAP_US + 2, 0);
	expect(NOTIFY_PLANNED, last + NOTIFY_FAILED_GAP_US + NOTIFY_GAP_US);
}

Test(notify_slot, a_change_while_it_fails_is_told_by_the_next_try)
{
	notify_slot_want(&slot, 5, START, 0);
	notify_slot_sent(&slot, START);
	notify_slot_want(&slot, 6, START + 1, 0);
	cr_expect_not(notify_slot_late(&slot, START + NOTIFY_WAIT_US));
	expect(NOTIFY_PLANNED, START + NOTIFY_WAIT_US);
	notify_slot_sent(&slot, START + NOTIFY_WAIT_US);
	cr_expect_eq(slot.sent, 6);
	cr_expect_eq(slot.tries, 2);
}

Test(notify_slot, a_refusal_ends_the_tries)
{
	notify_slot_want(&slot, 5, START, 0);
	notify_slot_sent(&slot, START);
	notify_slot_refused(&slot, START + 1);
	expect(NOTIFY_IDLE, NOTIFY_NEVER);
	cr_expect_eq(slot.failures, 1);
	notify_slot_want(&slot, 6, START + 2, 0);
	expect(NOTIFY_PLANNED, START + NOTIFY_FAILED_GAP_US);
}

Test(notify_slot, who_insists_waits_for_nothing)
{
	tell(5, START);
	notify_slot_insist(&slot, 5, START + 1);
	expect(NOTIFY_PLANNED, START + 1);
	notify_slot_sent(&slot, START + 1);
	notify_slot_refused(&slot, START + 2);
	notify_slot_insist(&slot, 5, START + 3);
	expect(NOTIFY_PLANNED, START + 3);
}

Test(notify_slot, what_is_held_is_told_later)
{
	notify_slot_want(&slot, 5, START, 0);
	notify_slot_hold(&slot, START + 50);
	expect(NOTIFY_PLANNED, START + 50);
	notify_slot_want(&slot, 6, START + 10, 0);
	expect(NOTIFY_PLANNED, START + 50);
}

/* Whatever happens in whatever order: never two within a second unless somebody insists, never more
 * tries than there are, and once all is quiet an answering target knows the last serial. */
Test(notify_slot, random_histories_end_with_the_last_serial_known)
{
	srand(20260105);
	for (unsigned round = 0; round < 2000; round++) {
		uint64_t now = START, sent_at = 0;
		uint32_t serial = 1;
		begin();
		for (unsigned step = 0; step < 60; step++) {
			now += (uint64_t)(rand() % 3000) * 1000;
			if (rand() % 2)
				notify_slot_want(&slot, ++serial, now, 0);
			if (slot.state == NOTIFY_PLANNED && slot.at <= now) {
				cr_assert(!slot.has_sent || now - sent_at >= NOTIFY_GAP_US);
				notify_slot_sent(&slot, now);
				sent_at = now;
				cr_assert_leq(slot.tries, NOTIFY_TRIES);
			} else if (slot.state == NOTIFY_ASKED && rand() % 3 == 0) {
				notify_slot_acknowledged(&slot, now);
			} else if (slot.state == NOTIFY_ASKED && rand() % 9 == 0) {
				notify_slot_refused(&slot, now);
			} else if (slot.state == NOTIFY_ASKED && slot.at <= now) {
				(void)notify_slot_late(&slot, now);
			}
		}
		notify_slot_want(&slot, ++serial, now, 0);
		for (unsigned step = 0; step < 4 && slot.at != NOTIFY_NEVER; step++) {
			if (slot.state == NOTIFY_PLANNED)
				notify_slot_sent(&slot, now = slot.at > now ? slot.at : now);
			notify_slot_acknowledged(&slot, now);
		}
		cr_assert_eq(slot.acknowledged, serial, "round %u", round);
		expect(NOTIFY_IDLE, NOTIFY_NEVER);
	}
}
