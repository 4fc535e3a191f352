/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/clock.h"
#include "server/idle_connections.h"
#include <criterion/criterion.h>
#include <unistd.h>

enum { OWNERS = 3, PLACES = 9 };

static struct idle_connections *all;
static struct idle_owner owners[OWNERS];
static struct idle_place places[PLACES];
static unsigned woken[OWNERS];

static void wake(struct idle_owner *owner)
{
	woken[owner - owners]++;
}

/* Three threads, whose connections came in turn; every second is of another address. */
static void begin(void)
{
	all = idle_connections_new();
	for (unsigned i = 0; i < OWNERS; i++)
		owners[i] = (struct idle_owner){.wake = wake};
	for (unsigned i = 0; i < PLACES; i++) {
		places[i] = (struct idle_place){.owner = &owners[i % OWNERS]};
		cr_assert_null(
			addr_parse(i % 2 ? "2001:db8::1" : "192.0.2.1", 53, &places[i].source));
		idle_connections_enter(all, &places[i]);
		usleep(10); /* the clock must tell them apart */
	}
}

static void end(void)
{
	for (unsigned i = 0; i < PLACES; i++)
		idle_connections_leave(all, &places[i]);
	idle_connections_free(all);
}

TestSuite(idle_connections, .init = begin, .fini = end);

/* Which was given up; its owner was woken, and is told of it. */
static int give_up(const struct addr *source)
{
	struct addr of;
	if (!idle_connections_give_up(all, source, &of))
		return -1;
	for (unsigned i = 0; i < OWNERS; i++) {
		if (!owners[i].given_up)
			continue;
		struct idle_place *place = idle_connections_given_up(all, &owners[i]);
		cr_expect_eq(woken[i], 1);
		woken[i] = 0;
		cr_expect(idle_connections_leave(all, place), "it counts no more");
		cr_expect_null(idle_connections_given_up(all, &owners[i]));
		int found = (int)(place - places);
		idle_connections_enter(all, place); /* for end() */
		place->is_given_up = false;
		place->is_busy = true;
		return found;
	}
	return -2;
}

Test(idle_connections, the_longest_idle_goes_whichever_thread_has_it)
{
	for (int i = 0; i < PLACES; i++)
		cr_expect_eq(give_up(NULL), i);
	cr_expect_eq(give_up(NULL), -1, "the rest is busy");
}

Test(idle_connections, what_was_active_a_moment_ago_is_newer_though_it_stands_where_it_stood)
{
	idle_connections_touch(all, &places[0], clock_monotonic_us());
	usleep(10);
	idle_connections_touch(all, &places[1], clock_monotonic_us());
	places[2].is_busy = true;
	cr_expect_eq(give_up(NULL), 3);
	for (int i = 4; i < PLACES; i++)
		cr_expect_eq(give_up(NULL), i);
	cr_expect_eq(give_up(NULL), 0);
	cr_expect_eq(give_up(NULL), 1);
}

Test(idle_connections, an_address_gives_up_its_own)
{
	struct addr v6, stranger;
	cr_assert_null(addr_parse("2001:db8::ffff", 53, &v6));
	cr_assert_null(addr_parse("192.0.2.2", 53, &stranger));
	cr_expect_eq(give_up(&v6), 1, "of the same /64");
	cr_expect_eq(give_up(&v6), 3);
	cr_expect_eq(give_up(&stranger), -1);
	cr_expect_eq(give_up(NULL), 0);
}

Test(idle_connections, what_leaves_before_its_owner_looks_is_in_no_list)
{
	struct addr of;
	cr_assert(idle_connections_give_up(all, NULL, &of));
	cr_assert(idle_connections_give_up(all, NULL, &of));
	cr_expect(idle_connections_leave(all, &places[0]));
	cr_expect_null(idle_connections_given_up(all, &owners[0]));
	cr_expect_eq(idle_connections_given_up(all, &owners[1]), &places[1]);
	cr_expect(idle_connections_leave(all, &places[1]));
	for (unsigned i = 0; i < 2; i++) {
		places[i].is_given_up = false;
		idle_connections_enter(all, &places[i]);
	}
}
