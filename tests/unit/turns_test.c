/* SPDX-License-Identifier: BSD-2-Clause */
#include "store/turns.h"
#include "base/container.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#define FLOOD 20000

struct waiter {
	struct queue_link link;
	struct turns_key turn;
};

static struct turns *turns;

static void begin(void)
{
	turns = turns_new();
}

static void end(void)
{
	struct queue_link *link;
	while ((link = turns_take(turns)) != NULL)
		free(container_of(link, struct waiter, link));
	turns_free(turns);
}

TestSuite(turns, .init = begin, .fini = end);

static enum turns_outcome put(enum turns_class class, uint64_t key)
{
	struct waiter *waiter = calloc(1, sizeof *waiter);
	waiter->turn = (struct turns_key){class, key};
	enum turns_outcome outcome = turns_put(turns, &waiter->turn, &waiter->link);
	if (outcome != TURNS_PUT)
		free(waiter);
	return outcome;
}

static void put_many(enum turns_class class, uint64_t key, unsigned count)
{
	while (count-- > 0)
		cr_assert_eq(put(class, key), TURNS_PUT);
}

/* Takes the next job, which runs for so long. */
static struct turns_key serve(uint64_t us)
{
	struct queue_link *link = turns_take(turns);
	cr_assert(link);
	struct waiter *waiter = container_of(link, struct waiter, link);
	struct turns_key turn = waiter->turn;
	free(waiter);
	turns_charge(turns, us);
	return turn;
}

Test(turns, the_jobs_of_one_client_keep_their_order)
{
	struct waiter waiters[50];
	struct turns_key turn = {TURNS_PROVED, 7};
	for (unsigned i = 0; i < 50; i++)
		cr_assert_eq(turns_put(turns, &turn, &waiters[i].link), TURNS_PUT);
	for (unsigned i = 0; i < 50; i++) {
		cr_expect_eq(turns_take(turns), &waiters[i].link);
		turns_charge(turns, i * 1000);
	}
}

Test(turns, one_job_does_not_wait_for_all_of_another_client)
{
	put_many(TURNS_PROVED, 1, 60);
	put_many(TURNS_PROVED, 2, 1);
	cr_expect_eq(serve(20).key, 1);
	cr_expect_eq(serve(20).key, 2);
}

Test(turns, a_heavy_job_costs_its_sender_turns)
{
	put_many(TURNS_PROVED, 1, 2);
	put_many(TURNS_PROVED, 2, 60);
	cr_expect_eq(serve(20000).key, 1);
	for (unsigned i = 0; i < 60; i++)
		cr_expect_eq(serve(300).key, 2, "job %u: 18 ms of the 20 that the other had", i);
	cr_expect_eq(serve(20000).key, 1, "nobody else waits: it need not wait out its debt");
}

Test(turns, a_debt_outlasts_the_last_job_of_its_client)
{
	put_many(TURNS_PROVED, 1, 1);
	serve(20000);
	put_many(TURNS_PROVED, 2, 30);
	put_many(TURNS_PROVED, 1, 1);
	for (unsigned i = 0; i < 30; i++)
		cr_expect_eq(serve(300).key, 2);
	cr_expect_eq(serve(300).key, 1);
}

/* Whoever sends the next job when the last was served has no more than who sends all at once. */
Test(turns, time_is_shared_equally_however_jobs_come)
{
	uint64_t used[3] = {0};
	put_many(TURNS_PROVED, 1, 1);
	put_many(TURNS_PROVED, 2, 60);
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t key = serve(60).key;
		used[key] += 60;
		put_many(TURNS_PROVED, key, 1);
	}
	cr_expect_leq(llabs((long long)used[1] - (long long)used[2]), 2 * TURNS_QUANTUM_US);
}

Test(turns, jobs_of_different_cost_share_time_not_count)
{
	uint64_t used[3] = {0};
	put_many(TURNS_PROVED, 1, 10);
	put_many(TURNS_PROVED, 2, 10);
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t cost = 0, key;
		struct queue_link *link = turns_take(turns);
		struct waiter *waiter = container_of(link, struct waiter, link);
		key = waiter->turn.key;
		free(waiter);
		cost = key == 1 ? 7000 : 60;
		turns_charge(turns, cost);
		used[key] += cost;
		put_many(TURNS_PROVED, key, 1);
	}
	cr_expect_leq(llabs((long long)used[1] - (long long)used[2]), 7000 + TURNS_QUANTUM_US);
}

Test(turns, so_many_jobs_of_a_client_may_wait)
{
	put_many(TURNS_PROVED, 1, TURNS_WAITING_MAX);
	cr_expect_eq(put(TURNS_PROVED, 1), TURNS_CLIENT_FULL);
	cr_expect_eq(put(TURNS_PROVED, 2), TURNS_PUT);
	cr_expect_eq(put(TURNS_FORGEABLE, 1), TURNS_PUT, "a key of another class is another");
	cr_expect_eq(turns_refused(turns, TURNS_CLIENT_FULL), 1);
	serve(10);
	serve(10);
	cr_expect_eq(put(TURNS_PROVED, 1), TURNS_PUT);
	put_many(TURNS_ADMIN, 1, 2 * TURNS_WAITING_MAX);
	put_many(TURNS_OWN, 0, 2 * TURNS_WAITING_MAX);
}

/* How long others are served before a client that used so much has its turn. */
static uint64_t wait_after_us(uint64_t us)
{
	uint64_t waited = 0;
	put_many(TURNS_PROVED, 1, 1);
	put_many(TURNS_PROVED, 2, 1);
	cr_assert_eq(serve(us).key, 1);
	put_many(TURNS_PROVED, 1, 1);
	for (; serve(TURNS_QUANTUM_US).key == 2; waited += TURNS_QUANTUM_US)
		put_many(TURNS_PROVED, 2, 1);
	return waited;
}

/* The wheel's rounds are fewer than the debt, and nothing of it is forgiven for that. */
Test(turns, a_debt_beyond_the_wheel_is_waited_out)
{
	uint64_t us = 3 * TURNS_ROUNDS * TURNS_QUANTUM_US + 7 * TURNS_QUANTUM_US;
	uint64_t waited = wait_after_us(us);
	cr_expect_geq(waited, us - 2 * TURNS_QUANTUM_US, "%llu of %llu", (unsigned long long)waited,
		      (unsigned long long)us);
	cr_expect_leq(waited, us + 2 * TURNS_QUANTUM_US);
}

Test(turns, a_long_debt_ends)
{
	uint64_t waited = wait_after_us(60 * UINT64_C(1000000));
	cr_expect_geq(waited, TURNS_DEBT_MAX_US - 2 * TURNS_QUANTUM_US);
	cr_expect_leq(waited, TURNS_DEBT_MAX_US + 2 * TURNS_QUANTUM_US);
}

Test(turns, a_debtor_alone_is_served_at_once)
{
	put_many(TURNS_PROVED, 1, 3);
	serve(TURNS_DEBT_MAX_US);
	cr_expect_eq(serve(TURNS_DEBT_MAX_US).key, 1);
	cr_expect_eq(serve(10).key, 1);
}

/* A commit is charged when its jobs are long gone: to who waits, owes, is served, or is unknown. */
Test(turns, what_is_charged_later_counts_wherever_the_client_is)
{
	enum { WAITS = 1, OWES, IS_SERVED, IS_UNKNOWN, OTHER };
	put_many(TURNS_PROVED, WAITS, 1);
	put_many(TURNS_PROVED, OWES, 1);
	serve(100);
	serve(100);
	put_many(TURNS_PROVED, WAITS, 1);
	put_many(TURNS_PROVED, IS_SERVED, 1);
	while (true) {
		struct waiter *waiter = container_of(turns_take(turns), struct waiter, link);
		uint64_t key = waiter->turn.key;
		free(waiter);
		if (key == IS_SERVED)
			break;
		put_many(TURNS_PROVED, WAITS, 1);
	}
	for (uint64_t key = WAITS; key <= IS_UNKNOWN; key++)
		turns_charge_more(turns, &(struct turns_key){TURNS_PROVED, key}, 20000);
	turns_charge(turns, 100);
	for (uint64_t key = OWES; key <= IS_UNKNOWN; key++)
		put_many(TURNS_PROVED, key, 1);
	put_many(TURNS_PROVED, OTHER, 60);
	for (unsigned i = 0; i < 60; i++)
		cr_expect_eq(serve(300).key, OTHER, "job %u", i);
	for (unsigned i = 0; i < 4; i++)
		cr_expect_neq(serve(10).key, OTHER);
}

Test(turns, jobs_of_clients_are_dropped_and_others_stay)
{
	unsigned count = 0;
	put_many(TURNS_OWN, 0, 2);
	put_many(TURNS_ADMIN, 1, 3);
	put_many(TURNS_PROVED, 1, 20);
	put_many(TURNS_PROVED, 2, 1);
	serve(TURNS_DEBT_MAX_US);
	put_many(TURNS_FORGEABLE, 9, 5);
	size_t waiting = turns_waiting(turns);
	struct queue_link *next, *link = turns_drop_clients(turns);
	for (; link; link = next, count++) {
		next = link->next;
		struct waiter *waiter = container_of(link, struct waiter, link);
		cr_expect_geq(waiter->turn.class, TURNS_PROVED);
		free(waiter);
	}
	cr_expect_eq(turns_waiting(turns), waiting - count);
	cr_expect_geq(count, 25);
	while ((link = turns_take(turns)) != NULL) {
		struct waiter *waiter = container_of(link, struct waiter, link);
		cr_expect_leq(waiter->turn.class, TURNS_ADMIN);
		free(waiter);
	}
	put_many(TURNS_PROVED, 1, 1);
	cr_expect_eq(serve(10).key, 1, "it goes on");
}

Test(turns, forged_addresses_hold_up_nobody_whose_key_is_proved)
{
	unsigned put_count = 0;
	put_many(TURNS_PROVED, 1, 1);
	serve(2000);
	for (uint64_t key = 0; key < FLOOD; key++)
		put_count += put(TURNS_FORGEABLE, key) == TURNS_PUT;
	cr_expect_lt(put_count, FLOOD);
	cr_expect_eq(turns_refused(turns, TURNS_CLASS_FULL), FLOOD - put_count);
	put_many(TURNS_PROVED, 2, 40);
	put_many(TURNS_PROVED, 1, 1);
	unsigned proved = 0;
	for (unsigned i = 0; i < 80; i++) {
		struct turns_key turn = serve(300);
		proved += turn.class == TURNS_PROVED;
		cr_expect_not(turn.class == TURNS_PROVED && turn.key == 1 && proved <= 6,
			      "the flood has not wiped out what 1 owes");
	}
	cr_expect_geq(proved, 36, "half of the time, but for what 1 had before");
}

Test(turns, memory_is_bounded_by_what_waits)
{
	for (uint64_t key = 0; key < FLOOD; key++) {
		put_many(TURNS_FORGEABLE, key, 1);
		put_many(TURNS_PROVED, key, 1);
		serve(700);
		serve(700);
	}
	cr_expect_leq(turns_clients(turns), 2 * (TURNS_DEBTORS_MAX + 1));
}

Test(turns, classes_take_turns)
{
	uint64_t used[TURNS_CLASSES] = {0};
	for (unsigned class = 0; class < TURNS_CLASSES; class ++)
		put_many(class, 1, 1);
	for (unsigned i = 0; i < 10000; i++) {
		struct queue_link *link = turns_take(turns);
		struct waiter *waiter = container_of(link, struct waiter, link);
		enum turns_class class = waiter->turn.class;
		free(waiter);
		uint64_t cost = class == TURNS_ADMIN ? 8000 : 60;
		turns_charge(turns, cost);
		used[class] += cost;
		put_many(class, 1, 1);
	}
	for (unsigned class = 1; class < TURNS_CLASSES; class ++)
		cr_expect_leq(llabs((long long)used[class] - (long long)used[0]), 8100);
}

Test(turns, an_idle_class_saves_nothing)
{
	for (unsigned i = 0; i < 100; i++) {
		put_many(TURNS_PROVED, 1, 1);
		serve(8000);
	}
	put_many(TURNS_ADMIN, 1, 60);
	put_many(TURNS_PROVED, 1, 60);
	unsigned admin = 0;
	for (unsigned i = 0; i < 20; i++)
		admin += serve(500).class == TURNS_ADMIN;
	cr_expect_leq(admin, 19);
	cr_expect_geq(admin, 10);
}

Test(turns, closed_takes_no_more_and_gives_what_waits)
{
	put_many(TURNS_PROVED, 1, 1);
	turns_close(turns);
	cr_expect_eq(put(TURNS_PROVED, 2), TURNS_CLOSED);
	cr_expect_eq(serve(0).key, 1);
	cr_expect_eq(turns_take(turns), NULL);
}
