/* SPDX-License-Identifier: BSD-2-Clause */
/* Two answers to one question: in what they differ. */
#include "nameserver/shadow_compare.h"
#include "tests/unit/hex.h"
#include <criterion/criterion.h>

/* www.example A, an answer of the given flags and counts. */
#define HEAD(flags, answers, authority) "0001" flags "0001" answers authority "0000"
#define ASKS                            "03'www'07'example'00 0001 0001"
#define A(ttl, last)                    "c00c 0001 0001 " ttl " 0004 c00002" last
#define NS                              "c010 0002 0001 00000e10 0004 02'n" /* then a letter and '00 */

static struct arena arena;

static bool take_answer(struct shadow_answer *answer, const char *hex)
{
	struct dns_name name;
	struct bytes bytes = hex_bytes(hex);
	cr_assert_null(dns_name_parse_text(&name, "www.example"));
	bool is = shadow_answer_read(answer, bytes, &name, DNS_TYPE_A, &arena);
	free((void *)bytes.data);
	return is;
}

static const struct {
	const char *a, *b;
	enum shadow_verdict verdict;
} rows[] = {
	{HEAD("8400", "0001", "0000") ASKS A("00000384", "01"),
	 HEAD("8580", "0001", "0000") ASKS A("00000384", "01"), SHADOW_SAME},
	/* the order, and the case of a name */
	{HEAD("8400", "0002", "0000") ASKS A("00000384", "01") A("00000384", "02"),
	 HEAD("8400", "0002", "0000") "03'WWW'07'eXample'00 0001 0001" A("00000384", "02")
		 A("00000384", "01"),
	 SHADOW_SAME},
	{HEAD("8400", "0001", "0000") ASKS A("00000384", "01"),
	 HEAD("8400", "0001", "0000") ASKS A("00000385", "01"), SHADOW_TTL},
	{HEAD("8400", "0001", "0000") ASKS A("00000384", "01"),
	 HEAD("8400", "0001", "0000") ASKS A("00000384", "02"), SHADOW_ANSWER},
	{HEAD("8400", "0001", "0000") ASKS A("00000384", "01"),
	 HEAD("8400", "0002", "0000") ASKS A("00000384", "01") A("00000384", "02"), SHADOW_ANSWER},
	{HEAD("8400", "0000", "0000") ASKS, HEAD("8403", "0000", "0000") ASKS, SHADOW_RCODE},
	/* referrals: by their name servers; without them, nothing is there */
	{HEAD("8000", "0000", "0001") ASKS NS "a'00", HEAD("8000", "0000", "0001") ASKS NS "a'00",
	 SHADOW_SAME},
	{HEAD("8000", "0000", "0001") ASKS NS "a'00", HEAD("8000", "0000", "0001") ASKS NS "b'00",
	 SHADOW_ANSWER},
	{HEAD("8000", "0000", "0001") ASKS NS "a'00", HEAD("8400", "0000", "0001") ASKS NS "a'00",
	 SHADOW_ANSWER},
	/* serials are each server's own; the rest of an SOA is not */
	{HEAD("8400", "0001", "0000") ASKS "c00c 0006 0001 00000001 0016 0000 00000001 00000002"
					   "00000003 00000004 00000005",
	 HEAD("8400", "0001", "0000") ASKS "c00c 0006 0001 00000001 0016 0000 00000009 00000002"
					   "00000003 00000004 00000005",
	 SHADOW_SAME},
	{HEAD("8400", "0001", "0000") ASKS "c00c 0006 0001 00000001 0016 0000 00000001 00000002"
					   "00000003 00000004 00000005",
	 HEAD("8400", "0001", "0000") ASKS "c00c 0006 0001 00000001 0016 0000 00000001 00000002"
					   "00000003 00000004 00000006",
	 SHADOW_ANSWER},
};

Test(shadow_compare, says_in_what_two_answers_differ)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct shadow_answer a, b;
		cr_assert(take_answer(&a, rows[i].a), "row %zu", i);
		cr_assert(take_answer(&b, rows[i].b), "row %zu", i);
		cr_expect_eq(shadow_compare(&a, &b), rows[i].verdict, "row %zu", i);
		cr_expect_eq(shadow_compare(&b, &a), rows[i].verdict, "row %zu", i);
	}
	arena_free(&arena);
}

Test(shadow_compare, takes_no_nonsense)
{
	static const char *const wrong[] = {
		"",
		"0001",
		HEAD("0400", "0000", "0000") ASKS,                             /* a question */
		HEAD("ac00", "0000", "0000") ASKS,                             /* of an update */
		HEAD("8400", "0000", "0000") "03'wwx'07'example'00 0001 0001", /* of another name */
		HEAD("8400", "0000", "0000") "03'www'07'example'00 001c 0001", /* of another type */
		HEAD("8400", "0001", "0000") ASKS, /* without its record */
		HEAD("8400", "0001", "0000") ASKS "c00c 0001 0001 00000001 0003 c00002",
		HEAD("8400", "ffff", "0000") ASKS,
	};
	struct shadow_answer answer;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_expect_not(take_answer(&answer, wrong[i]), "row %zu", i);
	arena_free(&arena);
}

Test(shadow_compare, prints_an_answer_and_makes_it_short)
{
	char text[SHADOW_TEXT_MAX], hex[8192] = HEAD("8400", "0040", "0000") ASKS;
	struct shadow_answer answer;
	cr_assert(take_answer(&answer, HEAD("8400", "0002", "0000") ASKS A("00000384", "01")
					       A("00000384", "02")));
	cr_expect_str_eq(shadow_answer_print(&answer, text),
			 "NOERROR: A 192.0.2.1 (900), A 192.0.2.2 (900)");
	cr_assert(take_answer(&answer, HEAD("8403", "0000", "0000") ASKS));
	cr_expect_str_eq(shadow_answer_print(&answer, text), "NXDOMAIN");
	for (unsigned i = 0; i < 64; i++)
		sprintf(hex + strlen(hex), A("00000384", "%02x"), i);
	cr_assert(take_answer(&answer, hex));
	shadow_answer_print(&answer, text);
	cr_expect(strlen(text) < SHADOW_TEXT_MAX && strcmp(text + strlen(text) - 4, " ...") == 0);
	arena_free(&arena);
}
