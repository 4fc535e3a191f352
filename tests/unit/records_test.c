/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/records.h"
#include <criterion/criterion.h>

static struct dns_name name(const char *text)
{
	struct dns_name result;
	cr_assert_null(dns_name_parse_text(&result, text));
	return result;
}

Test(records, what_is_put_comes_out)
{
	uint8_t buffer[512];
	struct bytes_out out = bytes_out_of(buffer, sizeof(buffer));
	const char *const owners[] = {"a.example", "a.example", "b.example"};
	for (uint32_t i = 0; i < 3; i++) {
		struct dns_name before = i ? name(owners[i - 1]) : dns_name_root();
		struct dns_records_item item = {name(owners[i]), (uint16_t)(i + 1),   i * 60,
						i + 7,           bytes_of("data", i), {0}};
		if (i == 1)
			item.age = (struct dns_age){DNS_AGE_PINNED, 0, NULL, 0};
		if (i == 2)
			item.age = (struct dns_age){DNS_AGE_DYNAMIC, 1767603600, "key:pc1", 7};
		dns_records_put(&out, &item, i ? &before : NULL);
	}
	cr_assert_not(out.full);
	struct bytes_in in = bytes_in_of(buffer, bytes_out_len(&out));
	struct dns_records_item item = {0};
	for (uint32_t i = 0; i < 3; i++) {
		struct dns_name owner = name(owners[i]);
		cr_assert(dns_records_next(&in, &item));
		cr_expect(dns_name_equal(&item.owner, &owner));
		cr_expect_eq(item.type, i + 1);
		cr_expect_eq(item.ttl, i * 60);
		cr_expect_eq(item.mark, i + 7);
		cr_expect_eq(item.rdata.len, i);
		cr_expect_eq(item.age.class, i == 1   ? DNS_AGE_PINNED
					     : i == 2 ? DNS_AGE_DYNAMIC
						      : DNS_AGE_UNSAID);
		cr_expect_eq(item.age.stamp, i == 2 ? 1767603600 : 0);
		cr_expect_eq(item.age.owner_len, i == 2 ? 7 : 0);
		if (i == 2)
			cr_expect_eq(memcmp(item.age.owner, "key:pc1", 7), 0);
	}
	cr_expect_not(dns_records_next(&in, &item));
	cr_expect_not(in.bad);
}

Test(records, every_cut_is_seen)
{
	uint8_t buffer[64];
	struct bytes_out out = bytes_out_of(buffer, sizeof(buffer));
	struct dns_records_item item = {name("a.example"),
					1,
					60,
					1,
					bytes_of("data", 4),
					{DNS_AGE_DYNAMIC, 7, "key:pc1", 7}};
	dns_records_put(&out, &item, NULL);
	for (size_t len = 1; len < bytes_out_len(&out); len++) {
		struct bytes_in in = bytes_in_of(buffer, len);
		struct dns_records_item got = {0};
		cr_expect_not(dns_records_next(&in, &got));
		cr_expect(in.bad);
	}
}

Test(records, the_first_owner_cannot_be_the_one_before)
{
	uint8_t bytes[] = {0, 0, 1, 0, 0, 0, 60, 0, 0, 0, 1, 0, 0};
	struct bytes_in in = bytes_in_of(bytes, sizeof(bytes));
	struct dns_records_item item = {0};
	cr_expect_not(dns_records_next(&in, &item));
	cr_expect(in.bad);
}
