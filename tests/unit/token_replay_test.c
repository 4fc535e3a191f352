/* SPDX-License-Identifier: BSD-2-Clause */
/* A token makes one context: under one name, for one host. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "acl/token_replay.h"

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

Test(token_replay, the_same_request_again_is_none_and_any_other_is)
{
	struct token_replay *token_replay = token_replay_new();
	struct dns_name key = name_of("1.sig-pc1"), other = name_of("2.sig-pc1");
	struct addr home = host("192.0.2.1@1"), port = host("192.0.2.1@2"),
		    away = host("192.0.2.9");
	struct bytes bytes = bytes_of("token", 5), unseen = bytes_of("nekot", 5);
	struct token_replay_token first = {bytes, &key, &home}, again = {bytes, &key, &port};
	struct token_replay_token renamed = {bytes, &other, &home}, moved = {bytes, &key, &away};
	struct token_replay_token fresh = {unseen, &other, &away};
	cr_expect_not(token_replay_is_known(token_replay, &first, NOW));
	cr_expect_not(token_replay_is_known(token_replay, &renamed, NOW));
	token_replay_note(token_replay, &first, NOW);
	cr_expect_not(token_replay_is_known(token_replay, &again, NOW));
	cr_expect(token_replay_is_known(token_replay, &renamed, NOW));
	cr_expect(token_replay_is_known(token_replay, &moved, NOW));
	cr_expect_not(token_replay_is_known(token_replay, &fresh, NOW));
	cr_expect(token_replay_is_known(token_replay, &renamed, NOW + TOKEN_REPLAY_SECONDS - 1));
	cr_expect_not(token_replay_is_known(token_replay, &renamed, NOW + TOKEN_REPLAY_SECONDS));
	token_replay_note(token_replay, &renamed, NOW + 1);
	cr_expect(token_replay_is_known(token_replay, &renamed, NOW + 1),
		  "the first is the one that counts");
	token_replay_free(token_replay);
}

Test(token_replay, many_tokens_push_out_the_first_of_their_set_and_never_fail)
{
	struct token_replay *token_replay = token_replay_new();
	struct dns_name key = name_of("k"), other = name_of("l");
	struct addr home = host("192.0.2.1@1");
	unsigned known = 0;
	for (unsigned i = 0; i < 2 * TOKEN_REPLAY_SETS * TOKEN_REPLAY_WAYS; i++) {
		char text[16];
		int len = snprintf(text, sizeof text, "%u", i);
		struct token_replay_token token = {bytes_of(text, (size_t)len), &key, &home};
		struct token_replay_token renamed = {token.token, &other, &home};
		token_replay_note(token_replay, &token, NOW + i / 1000);
		known += token_replay_is_known(token_replay, &renamed, NOW + i / 1000);
	}
	cr_expect_eq(known, 2 * TOKEN_REPLAY_SETS * TOKEN_REPLAY_WAYS,
		     "the newest is always known");
	token_replay_free(token_replay);
}
