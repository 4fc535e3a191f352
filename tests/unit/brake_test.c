/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/brake.h"
#include <criterion/criterion.h>

Test(brake, holds_what_is_above_the_share_or_the_count)
{
	static const struct {
		uint32_t share, count;
		uint64_t stale, dynamic;
		bool holds;
	} rows[] = {
		{20, 0, 20, 100, false},       {20, 0, 21, 100, true},
		{20, 0, 10, 10, false},        /* few */ {20, 0, 11, 11, true},
		{20, 0, 11, 55, false},        {20, 0, 11, 54, true},
		{0, 0, 1000, 1000, false},     {100, 0, 1000, 1000, false},
		{0, 5, 5, 1000, false},        {0, 5, 6, 1000, true},
		{20, 5, 6, 1000, true},        {20, 0, 0, 0, false},
		{1, 0, 10000, 1000000, false}, {1, 0, 10001, 1000000, true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone zone = {.max_share = rows[i].share, .max_count = rows[i].count};
		char note[RUN_NOTE_MAX] = "";
		bool holds = brake_holds(&zone, rows[i].stale, rows[i].dynamic, note);
		cr_expect_eq(holds, rows[i].holds, "row %zu", i);
		cr_expect_eq(note[0] != '\0', rows[i].holds, "row %zu: %s", i, note);
	}
}

Test(brake, says_what_it_would_have_let_through)
{
	struct zone zone = {.max_share = 20, .max_count = 500};
	char note[RUN_NOTE_MAX];
	cr_assert(brake_holds(&zone, 300, 1000, note));
	cr_expect_str_eq(note, "would remove 300 of 1000 dynamic records (30%), max-share is 20%");
	cr_assert(brake_holds(&zone, 501, 1000000, note));
	cr_expect_str_eq(note, "would remove 501 records, max-count is 500");
}
