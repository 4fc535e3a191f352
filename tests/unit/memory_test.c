/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/memory.h"
#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

enum { SIZE = 1 << 20 };

static void begin(void)
{
	cr_assert(memory_reserve(SIZE));
}

TestSuite(memory, .init = begin);

Test(memory, pieces_are_apart_and_come_back)
{
	enum { PIECES = 64 };
	uint8_t *p[PIECES];
	for (unsigned round = 0; round < 100; round++) {
		for (unsigned i = 0; i < PIECES; i++) {
			size_t n = (i * 7919 + round * 104729) % 9000;
			p[i] = memory_spare(n);
			cr_assert(p[i], "%zu", n);
			cr_assert_eq((uintptr_t)p[i] % _Alignof(max_align_t), 0);
			cr_assert(memory_is_spare(p[i]) && memory_spare_size(p[i]) >= n);
			memset(p[i], (int)i, memory_spare_size(p[i]));
		}
		for (unsigned i = 0; i < PIECES; i++) {
			unsigned at = (i * 31 + round) % PIECES;
			cr_assert_eq(p[at][0], at);
			cr_assert_eq(p[at][memory_spare_size(p[at]) - 1], at);
			memory_spare_free(p[at]);
		}
	}
	cr_expect_eq(memory_state().in_use, 0);
	cr_expect_eq(memory_state().refused, 6400);
	void *all = memory_spare(SIZE - 64);
	cr_expect(all, "what came back is one piece again");
}

Test(memory, it_is_short_when_a_quarter_is_in_use_and_ends)
{
	cr_expect_not(memory_is_short());
	void *half = memory_spare(SIZE / 2);
	cr_expect(memory_is_short());
	cr_expect_null(memory_spare(SIZE));
	cr_expect_null(memory_spare(SIZE_MAX));
	cr_expect_null(memory_spare(SIZE / 2));
	memory_spare_free(half);
	cr_expect_not(memory_is_short());
	int other;
	cr_expect_not(memory_is_spare(&other));
	cr_expect_not(memory_is_spare(NULL));
}
