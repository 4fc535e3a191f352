/* SPDX-License-Identifier: BSD-2-Clause */
/* A token makes one context: under one name, for one host. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "acl/spent.h"

#define NOW 1000000

static struct dns_name name_of(const char *text)
{
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, text));
	return name;
}

static struct addr host(const char *text)
{
	struct addr addr;
	cr_assert_null(addr_parse(text, 1000, &addr));
	return addr;
}

Test(spent, the_same_request_again_is_none_and_any_other_is)
{
	struct spent *spent = spent_new();
	struct dns_name key = name_of("1.sig-pc1"), other = name_of("2.sig-pc1");
	struct addr home = host("192.0.2.1@1"), port = host("192.0.2.1@2"),
		    away = host("192.0.2.9");
	struct bytes bytes = bytes_of("token", 5), unseen = bytes_of("nekot", 5);
	struct spent_token first = {bytes, &key, &home}, again = {bytes, &key, &port};
	struct spent_token renamed = {bytes, &other, &home}, moved = {bytes, &key, &away};
	struct spent_token fresh = {unseen, &other, &away};
	cr_expect_not(spent_is(spent, &first, NOW));
	cr_expect_not(spent_is(spent, &renamed, NOW));
	spent_note(spent, &first, NOW);
	cr_expect_not(spent_is(spent, &again, NOW));
	cr_expect(spent_is(spent, &renamed, NOW));
	cr_expect(spent_is(spent, &moved, NOW));
	cr_expect_not(spent_is(spent, &fresh, NOW));
	cr_expect(spent_is(spent, &renamed, NOW + SPENT_SECONDS - 1));
	cr_expect_not(spent_is(spent, &renamed, NOW + SPENT_SECONDS));
	spent_note(spent, &renamed, NOW + 1);
	cr_expect(spent_is(spent, &renamed, NOW + 1), "the first is the one that counts");
	spent_free(spent);
}

Test(spent, many_tokens_push_out_the_first_of_their_set_and_never_fail)
{
	struct spent *spent = spent_new();
	struct dns_name key = name_of("k"), other = name_of("l");
	struct addr home = host("192.0.2.1@1");
	unsigned known = 0;
	for (unsigned i = 0; i < 2 * SPENT_SETS * SPENT_WAYS; i++) {
		char text[16];
		int len = snprintf(text, sizeof text, "%u", i);
		struct spent_token token = {bytes_of(text, (size_t)len), &key, &home};
		struct spent_token renamed = {token.token, &other, &home};
		spent_note(spent, &token, NOW + i / 1000);
		known += spent_is(spent, &renamed, NOW + i / 1000);
	}
	cr_expect_eq(known, 2 * SPENT_SETS * SPENT_WAYS, "the newest is always known");
	spent_free(spent);
}
