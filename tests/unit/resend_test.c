/* SPDX-License-Identifier: BSD-2-Clause */
/* Stored answers: what a resent request hears, for how long, and what a lost batch takes back. */
#include <criterion/criterion.h>
#include <stdio.h>
#include "nameserver/resend.h"

static struct resend_key key_of(const char *text, bool is_signed)
{
	struct addr source;
	addr_parse("192.0.2.1@4000", 0, &source);
	struct resend_key key =
		resend_key_of_packet(&source, ENTRY_UDP, bytes_of(text, strlen(text)));
	key.is_signed = is_signed;
	return key;
}

Test(resend, a_new_request_has_no_answer)
{
	struct resend *resend = resend_new();
	struct resend_key key = key_of("a", false);
	struct resend_answer was;
	cr_expect(!resend_find(resend, &key, 100, &was));
	resend_free(resend);
}

Test(resend, the_answer_lives_as_long_as_its_kind_allows)
{
	struct resend *resend = resend_new();
	static const struct {
		bool is_signed;
		uint64_t seconds;
	} rows[] = {{false, RESEND_UNSIGNED_SECONDS}, {true, RESEND_SIGNED_SECONDS}};
	for (size_t i = 0; i < 2; i++) {
		struct resend_key key = key_of(i ? "b" : "a", rows[i].is_signed);
		struct resend_answer was = {.rcode = 99}, five = {5, "owned by key:a"};
		resend_keep(resend, &key, 1000, &five);
		resend_confirm(resend, &key);
		cr_expect(resend_find(resend, &key, 1000 + rows[i].seconds - 1, &was));
		cr_expect(was.rcode == 5);
		cr_expect_str_eq(was.told, "owned by key:a");
		cr_expect(!resend_find(resend, &key, 1000 + rows[i].seconds, &was));
	}
	resend_free(resend);
}

Test(resend, a_lost_batch_takes_its_answers_back_and_no_others)
{
	struct resend *resend = resend_new();
	struct resend_key kept = key_of("kept", false), lost = key_of("lost", false);
	struct resend_answer was, none = {0};
	resend_keep(resend, &kept, 1000, &none);
	resend_confirm(resend, &kept);
	resend_keep(resend, &lost, 1000, &none);
	cr_expect(resend_find(resend, &lost, 1000, &was), "within its batch it is known");
	resend_forget(resend);
	cr_expect(resend_find(resend, &kept, 1001, &was));
	cr_expect(!resend_find(resend, &lost, 1001, &was));
	resend_free(resend);
}

Test(resend, a_dropped_answer_is_gone_but_a_confirmed_one_is_not_dropped)
{
	struct resend *resend = resend_new();
	struct resend_key key = key_of("a", false);
	struct resend_answer was, none = {0};
	resend_keep(resend, &key, 1000, &none);
	resend_drop(resend, &key);
	cr_expect(!resend_find(resend, &key, 1000, &was));
	resend_keep(resend, &key, 1000, &none);
	resend_confirm(resend, &key);
	resend_drop(resend, &key);
	cr_expect(resend_find(resend, &key, 1000, &was));
	resend_free(resend);
}

Test(resend, source_transport_bytes_and_mac_all_count)
{
	struct addr one, two;
	struct dns_name a, b;
	addr_parse("192.0.2.1@4000", 0, &one);
	addr_parse("192.0.2.1@4001", 0, &two);
	dns_name_parse_text(&a, "a");
	dns_name_parse_text(&b, "b");
	struct bytes x = bytes_of("x", 1), y = bytes_of("y", 1);
	struct resend_key keys[] = {
		resend_key_of_packet(&one, ENTRY_UDP, x),
		resend_key_of_packet(&two, ENTRY_UDP, x),
		resend_key_of_packet(&one, ENTRY_TCP, x),
		resend_key_of_packet(&one, ENTRY_UDP, y),
		resend_key_of_mac(&a, x),
		resend_key_of_mac(&b, x),
		resend_key_of_mac(&a, y),
	};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		for (size_t j = 0; j < i; j++)
			cr_expect(memcmp(keys[i].digest, keys[j].digest, DIGEST_LEN) != 0);
}

Test(resend, many_requests_push_out_old_ones_and_never_fail)
{
	struct resend *resend = resend_new();
	char text[32];
	struct resend_answer was, none = {0};
	for (unsigned i = 0; i < RESEND_SETS * RESEND_WAYS * 2u; i++) {
		snprintf(text, sizeof text, "%u", i);
		struct resend_key key = key_of(text, true);
		resend_keep(resend, &key, 1000 + i, &none);
		resend_confirm(resend, &key);
		cr_assert(resend_find(resend, &key, 1000 + i, &was));
	}
	resend_free(resend);
}
