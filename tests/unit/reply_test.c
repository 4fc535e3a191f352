/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/reply.h"
#include "tests/unit/hex.h"

#define HEAD  "1234 8100 "
#define ASKED "03'WwW' 04'Corp' 00 0001 0001 "

struct answer {
	struct bytes packet;
	struct dns_msg request;
	struct dns_reply reply;
	uint8_t *buffer;
};

static struct dns_name name_of(const char *text)
{
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, text), "%s", text);
	return name;
}

/* The buffer is of exactly `cap` bytes. */
static struct answer start(const char *request, size_t cap, size_t limit, size_t reserve)
{
	struct answer a = {.packet = hex_bytes(request), .buffer = malloc(cap)};
	dns_msg_open(&a.request, a.packet);
	dns_reply_start(&a.reply, &a.request, bytes_out_of(a.buffer, cap), limit, reserve);
	return a;
}

static struct answer start_usual(void)
{
	return start("1234 0100 0001 0000 0000 0000 " ASKED, 4096, 4096, 0);
}

static bool put(struct answer *a, enum dns_section section, const char *owner, uint16_t type,
		const char *rdata)
{
	struct dns_name name = name_of(owner);
	struct bytes data = hex_bytes(rdata);
	bool fits = dns_reply_rr(&a->reply, section, &name, type, DNS_CLASS_IN, 60, data);
	free((void *)data.data);
	return fits;
}

static void finish(struct answer *a, const char *want, const char *what)
{
	hex_expect(dns_reply_finish(&a->reply), want, what);
	free(a->buffer);
	free((void *)a->packet.data);
}

Test(reply, the_question_is_echoed_byte_for_byte)
{
	struct answer a = start_usual();
	finish(&a, HEAD "0001 0000 0000 0000 " ASKED, "echo");
}

Test(reply, id_opcode_rd_and_cd_are_taken_over_and_nothing_else_is)
{
	struct answer a = start("abcd 7fff 0001 0000 0000 0000 " ASKED, 4096, 4096, 0);
	dns_reply_set_rcode(&a.reply, DNS_REFUSED);
	finish(&a, "abcd f915 0001 0000 0000 0000 " ASKED, "all bits set");
	a = start("abcd 0000 0001 0000 0000 0000 " ASKED, 4096, 4096, 0);
	dns_reply_set_flags(&a.reply, DNS_FLAG_AA);
	dns_reply_set_rcode(&a.reply, DNS_NXDOMAIN);
	finish(&a, "abcd 8403 0001 0000 0000 0000 " ASKED, "no bit set");
}

Test(reply, a_request_without_a_question_that_can_be_read_gets_a_header)
{
	struct answer a = start("1234 0100 0002 0000 0000 0000 " ASKED ASKED, 12, 512, 0);
	dns_reply_set_rcode(&a.reply, DNS_FORMERR);
	finish(&a, "1234 8101 0000 0000 0000 0000", "header");
}

Test(reply, a_malformed_request_with_a_question_gets_it_back)
{
	struct answer a = start("1234 0100 0001 0001 0000 0000 " ASKED "c0", 512, 512, 0);
	dns_reply_set_rcode(&a.reply, DNS_FORMERR);
	finish(&a, "1234 8101 0001 0000 0000 0000 " ASKED, "question");
}

Test(reply, owners_are_compressed_into_the_question_whatever_its_case)
{
	struct answer a = start_usual();
	cr_expect(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_A, "0a000007"));
	cr_expect(put(&a, DNS_AUTHORITY, "corp", DNS_TYPE_A, "0a000007"));
	cr_expect(put(&a, DNS_ADDITIONAL, "a.b.corp", DNS_TYPE_A, "0a000007"));
	cr_expect(put(&a, DNS_ADDITIONAL, "c.b.corp", DNS_TYPE_A, "0a000007"));
	cr_expect(put(&a, DNS_ADDITIONAL, "x.corp.x", DNS_TYPE_A, "0a000007"));
	cr_expect(put(&a, DNS_ADDITIONAL, "y.corp.x", DNS_TYPE_A, "0a000007"));
	cr_expect(put(&a, DNS_ADDITIONAL, ".", DNS_TYPE_A, "0a000007"));
	finish(&a,
	       HEAD "0001 0001 0001 0005 " ASKED "c00c 0001 0001 0000003c 0004 0a000007"
		    "c010 0001 0001 0000003c 0004 0a000007"
		    "01'a' 01'b' c010 0001 0001 0000003c 0004 0a000007"
		    "01'c' c03c 0001 0001 0000003c 0004 0a000007"
		    "01'x' 04'corp' 01'x' 00 0001 0001 0000003c 0004 0a000007"
		    "01'y' c062 0001 0001 0000003c 0004 0a000007"
		    "00 0001 0001 0000003c 0004 0a000007",
	       "owners");
}

Test(reply, names_in_data_are_compressed_only_into_names_of_the_same_case)
{
	struct answer a = start_usual();
	cr_expect(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_MX, "000a 02'mx' 04'Corp' 00"));
	cr_expect(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_MX, "000a 02'mx' 04'corp' 00"));
	cr_expect(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_MX, "000a 02'mx' 04'corp' 00"));
	cr_expect(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_MX, "000a 00"));
	finish(&a,
	       HEAD "0001 0004 0000 0000 " ASKED "c00c 000f 0001 0000003c 0007 000a 02'mx' c010"
		    "c00c 000f 0001 0000003c 000b 000a 02'mx' 04'corp' 00"
		    "c00c 000f 0001 0000003c 0004 000a c03b"
		    "c00c 000f 0001 0000003c 0003 000a 00",
	       "data");
}

Test(reply, names_in_types_that_are_younger_than_compression_are_left_alone)
{
	struct answer a = start_usual();
	cr_expect(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_SRV,
		      "0000 0000 0050 03'www' 04'corp' 00"));
	finish(&a,
	       HEAD "0001 0001 0000 0000 " ASKED
		    "c00c 0021 0001 0000003c 0010 0000 0000 0050 03'www' 04'corp' 00",
	       "SRV");
}

Test(reply, a_record_that_does_not_fit_is_left_out_whole_and_ends_it)
{
	/* The first record fits to the byte: 12 + 14 + 16. */
	for (size_t limit = 42; limit < 42 + 16; limit++) {
		struct answer a = start("1234 0100 0001 0000 0000 0000 " ASKED, 4096, limit, 0);
		cr_expect(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_A, "0a000007"));
		cr_expect_not(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_A, "0a000008"));
		cr_expect(a.reply.is_full);
		cr_expect_not(put(&a, DNS_ANSWER, "corp", DNS_TYPE_A, ""), "it stays full");
		finish(&a,
		       HEAD "0001 0001 0000 0000 " ASKED "c00c 0001 0001 0000003c 0004 0a000007",
		       "whole or not at all");
	}
}

Test(reply, names_of_a_record_that_was_left_out_are_forgotten)
{
	struct answer a = start("1234 0100 0001 0000 0000 0000 " ASKED, 4096, 60, 0);
	struct dns_reply_mark mark = dns_reply_mark(&a.reply);
	cr_expect_not(
		put(&a, DNS_ANSWER, "a.x", DNS_TYPE_TXT, "1e '123456789012345678901234567890'"));
	dns_reply_back_to(&a.reply, &mark);
	cr_expect_not(a.reply.is_full);
	cr_expect(put(&a, DNS_ANSWER, "a.x", DNS_TYPE_A, "0a000007"));
	finish(&a,
	       HEAD "0001 0001 0000 0000 " ASKED "01'a' 01'x' 00 0001 0001 0000003c 0004 0a000007",
	       "no pointer to what is not there");
}

Test(reply, going_back_takes_counts_and_names_back)
{
	struct answer a = start_usual();
	cr_expect(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_A, "0a000007"));
	struct dns_reply_mark mark = dns_reply_mark(&a.reply);
	cr_expect(put(&a, DNS_ANSWER, "a.x", DNS_TYPE_A, "0a000007"));
	cr_expect(put(&a, DNS_ADDITIONAL, "b.x", DNS_TYPE_A, "0a000007"));
	dns_reply_back_to(&a.reply, &mark);
	cr_expect(put(&a, DNS_ANSWER, "a.x", DNS_TYPE_A, "0a000008"));
	finish(&a,
	       HEAD "0001 0002 0000 0000 " ASKED "c00c 0001 0001 0000003c 0004 0a000007"
		    "01'a' 01'x' 00 0001 0001 0000003c 0004 0a000008",
	       "as if nothing had been");
}

Test(reply, truncation_keeps_the_question_and_the_opt)
{
	struct answer a = start("1234 0100 0001 0000 0000 0000 " ASKED, 4096, 64, 11);
	dns_reply_set_flags(&a.reply, DNS_FLAG_AA);
	cr_expect(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_A, "0a000007"));
	cr_expect_not(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_A, "0a000008"));
	dns_reply_truncate(&a.reply);
	cr_expect_not(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_A, "0a000007"), "it is over");
	dns_reply_opt(&a.reply, &(struct dns_reply_opt){.udp_size = 1232});
	finish(&a, "1234 8700 0001 0000 0000 0001 " ASKED "00 0029 04d0 00000000 0000", "TC");
}

Test(reply, the_opt_says_what_it_is_told)
{
	struct dns_reply_opt opt = {
		.udp_size = 1232,
		.rcode = DNS_BADVERS,
		.wants_dnssec = true,
		.nsid = bytes_of("ns1", 3),
		.ede = DNS_EDE_PROHIBITED,
		.ede_text = bytes_of("no", 2),
	};
	size_t size = dns_reply_opt_size(&opt);
	struct answer a = start("1234 0100 0001 0000 0000 0000 " ASKED, 26 + size, 512, size);
	cr_expect_not(put(&a, DNS_ANSWER, ".", DNS_TYPE_A, ""), "the reserve is not for records");
	dns_reply_opt(&a.reply, &opt);
	dns_reply_set_rcode(&a.reply, opt.rcode);
	finish(&a,
	       "1234 8100 0001 0000 0000 0001 " ASKED "00 0029 04d0 01008000 000f"
	       "0003 0003 'ns1' 000f 0004 0012 'no'",
	       "OPT");
}

Test(reply, an_ede_needs_no_text)
{
	struct dns_reply_opt opt = {.udp_size = 512, .ede = 1};
	cr_expect_eq(dns_reply_opt_size(&opt), 17);
	struct answer a = start("1234 0100 0001 0000 0000 0000 " ASKED, 512, 512, 17);
	dns_reply_opt(&a.reply, &opt);
	finish(&a,
	       "1234 8100 0001 0000 0000 0001 " ASKED "00 0029 0200 00000000 0006 000f 0002 0001",
	       "EDE");
}

Test(reply, the_question_and_the_reserve_are_kept_even_above_the_limit)
{
	struct answer a = start("1234 0100 0001 0000 0000 0000 " ASKED, 4096, 100, 1000);
	cr_expect_eq(a.reply.reserved, 1000);
	cr_expect_not(put(&a, DNS_ANSWER, ".", DNS_TYPE_A, ""));
	finish(&a, HEAD "0001 0000 0000 0000 " ASKED, "question");
}

Test(reply, the_buffer_bounds_it_when_the_limit_is_larger)
{
	struct answer a = start("1234 0100 0001 0000 0000 0000 " ASKED, 42, 65535, 0);
	cr_expect(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_A, "0a000007"));
	cr_expect_not(put(&a, DNS_ANSWER, "www.corp", DNS_TYPE_A, "0a000007"));
	finish(&a, HEAD "0001 0001 0000 0000 " ASKED "c00c 0001 0001 0000003c 0004 0a000007",
	       "exact buffer");
}

Test(reply, a_message_of_64_kib_never_points_where_pointers_cannot)
{
	struct answer a = start("1234 0100 0001 0000 0000 0000 " ASKED, 65535, 65535, 0);
	char owner[40];
	unsigned records = 0;
	do {
		sprintf(owner, "host%u.sub%u.other.example", records, records % 300);
	} while (put(&a, DNS_ANSWER, owner, DNS_TYPE_A, "0a000007") && ++records);
	struct bytes packet = dns_reply_finish(&a.reply);
	struct dns_msg msg;
	struct dns_msg_rr rr;
	cr_assert_gt(packet.len, 65000);
	cr_assert_eq(dns_msg_open(&msg, packet), DNS_NOERROR);
	cr_expect_eq(msg.count[DNS_ANSWER], records);
	struct dns_msg_walk walk = dns_msg_walk(&msg, DNS_ANSWER);
	for (unsigned i = 0; i < records; i++) {
		sprintf(owner, "host%u.sub%u.other.example", i, i % 300);
		struct dns_name want = name_of(owner);
		cr_assert(dns_msg_next(&walk, &rr));
		cr_expect(dns_name_equal(&rr.owner, &want), "%s", owner);
	}
	free(a.buffer);
	free((void *)a.packet.data);
}

Test(reply, the_root_is_asked_and_answered)
{
	struct answer a = start("1234 0000 0001 0000 0000 0000 00 0002 0001", 512, 512, 0);
	cr_expect(put(&a, DNS_ANSWER, ".", DNS_TYPE_NS, "01'a'00"));
	cr_expect(put(&a, DNS_ANSWER, ".", DNS_TYPE_NS, "01'b'01'a'00"));
	finish(&a,
	       "1234 8000 0001 0002 0000 0000 00 0002 0001"
	       "00 0002 0001 0000003c 0003 01'a'00 00 0002 0001 0000003c 0004 01'b' c01c",
	       "root");
}
