/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "server/reader_queue.h"
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

Test(queue, what_waits_is_bounded_in_bytes_and_given_back)
{
	static struct core core;
	struct reader_queue queue;
	struct pending large = {.kind = &kind, .bytes = READER_QUEUE_BYTES_MAX / 2};
	struct pending small = {.kind = &kind, .bytes = 1};
	reader_queue_open(&queue, &core, ignore, NULL);
	struct parked_request *first = reader_queue_take(&queue, &large),
			      *second = reader_queue_take(&queue, &large);
	cr_assert(first && second);
	cr_expect_null(reader_queue_take(&queue, &small));
	cr_expect_eq(freed, 0, "a request without a place stays the caller's");
	reader_queue_done(second);
	struct parked_request *third = reader_queue_take(&queue, &small);
	cr_assert_not_null(third);
	cr_expect_not(reader_queue_post(third));
	reader_queue_done(first);
	cr_expect_eq(freed, 3);
	cr_expect_eq(queue.parked_bytes, 0);
	reader_queue_close(&queue);
}

Test(queue, what_waits_is_bounded_in_number)
{
	static struct core core;
	static struct parked_request *taken[READER_QUEUE_WAITING_MAX];
	struct reader_queue queue;
	struct pending small = {.kind = &kind, .bytes = 1};
	reader_queue_open(&queue, &core, ignore, NULL);
	for (size_t i = 0; i < READER_QUEUE_WAITING_MAX; i++)
		cr_assert_not_null(taken[i] = reader_queue_take(&queue, &small));
	cr_expect_null(reader_queue_take(&queue, &small));
	for (size_t i = 0; i < READER_QUEUE_WAITING_MAX; i++)
		reader_queue_done(taken[i]);
	reader_queue_close(&queue);
}
