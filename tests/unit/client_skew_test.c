/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "nameserver/client_skew.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct client_skews *skews;
static struct arena arena;
static struct client_skew *list;
static size_t count;

static void begin(void)
{
	skews = client_skews_new();
}

static void end(void)
{
	client_skews_free(skews);
	arena_free(&arena);
}

TestSuite(client_skew, .init = begin, .fini = end);

static void take(uint64_t now)
{
	list = client_skews_list(skews, now, &arena, &count);
}

Test(client_skew, the_last_request_counts_and_the_worst_come_first)
{
	client_skews_note(skews, "key:a", 20, false, 1000);
	client_skews_note(skews, "key:b", -200, false, 1000);
	client_skews_note(skews, "key:c", -400, true, 1001);
	client_skews_note(skews, "key:c", -401, true, 1002);
	client_skews_note(skews, "key:a", 7, false, 1003);
	take(1003);
	cr_assert_eq(count, 3);
	cr_expect_str_eq(list[0].principal, "key:c");
	cr_expect_eq(list[0].ahead, -401);
	cr_expect_eq(list[0].refused, 2);
	cr_expect_eq(list[0].at, 1002);
	cr_expect_str_eq(list[1].principal, "key:b");
	cr_expect_eq(list[2].ahead, 7);
}

Test(client_skew, a_clock_that_is_right_is_not_kept_and_one_that_was_mended_forgotten)
{
	cr_expect_not(client_skews_matter(skews, CLIENT_SKEW_LEAST - 1));
	cr_expect(client_skews_matter(skews, CLIENT_SKEW_LEAST));
	cr_expect(client_skews_matter(skews, -CLIENT_SKEW_LEAST));
	client_skews_note(skews, "key:a", 1, false, 1000);
	take(1000);
	cr_expect_eq(count, 0);
	client_skews_note(skews, "key:a", 100, false, 1000);
	client_skews_note(skews, "key:b", -100, false, 1000);
	cr_expect(client_skews_matter(skews, 0), "it may be mended");
	client_skews_note(skews, "key:a", 0, false, 1001);
	take(1001);
	cr_assert_eq(count, 1);
	cr_expect_str_eq(list[0].principal, "key:b");
	client_skews_note(skews, "key:b", 0, false, 1002);
	cr_expect_not(client_skews_matter(skews, 0));
}

Test(client_skew, who_does_not_come_for_a_day_is_left_out)
{
	client_skews_note(skews, "key:a", 100, false, 1000);
	take(1000 + CLIENT_SKEW_AGE);
	cr_expect_eq(count, 1);
	take(1001 + CLIENT_SKEW_AGE);
	cr_expect_eq(count, 0);
}

Test(client_skew, there_is_room_for_the_worst)
{
	char text[32];
	for (int i = 0; i < CLIENT_SKEW_MAX; i++) {
		snprintf(text, sizeof text, "key:k%d", i);
		client_skews_note(skews, text, 100 + i, false, 1000);
	}
	client_skews_note(skews, "key:small", 99, false, 1000);
	client_skews_note(skews, "key:large", -5000, false, 1000);
	take(1000);
	cr_assert_eq(count, CLIENT_SKEW_MAX);
	cr_expect_str_eq(list[0].principal, "key:large");
	cr_expect_eq(list[CLIENT_SKEW_MAX - 1].ahead, 101, "that of 100 went for it");
	/* One that is old goes first. */
	client_skews_note(skews, "key:new", 6, false, 1001 + CLIENT_SKEW_AGE);
	take(1001 + CLIENT_SKEW_AGE);
	cr_assert_eq(count, 1);
	cr_expect_str_eq(list[0].principal, "key:new");
}
