/* SPDX-License-Identifier: BSD-2-Clause */
/* How much of the log clients wrote, and may. */
#include "nameserver/log_share.h"
#include <criterion/criterion.h>

#define MIB    (1ull << 20)
#define GIB    (1ull << 30)
#define START  1767603600000000ull
#define DAY_US 86400000000ull

static struct log_shares *shares;

static void log_share_begin(void)
{
	shares = log_shares_new();
}

static void log_share_end(void)
{
	log_shares_free(shares);
}

TestSuite(log_share, .init = log_share_begin, .fini = log_share_end);

Test(log_share, the_bound_follows_from_the_setting_and_the_room_of_the_log)
{
	static const struct {
		uint64_t setting, most, key, host;
	} table[] = {
		{GIB, 10 * GIB, GIB, 64 * MIB},
		{GIB, 100 * GIB, GIB, 64 * MIB},
		{4 * GIB, 100 * GIB, 4 * GIB, 256 * MIB},
		{GIB, 2000 * MIB, 200 * MIB, 64 * MIB},
		{GIB, 10 * MIB, 64 * MIB, 64 * MIB},
		{GIB, RETENTION_NONE, GIB, 64 * MIB},
		{2 * MIB, 10 * GIB, 2 * MIB, 2 * MIB},
		{RETENTION_NONE, 10 * GIB, RETENTION_NONE, RETENTION_NONE},
	};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct retention retention = {.principal_size = table[i].setting};
		cr_expect_eq(log_share_day(&retention, table[i].most, false), table[i].key,
			     "row %zu", i);
		cr_expect_eq(log_share_day(&retention, table[i].most, true), table[i].host,
			     "row %zu", i);
	}
}

static struct log_share_of of_client(uint32_t id, uint64_t now_us)
{
	return (struct log_share_of){names_owner_of(id), 64 * MIB, now_us};
}

static void expect_about(uint64_t is, uint64_t wanted)
{
	cr_expect(is + 1 >= wanted && is <= wanted + 1, "%llu instead of %llu",
		  (unsigned long long)is, (unsigned long long)wanted);
}

Test(log_share, what_was_written_counts_less_evenly_and_after_a_day_not_at_all)
{
	struct log_share_of now = of_client(7, START);
	log_shares_add(shares, &now, 60 * MIB);
	expect_about(log_shares_spent(shares, &now), 60 * MIB);
	now.now_us = START + DAY_US / 2;
	expect_about(log_shares_spent(shares, &now), 28 * MIB);
	log_shares_add(shares, &now, 10 * MIB);
	expect_about(log_shares_spent(shares, &now), 38 * MIB);
	now.now_us = START + 2 * DAY_US;
	expect_about(log_shares_spent(shares, &now), 0);
	/* A clock that was set back gives nothing. */
	log_shares_add(shares, &now, 5 * MIB);
	now.now_us = START;
	expect_about(log_shares_spent(shares, &now), 5 * MIB);
}

static void sum_up(void *context, const struct log_share_of *of, uint64_t bytes)
{
	uint64_t *sum = context;
	(void)of;
	*sum += bytes;
}

/* Many others cannot make the table forget who wrote much. */
Test(log_share, who_wrote_least_gives_way)
{
	struct log_share_of heavy = of_client(1, START), other;
	uint64_t sum = 0;
	log_shares_add(shares, &heavy, 50 * MIB);
	for (uint32_t id = 2; id < 100000; id++) {
		other = of_client(id, START);
		log_shares_add(shares, &other, 1000);
	}
	cr_expect_eq(log_shares_spent(shares, &heavy), 50 * MIB);
	log_shares_each(shares, START, sum_up, &sum);
	cr_expect_gt(sum, 50 * MIB);
	cr_expect_leq(sum, 50 * MIB + 4096 * 1000);
}

Test(log_share, addresses_and_principals_are_apart)
{
	struct addr one, two;
	cr_assert_null(addr_parse("192.0.2.1", 53, &one));
	cr_assert_null(addr_parse("192.0.2.2", 53, &two));
	struct log_share_of a = {names_owner_of_addr(&one), 64 * MIB, START};
	struct log_share_of b = {names_owner_of_addr(&two), 64 * MIB, START};
	log_shares_add(shares, &a, MIB);
	cr_expect_eq(log_shares_spent(shares, &a), MIB);
	cr_expect_eq(log_shares_spent(shares, &b), 0);
}
