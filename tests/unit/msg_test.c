/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/msg.h"
#include "tests/unit/hex.h"

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

#define QUERY  "1234 0100 "
#define UPDATE "1234 2800 "
#define ASKED  "03'WwW' 04'corp' 00 0001 0001 "
#define A_RR   "c00c 0001 0001 0000003c 0004 0a000007 "
#define OPT    "00 0029 04d0 00008000 0000 "
/* key "k", algorithm "a", time 1, fudge 300, MAC of two bytes, id 1234, no error, no other data */
#define TSIG_DATA "01'a'00 000000000001 012c 0002 beef 1234 0000 0000 "
#define TSIG      "01'k'00 00fa 00ff 00000000 0015 " TSIG_DATA

struct opened {
	struct dns_msg msg;
	struct bytes packet;
	enum dns_rcode rcode;
};

static struct opened open_hex(const char *text)
{
	struct opened o = {.packet = hex_bytes(text)};
	o.rcode = dns_msg_open(&o.msg, o.packet);
	return o;
}

static void close_hex(struct opened *o)
{
	free((void *)o->packet.data);
}

static void expect_name(const struct dns_name *name, const char *want)
{
	char text[DNS_NAME_TEXT_MAX];
	cr_expect_str_eq(dns_name_print(name, text), want);
}

Test(msg, a_query_is_opened)
{
	struct opened o = open_hex(QUERY "0001 0000 0000 0001 " ASKED OPT);
	cr_assert_eq(o.rcode, DNS_NOERROR);
	cr_expect_eq(o.msg.id, 0x1234);
	cr_expect_eq(o.msg.flags, DNS_FLAG_RD);
	cr_expect_eq(o.msg.opcode, DNS_OPCODE_QUERY);
	cr_expect(o.msg.has_question);
	expect_name(&o.msg.qname, "www.corp.");
	cr_expect_eq(o.msg.qtype, DNS_TYPE_A);
	cr_expect_eq(o.msg.qclass, DNS_CLASS_IN);
	cr_expect_eq(o.msg.question_end, 26);
	cr_expect(o.msg.edns.is_present);
	cr_expect(o.msg.edns.wants_dnssec);
	cr_expect_not(o.msg.edns.wants_nsid);
	cr_expect_eq(o.msg.edns.udp_size, 1232);
	cr_expect_eq(o.msg.edns.version, 0);
	cr_expect_not(o.msg.has_tsig);
	close_hex(&o);
}

Test(msg, an_update_is_opened_and_its_sections_are_walked)
{
	struct opened o = open_hex(UPDATE "0001 0001 0002 0002 "
					  "04'corp'00 0006 0001 "
					  "03'www'c00c 00ff 00fe 00000000 0000 "
					  "03'www'c00c 0001 00ff 00000000 0000 "
					  "c016 0001 0001 0000003c 0004 0a000007 " OPT TSIG);
	struct dns_msg_rr rr;
	cr_assert_eq(o.rcode, DNS_NOERROR);
	cr_expect_eq(o.msg.opcode, DNS_OPCODE_UPDATE);
	struct dns_msg_walk walk = dns_msg_walk(&o.msg, DNS_PREREQUISITE);
	cr_assert(dns_msg_next(&walk, &rr));
	expect_name(&rr.owner, "www.corp.");
	cr_expect_eq(rr.type, DNS_TYPE_ANY);
	cr_expect_eq(rr.class, DNS_CLASS_NONE);
	cr_expect_eq(rr.rdata_len, 0);
	cr_expect_not(dns_msg_next(&walk, &rr));
	walk = dns_msg_walk(&o.msg, DNS_UPDATE);
	cr_assert(dns_msg_next(&walk, &rr));
	cr_expect_eq(rr.class, DNS_CLASS_ANY);
	cr_assert(dns_msg_next(&walk, &rr));
	expect_name(&rr.owner, "www.corp.");
	cr_expect_eq(rr.ttl, 60);
	uint8_t room[4];
	struct bytes_out out = bytes_out_of(room, sizeof(room));
	cr_expect(dns_msg_rdata(&o.msg, &rr, &out));
	hex_expect(bytes_of(room, bytes_out_len(&out)), "0a000007", "data");
	cr_expect_not(dns_msg_rdata(&o.msg, &rr, &out), "there is no room");
	cr_expect_eq(bytes_out_len(&out), 4);
	cr_expect_not(out.full, "the writer is as it was");
	cr_expect_not(dns_msg_next(&walk, &rr));
	walk = dns_msg_walk(&o.msg, DNS_ADDITIONAL);
	cr_assert(dns_msg_next(&walk, &rr));
	cr_expect_eq(rr.type, DNS_TYPE_OPT);
	cr_assert(dns_msg_next(&walk, &rr));
	cr_expect_eq(rr.type, DNS_TYPE_TSIG);
	cr_expect_not(dns_msg_next(&walk, &rr));
	close_hex(&o);
}

Test(msg, a_tsig_is_found_and_read)
{
	struct opened o = open_hex(QUERY "0001 0000 0000 0002 " ASKED OPT TSIG);
	cr_assert_eq(o.rcode, DNS_NOERROR);
	cr_assert(o.msg.has_tsig);
	cr_expect_eq(o.msg.tsig_at, 26 + 11);
	expect_name(&o.msg.tsig.key, "k.");
	expect_name(&o.msg.tsig.algorithm, "a.");
	cr_expect_eq(o.msg.tsig.time, 1);
	cr_expect_eq(o.msg.tsig.fudge, 300);
	cr_expect_eq(o.msg.tsig.original_id, 0x1234);
	cr_expect_eq(o.msg.tsig.error, 0);
	hex_expect(o.msg.tsig.mac, "beef", "MAC");
	cr_expect_eq(o.msg.tsig.other.len, 0);
	close_hex(&o);
}

Test(msg, data_is_decompressed_into_stored_form)
{
	struct opened o = open_hex("1234 8400 0001 0001 0000 0000 " ASKED
				   "c00c 000f 0001 0000003c 0007 000a 02'Mx'c010");
	uint8_t room[300];
	struct bytes_out out = bytes_out_of(room, sizeof(room));
	struct dns_msg_rr rr;
	cr_assert_eq(o.rcode, DNS_NOERROR);
	struct dns_msg_walk walk = dns_msg_walk(&o.msg, DNS_ANSWER);
	cr_assert(dns_msg_next(&walk, &rr));
	cr_assert(dns_msg_rdata(&o.msg, &rr, &out));
	hex_expect(bytes_of(room, bytes_out_len(&out)), "000a 02'Mx' 04'corp' 00", "MX");
	close_hex(&o);
}

Test(msg, data_that_does_not_fit_its_type_is_refused)
{
	struct opened o = open_hex("1234 2800 0001 0000 0003 0000 " ASKED
				   "c00c 0001 0001 0000003c 0003 0a0000"
				   "c00c 0002 0001 0000003c 0002 c0ff"
				   "c00c 000f 0001 0000003c 0001 00");
	uint8_t room[300];
	struct bytes_out out = bytes_out_of(room, sizeof(room));
	struct dns_msg_rr rr;
	cr_assert_eq(o.rcode, DNS_NOERROR, "opening does not look at data");
	struct dns_msg_walk walk = dns_msg_walk(&o.msg, DNS_UPDATE);
	while (dns_msg_next(&walk, &rr)) {
		cr_expect_not(dns_msg_rdata(&o.msg, &rr, &out), "type %u", rr.type);
		cr_expect_eq(bytes_out_len(&out), 0);
	}
	close_hex(&o);
}

Test(msg, edns_of_every_kind_is_read)
{
	static const struct {
		const char *opt;
		struct dns_edns edns;
	} rows[] = {
		{"00 0029 1000 00000000 0000", {.is_present = true, .udp_size = 4096}},
		{"00 0029 0000 00000000 0000", {.is_present = true}},
		{"00 0029 04d0 00000000 0004 0003 0000",
		 {.is_present = true, .udp_size = 1232, .wants_nsid = true}},
		{"00 0029 04d0 00000000 0010 000a 0008 0102030405060708 0003 0000",
		 {.is_present = true, .udp_size = 1232, .wants_nsid = true}},
		{"00 0029 04d0 00018000 0000",
		 {.is_present = true, .udp_size = 1232, .wants_dnssec = true, .version = 1}},
		/* Another version may mean something else by its options. */
		{"00 0029 04d0 00ff0000 0003 000300",
		 {.is_present = true, .udp_size = 1232, .version = 255}},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		char text[400];
		sprintf(text, QUERY "0001 0000 0000 0001 " ASKED "%s", rows[i].opt);
		struct opened o = open_hex(text);
		struct dns_edns want = rows[i].edns, got = o.msg.edns;
		cr_expect_eq(o.rcode, DNS_NOERROR, "%s", rows[i].opt);
		cr_expect(got.is_present == want.is_present && got.udp_size == want.udp_size &&
				  got.version == want.version &&
				  got.wants_nsid == want.wants_nsid &&
				  got.wants_dnssec == want.wants_dnssec,
			  "%s", rows[i].opt);
		close_hex(&o);
	}
}

Test(msg, each_malformed_packet_is_a_form_error_that_knows_whether_to_echo)
{
	static const struct {
		const char *what, *packet;
		bool has_question;
	} rows[] = {
		{"header alone", QUERY "0000 0000 0000 0000", false},
		{"header that promises a question", QUERY "0001 0000 0000 0000", false},
		{"two questions", QUERY "0002 0000 0000 0000 " ASKED ASKED, false},
		{"no question but an OPT", QUERY "0000 0000 0000 0001 " OPT, false},
		{"question cut in its name", QUERY "0001 0000 0000 0000 03'Ww'", false},
		{"question cut before its type", QUERY "0001 0000 0000 0000 03'WwW'00", false},
		{"question cut in its class", QUERY "0001 0000 0000 0000 03'WwW'00 0001 00", false},
		{"question of a label of 64", QUERY "0001 0000 0000 0000 40'WwW'00 0001 0001",
		 false},
		{"question of a reserved label type", QUERY "0001 0000 0000 0000 80 00 0001 0001",
		 false},
		{"question that points at itself", QUERY "0001 0000 0000 0000 c00c 0001 0001",
		 false},
		{"question that points ahead", QUERY "0001 0000 0000 0000 c012 0001 0001 00",
		 false},
		{"question that points into the header", QUERY "0001 0000 0000 0000 c004 0001 0001",
		 false},
		{"bytes behind the question", QUERY "0001 0000 0000 0000 " ASKED "00", true},
		{"bytes behind the last record", QUERY "0001 0001 0000 0000 " ASKED A_RR "00",
		 true},
		{"ANCOUNT of one and no record", QUERY "0001 0001 0000 0000 " ASKED, true},
		{"NSCOUNT of one and no record", QUERY "0001 0000 0001 0000 " ASKED, true},
		{"ARCOUNT of one and no record", QUERY "0001 0000 0000 0001 " ASKED, true},
		{"ARCOUNT of 65535 and one record", QUERY "0001 0000 0000 ffff " ASKED A_RR, true},
		{"ANCOUNT less than there are", QUERY "0001 0000 0000 0000 " ASKED A_RR, true},
		{"record cut in its owner", QUERY "0001 0001 0000 0000 " ASKED "c0", true},
		{"record cut behind its owner", QUERY "0001 0001 0000 0000 " ASKED "c00c", true},
		{"record cut in its TTL", QUERY "0001 0001 0000 0000 " ASKED "c00c 0001 0001 0000",
		 true},
		{"record cut in its data length",
		 QUERY "0001 0001 0000 0000 " ASKED "c00c 0001 0001 0000003c 00", true},
		{"record that leaves the packet",
		 QUERY "0001 0001 0000 0000 " ASKED "c00c 0001 0001 0000003c 0004 0a0000", true},
		{"owner that points at itself",
		 QUERY "0001 0001 0000 0000 " ASKED "c01a 0001 0001 0000003c 0000", true},
		{"owner that points ahead",
		 QUERY "0001 0001 0000 0000 " ASKED "c026 0001 0001 0000003c 0001 00", true},
		{"owner that points behind the packet",
		 QUERY "0001 0001 0000 0000 " ASKED "ffff 0001 0001 0000003c 0000", true},
		{"owners that point at each other",
		 QUERY "0001 0002 0000 0000 " ASKED
		       "01'a' c028 0001 0001 0000003c 0000 01'b' c01a 0001 0001 0000003c 0000",
		 true},
		{"OPT with an owner",
		 QUERY "0001 0000 0000 0001 " ASKED "c00c 0029 04d0 00000000 0000", true},
		{"OPT among the answers", QUERY "0001 0001 0000 0000 " ASKED OPT, true},
		{"OPT in the authority section", QUERY "0001 0000 0001 0000 " ASKED OPT, true},
		{"two OPTs", QUERY "0001 0000 0000 0002 " ASKED OPT OPT, true},
		{"OPT with half an option",
		 QUERY "0001 0000 0000 0001 " ASKED "00 0029 04d0 00000000 0003 000300", true},
		{"OPT with an option longer than it",
		 QUERY "0001 0000 0000 0001 " ASKED "00 0029 04d0 00000000 0005 0003000200", true},
		{"OPT that leaves the packet",
		 QUERY "0001 0000 0000 0001 " ASKED "00 0029 04d0 00000000 0004 0003", true},
		{"TSIG before the OPT", QUERY "0001 0000 0000 0002 " ASKED TSIG OPT, true},
		{"two TSIGs", QUERY "0001 0000 0000 0002 " ASKED TSIG TSIG, true},
		{"TSIG among the answers", QUERY "0001 0001 0000 0000 " ASKED TSIG, true},
		{"TSIG of class IN",
		 QUERY "0001 0000 0000 0001 " ASKED "01'k'00 00fa 0001 00000000 0015 " TSIG_DATA,
		 true},
		{"TSIG with a TTL",
		 QUERY "0001 0000 0000 0001 " ASKED "01'k'00 00fa 00ff 00000001 0015 " TSIG_DATA,
		 true},
		{"TSIG with a byte too many",
		 QUERY "0001 0000 0000 0001 " ASKED "01'k'00 00fa 00ff 00000000 0016 " TSIG_DATA
		       "00",
		 true},
		{"TSIG with a byte too few",
		 QUERY "0001 0000 0000 0001 " ASKED "01'k'00 00fa 00ff 00000000 0014 "
		       "01'a'00 000000000001 012c 0002 beef 1234 0000 00",
		 true},
		{"TSIG whose MAC leaves it",
		 QUERY "0001 0000 0000 0001 " ASKED "01'k'00 00fa 00ff 00000000 0015 "
		       "01'a'00 000000000001 012c 00ff beef 1234 0000 0000",
		 true},
		{"TSIG whose other data leaves it",
		 QUERY "0001 0000 0000 0001 " ASKED "01'k'00 00fa 00ff 00000000 0015 "
		       "01'a'00 000000000001 012c 0002 beef 1234 0000 0001",
		 true},
		{"TSIG with a compressed algorithm",
		 QUERY "0001 0000 0000 0001 " ASKED "01'k'00 00fa 00ff 00000000 0014 "
		       "c00c 000000000001 012c 0002 beef 1234 0000 0000",
		 true},
		{"TSIG without data",
		 QUERY "0001 0000 0000 0001 " ASKED "01'k'00 00fa 00ff 00000000 0000", true},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct opened o = open_hex(rows[i].packet);
		cr_expect_eq(o.rcode, DNS_FORMERR, "%s", rows[i].what);
		cr_expect_eq(o.msg.has_question, rows[i].has_question, "%s", rows[i].what);
		cr_expect_eq(o.msg.id, 0x1234, "%s", rows[i].what);
		close_hex(&o);
	}
}

Test(msg, every_prefix_of_a_good_packet_is_malformed)
{
	struct opened whole = open_hex(UPDATE "0001 0001 0001 0002 " ASKED A_RR A_RR OPT TSIG);
	cr_assert_eq(whole.rcode, DNS_NOERROR);
	for (size_t len = DNS_HEADER_LEN; len < whole.packet.len; len++) {
		uint8_t *cut = malloc(len);
		struct dns_msg msg;
		memcpy(cut, whole.packet.data, len);
		cr_expect_eq(dns_msg_open(&msg, bytes_of(cut, len)), DNS_FORMERR, "%zu", len);
		free(cut);
	}
	close_hex(&whole);
}

Test(msg, names_as_long_as_may_be_are_read_and_longer_ones_are_not)
{
	uint8_t packet[12 + 257 + 4] = {0x12, 0x34, 0, 0, 0, 1};
	struct dns_msg msg;
	/* Three labels of 63 and one of 61 make 255 bytes. */
	for (size_t i = 0; i < 4; i++)
		packet[12 + 64 * i] = i < 3 ? 63 : 61;
	packet[12 + 254 + 2] = packet[12 + 254 + 4] = 1;
	cr_expect_eq(dns_msg_open(&msg, bytes_of(packet, 12 + 255 + 4)), DNS_NOERROR);
	cr_expect_eq(msg.qname.len, 255);
	packet[12 + 64 * 3] = 62;
	cr_expect_eq(dns_msg_open(&msg, bytes_of(packet, 12 + 256 + 4)), DNS_FORMERR);
}

Test(msg, only_a_whole_header_that_asks_is_worth_an_answer)
{
	static const struct {
		const char *packet;
		bool is_request;
	} rows[] = {
		{"", false},
		{"1234 0100 0001 0000 0000 00", false},
		{"1234 0100 0001 0000 0000 0000", true},
		{"1234 ffff 0001 0000 0000 0000", false},
		{"1234 7fff 0001 0000 0000 0000", true},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct bytes packet = hex_bytes(rows[i].packet);
		cr_expect_eq(dns_msg_is_request(packet), rows[i].is_request, "%s", rows[i].packet);
		free((void *)packet.data);
	}
}

Test(msg, a_tsig_is_written_as_it_was_read)
{
	struct opened o = open_hex(QUERY "0001 0000 0000 0001 " ASKED TSIG);
	uint8_t room[600];
	struct bytes_out out = bytes_out_of(room, sizeof(room));
	struct dns_tsig *tsig = &o.msg.tsig;
	dns_tsig_write(tsig, &out);
	hex_expect(bytes_of(room, bytes_out_len(&out)), TSIG, "record");
	cr_expect_eq(dns_tsig_size(&tsig->key, &tsig->algorithm, 2, 0), bytes_out_len(&out));
	out = bytes_out_of(room, sizeof(room));
	tsig->error = DNS_BADTIME;
	tsig->other = bytes_of("123456", 6);
	dns_tsig_variables(tsig, false, &out);
	hex_expect(bytes_of(room, bytes_out_len(&out)),
		   "01'k'00 00ff 00000000 01'a'00 000000000001 012c 0012 0006 '123456'",
		   "variables");
	out = bytes_out_of(room, sizeof(room));
	dns_tsig_variables(tsig, true, &out);
	hex_expect(bytes_of(room, bytes_out_len(&out)), "000000000001 012c", "timers");
	out = bytes_out_of(room, sizeof(room));
	dns_tsig_write(tsig, &out);
	cr_expect_eq(dns_tsig_size(&tsig->key, &tsig->algorithm, 2, 6), bytes_out_len(&out));
	close_hex(&o);
}
