/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/census.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct addr address(const char *text)
{
	struct addr addr;
	cr_assert_null(addr_parse(text, 1024, &addr), "%s", text);
	return addr;
}

Test(census, limits_hold_for_all_and_for_each_address)
{
	struct census *c = census_new(3, 2);
	struct addr a = address("192.0.2.1@1"), a_again = address("192.0.2.1@2");
	struct addr b = address("192.0.2.2"), v6 = address("2001:db8::1");
	cr_expect_eq(census_enter(c, &a), CENSUS_IN);
	cr_expect_eq(census_enter(c, &a_again), CENSUS_IN);
	cr_expect_eq(census_enter(c, &a), CENSUS_ADDRESS_FULL);
	cr_expect_eq(census_count(c), 2);
	cr_expect_eq(census_enter(c, &v6), CENSUS_IN);
	cr_expect_eq(census_enter(c, &b), CENSUS_FULL);
	census_leave(c, &a);
	cr_expect_eq(census_enter(c, &b), CENSUS_IN);
	cr_expect_eq(census_enter(c, &a), CENSUS_FULL);
	census_leave(c, &b);
	cr_expect_eq(census_enter(c, &a), CENSUS_IN);
	cr_expect_eq(census_count(c), 3);
	census_free(c);
}

Test(census, what_leaves_leaves_nothing_behind)
{
	enum { LIMIT = 64, ADDRESSES = 300 };
	struct census *c = census_new(LIMIT, 5);
	struct addr inside[LIMIT];
	size_t count = 0, next = 0;
	for (unsigned round = 0; round < 20000; round++) {
		char text[ADDR_TEXT_MAX];
		if (count == LIMIT || (count > 0 && round % 3 == 2)) {
			census_leave(c, &inside[next % count]);
			inside[next++ % count] = inside[count - 1];
			count--;
		} else {
			unsigned n = round * 7919 % ADDRESSES;
			snprintf(text, sizeof text, n % 2 ? "10.0.%u.%u" : "2001:db8::%u:%u",
				 n / 250, n % 250);
			inside[count] = address(text);
			if (census_enter(c, &inside[count]) == CENSUS_IN)
				count++;
		}
		cr_assert_eq(census_count(c), count);
	}
	while (count > 0)
		census_leave(c, &inside[--count]);
	struct addr one = address("10.0.0.1");
	for (size_t i = 0; i < 5; i++)
		cr_expect_eq(census_enter(c, &one), CENSUS_IN);
	cr_expect_eq(census_enter(c, &one), CENSUS_ADDRESS_FULL);
	census_free(c);
}
