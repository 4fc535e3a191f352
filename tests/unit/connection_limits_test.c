/* SPDX-License-Identifier: BSD-2-Clause */
#include "nameserver/connection_limits.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct addr address(const char *text)
{
	struct addr addr;
	cr_assert_null(addr_parse(text, 1024, &addr), "%s", text);
	return addr;
}

Test(connection_limits, limits_hold_for_all_and_for_each_address)
{
	struct connection_limits *c = connection_limits_new(3, 2);
	struct addr a = address("192.0.2.1@1"), a_again = address("192.0.2.1@2");
	struct addr b = address("192.0.2.2"), v6 = address("2001:db8::1");
	cr_expect_eq(connection_limits_enter(c, &a), CONNECTION_LIMITS_IN);
	cr_expect_eq(connection_limits_enter(c, &a_again), CONNECTION_LIMITS_IN);
	cr_expect_eq(connection_limits_enter(c, &a), CONNECTION_LIMITS_ADDRESS_FULL);
	cr_expect_eq(connection_limits_count(c), 2);
	cr_expect_eq(connection_limits_enter(c, &v6), CONNECTION_LIMITS_IN);
	cr_expect_eq(connection_limits_enter(c, &b), CONNECTION_LIMITS_FULL);
	connection_limits_leave(c, &a);
	cr_expect_eq(connection_limits_enter(c, &b), CONNECTION_LIMITS_IN);
	cr_expect_eq(connection_limits_enter(c, &a), CONNECTION_LIMITS_FULL);
	connection_limits_leave(c, &b);
	cr_expect_eq(connection_limits_enter(c, &a), CONNECTION_LIMITS_IN);
	cr_expect_eq(connection_limits_count(c), 3);
	connection_limits_free(c);
}

Test(connection_limits, an_ipv6_client_is_its_64)
{
	struct connection_limits *c = connection_limits_new(10, 2);
	struct addr one = address("2001:db8::1"), two = address("2001:db8::ffff:0:0:2");
	struct addr three = address("2001:db8::3"), next = address("2001:db8:0:1::1");
	cr_expect_eq(connection_limits_enter(c, &one), CONNECTION_LIMITS_IN);
	cr_expect_eq(connection_limits_enter(c, &two), CONNECTION_LIMITS_IN);
	cr_expect_eq(connection_limits_enter(c, &three), CONNECTION_LIMITS_ADDRESS_FULL);
	cr_expect_eq(connection_limits_enter(c, &next), CONNECTION_LIMITS_IN);
	connection_limits_leave(c, &two);
	cr_expect_eq(connection_limits_enter(c, &three), CONNECTION_LIMITS_IN);
	connection_limits_free(c);
}

Test(connection_limits, what_leaves_leaves_nothing_behind)
{
	enum { LIMIT = 64, ADDRESSES = 300 };
	struct connection_limits *c = connection_limits_new(LIMIT, 5);
	struct addr inside[LIMIT];
	size_t count = 0, next = 0;
	for (unsigned round = 0; round < 20000; round++) {
		char text[ADDR_TEXT_MAX];
		if (count == LIMIT || (count > 0 && round % 3 == 2)) {
			connection_limits_leave(c, &inside[next % count]);
			inside[next++ % count] = inside[count - 1];
			count--;
		} else {
			unsigned n = round * 7919 % ADDRESSES;
			snprintf(text, sizeof text, n % 2 ? "10.0.%u.%u" : "2001:db8::%u:%u",
				 n / 250, n % 250);
			inside[count] = address(text);
			if (connection_limits_enter(c, &inside[count]) == CONNECTION_LIMITS_IN)
				count++;
		}
		cr_assert_eq(connection_limits_count(c), count);
	}
	while (count > 0)
		connection_limits_leave(c, &inside[--count]);
	struct addr one = address("10.0.0.1");
	for (size_t i = 0; i < 5; i++)
		cr_expect_eq(connection_limits_enter(c, &one), CONNECTION_LIMITS_IN);
	cr_expect_eq(connection_limits_enter(c, &one), CONNECTION_LIMITS_ADDRESS_FULL);
	connection_limits_free(c);
}
