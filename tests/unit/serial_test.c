/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/serial.h"
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

struct serial_case {
	uint32_t a, b;
	bool is_ahead;
	int32_t difference;
};

ParameterizedTestParameters(serial, is_rfc_1982)
{
	static struct serial_case cases[] = {
		{1, 0, true, 1},
		{0, 1, false, -1},
		{7, 7, false, 0},
		{0, UINT32_MAX, true, 1},
		{UINT32_MAX, 0, false, -1},
		{0x7fffffff, 0, true, INT32_MAX},
		{0, 0x7fffffff, false, -INT32_MAX},
		/* No order is defined. */
		{0x80000000, 0, false, INT32_MIN},
		{0, 0x80000000, false, INT32_MIN},
		{5, 0x80000005, false, INT32_MIN},
		{0x80000001, 0, false, -INT32_MAX},
		{0, 0x80000001, true, INT32_MAX},
	};
	return cr_make_param_array(struct serial_case, cases, sizeof cases / sizeof *cases);
}

ParameterizedTest(struct serial_case *c, serial, is_rfc_1982)
{
	cr_assert_eq(serial_is_ahead(c->a, c->b), c->is_ahead);
	cr_assert_eq(serial_difference(c->a, c->b), c->difference);
}
