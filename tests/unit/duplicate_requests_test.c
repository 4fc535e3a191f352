/* SPDX-License-Identifier: BSD-2-Clause */
/* Stored answers: what a resent request hears, for how long, and what a lost batch takes back. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "nameserver/duplicate_requests.h"

static struct duplicate_request_key key_of(const char *text, bool is_signed)
{
	struct addr source;
	addr_parse("192.0.2.1@4000", 0, &source);
	struct duplicate_request_key key =
		duplicate_request_key_of_packet(&source, ENTRY_UDP, bytes_of(text, strlen(text)));
	key.is_signed = is_signed;
	return key;
}

Test(duplicates, a_new_request_has_no_answer)
{
	struct duplicate_requests *duplicates = duplicate_requests_new();
	struct duplicate_request_key key = key_of("a", false);
	struct duplicate_request_answer was;
	cr_expect(!duplicate_requests_find(duplicates, &key, 100, &was));
	duplicate_requests_free(duplicates);
}

Test(duplicates, the_answer_lives_as_long_as_its_kind_allows)
{
	struct duplicate_requests *duplicates = duplicate_requests_new();
	static const struct {
		bool is_signed;
		uint64_t seconds;
	} rows[] = {{false, DUPLICATE_REQUESTS_UNSIGNED_SECONDS},
		    {true, DUPLICATE_REQUESTS_SIGNED_SECONDS}};
	for (size_t i = 0; i < 2; i++) {
		struct duplicate_request_key key = key_of(i ? "b" : "a", rows[i].is_signed);
		struct duplicate_request_answer was = {.rcode = 99}, five = {5, "owned by key:a"};
		duplicate_requests_keep(duplicates, &key, 1000, &five);
		duplicate_requests_confirm(duplicates, &key);
		cr_expect(duplicate_requests_find(duplicates, &key, 1000 + rows[i].seconds - 1,
						  &was));
		cr_expect(was.rcode == 5);
		cr_expect_str_eq(was.ede_text, "owned by key:a");
		cr_expect(!duplicate_requests_find(duplicates, &key, 1000 + rows[i].seconds, &was));
	}
	duplicate_requests_free(duplicates);
}

Test(duplicates, a_lost_batch_takes_its_answers_back_and_no_others)
{
	struct duplicate_requests *duplicates = duplicate_requests_new();
	struct duplicate_request_key kept = key_of("kept", false), lost = key_of("lost", false);
	struct duplicate_request_answer was, none = {0};
	duplicate_requests_keep(duplicates, &kept, 1000, &none);
	duplicate_requests_confirm(duplicates, &kept);
	duplicate_requests_keep(duplicates, &lost, 1000, &none);
	cr_expect(duplicate_requests_find(duplicates, &lost, 1000, &was),
		  "within its batch it is known");
	duplicate_requests_forget(duplicates);
	cr_expect(duplicate_requests_find(duplicates, &kept, 1001, &was));
	cr_expect(!duplicate_requests_find(duplicates, &lost, 1001, &was));
	duplicate_requests_free(duplicates);
}

Test(duplicates, a_dropped_answer_is_gone_but_a_confirmed_one_is_not_dropped)
{
	struct duplicate_requests *duplicates = duplicate_requests_new();
	struct duplicate_request_key key = key_of("a", false);
	struct duplicate_request_answer was, none = {0};
	duplicate_requests_keep(duplicates, &key, 1000, &none);
	duplicate_requests_drop(duplicates, &key);
	cr_expect(!duplicate_requests_find(duplicates, &key, 1000, &was));
	duplicate_requests_keep(duplicates, &key, 1000, &none);
	duplicate_requests_confirm(duplicates, &key);
	duplicate_requests_drop(duplicates, &key);
	cr_expect(duplicate_requests_find(duplicates, &key, 1000, &was));
	duplicate_requests_free(duplicates);
}

Test(duplicates, source_transport_bytes_and_mac_all_count)
{
	struct addr one, two;
	struct dns_name a, b;
	addr_parse("192.0.2.1@4000", 0, &one);
	addr_parse("192.0.2.1@4001", 0, &two);
	dns_name_parse_text(&a, "a");
	dns_name_parse_text(&b, "b");
	struct bytes x = bytes_of("x", 1), y = bytes_of("y", 1);
	struct duplicate_request_key keys[] = {
		duplicate_request_key_of_packet(&one, ENTRY_UDP, x),
		duplicate_request_key_of_packet(&two, ENTRY_UDP, x),
		duplicate_request_key_of_packet(&one, ENTRY_TCP, x),
		duplicate_request_key_of_packet(&one, ENTRY_UDP, y),
		duplicate_request_key_of_mac(&a, x),
		duplicate_request_key_of_mac(&b, x),
		duplicate_request_key_of_mac(&a, y),
	};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		for (size_t j = 0; j < i; j++)
			cr_expect(memcmp(keys[i].digest, keys[j].digest, DIGEST_LEN) != 0);
}

Test(duplicates, many_requests_push_out_old_ones_and_never_fail)
{
	struct duplicate_requests *duplicates = duplicate_requests_new();
	char text[32];
	struct duplicate_request_answer was, none = {0};
	for (unsigned i = 0; i < DUPLICATE_REQUESTS_SETS * DUPLICATE_REQUESTS_WAYS * 2u; i++) {
		snprintf(text, sizeof text, "%u", i);
		struct duplicate_request_key key = key_of(text, true);
		duplicate_requests_keep(duplicates, &key, 1000 + i, &none);
		duplicate_requests_confirm(duplicates, &key);
		cr_assert(duplicate_requests_find(duplicates, &key, 1000 + i, &was));
	}
	duplicate_requests_free(duplicates);
}
