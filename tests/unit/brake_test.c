/* SPDX-License-Identifier: BSD-2-Clause */
#include "scavenger/brake.h"
#include <criterion/criterion.h>

Test(brake, holds_what_is_above_the_share_of_names_or_the_count_of_records)
{
	static const struct {
		uint32_t share, count;
		uint64_t records, names, all;
		bool holds;
	} rows[] = {
		{20, 0, 20, 20, 100, false},
		{20, 0, 21, 21, 100, true},
		{20, 0, 40, 20, 100, false}, /* two records a name */
		{20, 0, 42, 21, 100, true},
		{20, 0, 10, 10, 10, false}, /* few */
		{20, 0, 20, 10, 10, false},
		{20, 0, 11, 11, 11, true},
		{20, 0, 11, 11, 55, false},
		{20, 0, 11, 11, 54, true},
		{0, 0, 1000, 1000, 1000, false},
		{100, 0, 1000, 1000, 1000, false},
		{0, 5, 5, 5, 1000, false},
		{0, 5, 6, 3, 1000, true},
		{20, 5, 6, 6, 1000, true},
		{20, 0, 0, 0, 0, false},
		{1, 0, 10000, 10000, 1000000, false},
		{1, 0, 10001, 10001, 1000000, true},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct zone zone = {.max_share = rows[i].share, .max_count = rows[i].count};
		struct plan_count goes = {.records = rows[i].records, .names = rows[i].names};
		char note[RUN_NOTE_MAX] = "";
		bool holds = brake_holds(&zone, &goes, rows[i].all, note);
		cr_expect_eq(holds, rows[i].holds, "row %zu", i);
		cr_expect_eq(note[0] != '\0', rows[i].holds, "row %zu: %s", i, note);
		/* What was counted up to the reach decides the same. */
		uint64_t reach = brake_reach(&zone, goes.names);
		uint64_t counted = rows[i].all < reach ? rows[i].all : reach;
		cr_expect_eq(brake_holds(&zone, &goes, counted, note), holds, "row %zu", i);
	}
}

Test(brake, says_what_it_would_have_let_through)
{
	struct zone zone = {.max_share = 20, .max_count = 500};
	struct plan_count goes = {.records = 480, .names = 300};
	char note[RUN_NOTE_MAX];
	cr_assert(brake_holds(&zone, &goes, 1000, note));
	cr_expect_str_eq(note, "would remove records of 300 of 1000 names (30%), max-share is 20%");
	goes.records = 501;
	cr_assert(brake_holds(&zone, &goes, 1000000, note));
	cr_expect_str_eq(note, "would remove 501 records, max-count is 500");
}

Test(brake, counts_no_more_names_than_it_needs)
{
	struct zone zone = {.max_share = 20};
	cr_expect_eq(brake_reach(&zone, 10), 0);
	cr_expect_eq(brake_reach(&zone, 11), 56);
	zone.max_share = 0;
	cr_expect_eq(brake_reach(&zone, 1000), 0);
}
