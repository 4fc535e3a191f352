/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/queue.h"
#include <criterion/criterion.h>

struct item {
	struct queue_link link; /* first: an item is its link */
	unsigned from, number;
};

static void count_wake(void *context)
{
	++*(unsigned *)context;
}

Test(queue, gives_items_in_order_and_refuses_beyond_its_limit)
{
	struct queue q;
	unsigned wakes = 0;
	struct item items[4] = {{.number = 0}};
	queue_init(&q, 3, count_wake, &wakes);
	cr_assert_null(queue_take(&q, 10));
	for (unsigned i = 0; i < 3; i++)
		cr_assert(queue_put(&q, &items[i].link));
	cr_assert_not(queue_put(&q, &items[3].link));
	cr_assert_eq(wakes, 3);

	struct queue_link *list = queue_take(&q, 2);
	cr_assert_eq(list, &items[0].link);
	cr_assert_eq(list->next, &items[1].link);
	cr_assert_null(list->next->next);
	cr_assert_eq(queue_count(&q), 1);
	cr_assert(queue_put(&q, &items[3].link));
	list = queue_take(&q, 10);
	cr_assert_eq(list, &items[2].link);
	cr_assert_eq(list->next, &items[3].link);
	cr_assert_eq(queue_count(&q), 0);
	cr_assert(queue_put(&q, &items[0].link));
	cr_assert_eq(queue_take(&q, 1), &items[0].link);
	queue_free(&q);
}

Test(queue, closed_takes_nothing_and_wakes)
{
	struct queue q;
	struct item item = {.number = 1};
	queue_init(&q, 3, NULL, NULL);
	cr_assert_not(queue_wait(&q, 1000));
	cr_assert(queue_put(&q, &item.link));
	queue_close(&q);
	cr_assert_not(queue_put(&q, &item.link));
	cr_assert(queue_wait(&q, UINT64_MAX));
	cr_assert_eq(queue_take(&q, 1), &item.link);
	cr_assert_not(queue_wait(&q, UINT64_MAX));
	queue_free(&q);
}

#define PUTTERS 3
#define EACH    500

static struct queue shared;
static struct item pool[PUTTERS][EACH];

static void *put_all(void *arg)
{
	unsigned from = (unsigned)(uintptr_t)arg;
	for (unsigned i = 0; i < EACH; i++) {
		pool[from][i] = (struct item){.from = from, .number = i};
		cr_assert(queue_put(&shared, &pool[from][i].link));
	}
	return NULL;
}

Test(queue, loses_nothing_between_threads_and_keeps_each_ones_order)
{
	pthread_t threads[PUTTERS];
	unsigned next[PUTTERS] = {0}, total = 0;
	queue_init(&shared, PUTTERS * EACH, NULL, NULL);
	for (uintptr_t i = 0; i < PUTTERS; i++)
		pthread_create(&threads[i], NULL, put_all, (void *)i);
	while (total < PUTTERS * EACH) {
		cr_assert(queue_wait(&shared, 5000000));
		for (struct queue_link *l = queue_take(&shared, 7); l; l = l->next, total++) {
			struct item *item = (struct item *)l;
			cr_assert_eq(item->number, next[item->from]++);
		}
	}
	for (unsigned i = 0; i < PUTTERS; i++)
		pthread_join(threads[i], NULL);
	queue_free(&shared);
}
