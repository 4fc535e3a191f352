/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/serial.h"
#include "vault/restore.h"
#include <criterion/criterion.h>

#define LAST_S 1800000000ull
#define YEAR_S 31536000ull

static uint32_t step_after(uint64_t seconds)
{
	struct restore_options options = {.now = LAST_S + seconds};
	return restore_serial_step(&options, LAST_S * 1000000);
}

Test(restore_serials, the_step_grows_with_the_time_since_the_backup_up_to_a_bound)
{
	cr_expect_eq(step_after(0), 1u << 20);
	cr_expect_eq(step_after(1), (1u << 20) + 16);
	cr_expect_eq(step_after(86400), (1u << 20) + 86400 * 16);
	cr_expect_lt(step_after(2 * YEAR_S), 1u << 30);
	cr_expect_eq(step_after(3 * YEAR_S), 1u << 30);
	cr_expect_eq(step_after(UINT64_MAX - LAST_S), 1u << 30);
}

Test(restore_serials, a_clock_behind_the_backup_makes_the_least_step)
{
	struct restore_options options = {.now = 5};
	cr_expect_eq(restore_serial_step(&options, LAST_S * 1000000), 1u << 20);
}

Test(restore_serials, serials_that_are_known_stay)
{
	struct restore_options options = {.now = LAST_S, .log_of = "other"};
	cr_expect_eq(restore_serial_step(&options, 0), 0);
	options.to = LAST_S - 1;
	cr_expect_neq(restore_serial_step(&options, 0), 0);
	options.to = 0;
	options.to_seq = 7;
	cr_expect_neq(restore_serial_step(&options, 0), 0);
	options = (struct restore_options){.now = LAST_S, .is_to_compare = true};
	cr_expect_eq(restore_serial_step(&options, 0), 0);
}

Test(restore_serials, the_result_is_ahead_over_the_end_and_never_0)
{
	static const uint32_t serials[] = {0,          1,          521,       2026010501,
					   0x7fffffff, 0x80000000, UINT32_MAX};
	for (size_t i = 0; i < sizeof serials / sizeof serials[0]; i++) {
		cr_expect(serial_is_ahead(restore_serial_ahead(serials[i], 1u << 20), serials[i]));
		cr_expect(serial_is_ahead(restore_serial_ahead(serials[i], 1u << 30), serials[i]));
	}
	cr_expect_eq(restore_serial_ahead(UINT32_MAX - (1u << 20) + 1, 1u << 20), 1);
}
