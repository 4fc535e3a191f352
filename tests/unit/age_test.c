/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "scavenger/age.h"
#include <criterion/criterion.h>

Test(age, is_stale_from_the_second_after_both_windows)
{
	static const struct {
		enum record_class class;
		uint64_t stamp, now;
		struct age_windows windows;
		bool is_stale;
	} rows[] = {
		{RECORD_DYNAMIC, 1000, 1000, {10, 20}, false},
		{RECORD_DYNAMIC, 1000, 1029, {10, 20}, false},
		{RECORD_DYNAMIC, 1000, 1030, {10, 20}, false},
		{RECORD_DYNAMIC, 1000, 1031, {10, 20}, true},
		{RECORD_DYNAMIC, 1000, 999, {10, 20}, false},
		{RECORD_DYNAMIC, 1000, 1000, {0, 0}, false},
		{RECORD_DYNAMIC, 1000, 1001, {0, 0}, true},
		{RECORD_DYNAMIC, 0, 8589934590, {UINT32_MAX, UINT32_MAX}, false},
		{RECORD_DYNAMIC, 0, 8589934591, {UINT32_MAX, UINT32_MAX}, true},
		{RECORD_STATIC, 1000, 99999, {10, 20}, false},
		{RECORD_STATIC, 0, 99999, {0, 0}, false},
		{RECORD_PINNED, 1000, 99999, {10, 20}, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		cr_expect_eq(
			age_is_stale(rows[i].class, rows[i].stamp, rows[i].now, &rows[i].windows),
			rows[i].is_stale, "row %zu", i);
}

Test(age, tells_the_first_second_of_each_window)
{
	struct age_windows windows = {.no_refresh = 10, .refresh = 20};
	cr_expect_eq(age_refreshable_at(1000, &windows), 1011);
	cr_expect_eq(age_stale_at(1000, &windows), 1031);
	cr_expect_eq(age_of(1000, 1010), 10);
	cr_expect_eq(age_of(1000, 999), 0);
	cr_expect(age_is_stale(RECORD_DYNAMIC, 1000, age_stale_at(1000, &windows), &windows));
	cr_expect_not(
		age_is_stale(RECORD_DYNAMIC, 1000, age_stale_at(1000, &windows) - 1, &windows));
}
