/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/desk.h"
#include <criterion/criterion.h>

static unsigned freed;

static void free_it(struct pending *pending)
{
	(void)pending;
	freed++;
}

static bool refuse_it(struct pending *pending)
{
	(void)pending;
	return false;
}

static void ignore(struct ev_loop *loop, ev_async *watcher, int events)
{
	(void)loop;
	(void)watcher;
	(void)events;
}

static const struct pending_kind kind = {.post = refuse_it, .free = free_it};

Test(desk, what_waits_is_bounded_in_bytes_and_given_back)
{
	static struct core core;
	struct desk desk;
	struct pending large = {.kind = &kind, .bytes = DESK_BYTES_MAX / 2};
	struct pending small = {.kind = &kind, .bytes = 1};
	desk_open(&desk, &core, ignore, NULL);
	struct waiting *first = desk_take(&desk, &large), *second = desk_take(&desk, &large);
	cr_assert(first && second);
	cr_expect_null(desk_take(&desk, &small));
	cr_expect_eq(freed, 0, "a request without a place stays the caller's");
	desk_done(second);
	struct waiting *third = desk_take(&desk, &small);
	cr_assert_not_null(third);
	cr_expect_not(desk_post(third));
	desk_done(first);
	cr_expect_eq(freed, 3);
	cr_expect_eq(desk.waiting_bytes, 0);
	desk_close(&desk);
}

Test(desk, what_waits_is_bounded_in_number)
{
	static struct core core;
	static struct waiting *taken[DESK_WAITING_MAX];
	struct desk desk;
	struct pending small = {.kind = &kind, .bytes = 1};
	desk_open(&desk, &core, ignore, NULL);
	for (size_t i = 0; i < DESK_WAITING_MAX; i++)
		cr_assert_not_null(taken[i] = desk_take(&desk, &small));
	cr_expect_null(desk_take(&desk, &small));
	for (size_t i = 0; i < DESK_WAITING_MAX; i++)
		desk_done(taken[i]);
	desk_close(&desk);
}
