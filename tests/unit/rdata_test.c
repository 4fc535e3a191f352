/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "tests/unit/rdata_texts.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static uint8_t buffer[70000];
static char printed[400000];

static struct dns_name origin(void)
{
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, "corp.example"));
	return name;
}

static uint16_t type_of(const char *text)
{
	uint16_t type = 0;
	cr_assert(dns_type_parse(text, strlen(text), &type), "%s", text);
	return type;
}

/* Parses into `buffer`; what was wrong, or NULL. */
static const char *parse(const char *type, const char *text, size_t *len)
{
	struct dns_name o = origin();
	struct bytes_out out = bytes_out_of(buffer, sizeof buffer);
	unsigned column = 0;
	const char *wrong = dns_rdata_parse_text(type_of(type), text, &o, &out, &column);
	if (wrong)
		cr_expect_gt(column, 0);
	*len = bytes_out_len(&out);
	return wrong;
}

Test(rdata, texts_of_every_type_go_both_ways)
{
	for (size_t i = 0; i < RDATA_TEXTS; i++) {
		size_t len, again_len;
		uint8_t first[2000];
		const char *expected =
			rdata_texts[i].printed ? rdata_texts[i].printed : rdata_texts[i].text;
		const char *wrong = parse(rdata_texts[i].type, rdata_texts[i].text, &len);
		cr_expect_null(wrong, "%s %s: %s", rdata_texts[i].type, rdata_texts[i].text, wrong);
		if (wrong)
			continue;
		uint16_t type = type_of(rdata_texts[i].type);
		memcpy(first, buffer, len);
		cr_expect(dns_rdata_is_valid(type, bytes_of(first, len)));
		size_t text_len =
			dns_rdata_print(type, bytes_of(first, len), printed, sizeof printed);
		cr_expect_eq(text_len, strlen(printed));
		cr_expect_str_eq(printed, expected, "%s: %s, not %s", rdata_texts[i].type, printed,
				 expected);
		wrong = parse(rdata_texts[i].type, printed, &again_len);
		cr_expect_null(wrong, "%s %s: %s", rdata_texts[i].type, printed, wrong);
		cr_expect(bytes_equal(bytes_of(first, len), bytes_of(buffer, again_len)), "%s",
			  printed);
	}
}

/* RFC 4034 3.1.5: a time is a number modulo 2^32, so that one after 2106 is small again. */
Test(rdata, what_old_and_late_files_hold_is_read)
{
	static const uint8_t expiration[] = {0x1a, 0x23, 0xa3, 0x00};
	size_t len;
	cr_assert_null(parse("RRSIG", "A 13 3 300 21200101000000 20200101000000 1 z. AAAA", &len));
	cr_expect_arr_eq(buffer + 8, expiration, sizeof expiration);
	cr_expect_null(parse("A6", "0 2001:db8::1", &len));
	cr_expect_eq(len, 17);
	cr_expect_null(parse("WKS", "10.0.0.1 tcp http 25", &len));
	cr_expect_eq(buffer[5 + 80 / 8], 0x80 >> 80 % 8);
	cr_expect_eq(buffer[5 + 25 / 8], 0x80 >> 25 % 8);
}

Test(rdata, every_type_may_be_given_as_bytes)
{
	for (size_t i = 0; i < RDATA_TEXTS; i++) {
		size_t len, again_len;
		uint8_t first[2000];
		if (parse(rdata_texts[i].type, rdata_texts[i].text, &len))
			continue;
		memcpy(first, buffer, len);
		int at = sprintf(printed, "\\# %zu ", len);
		for (size_t k = 0; k < len; k++)
			at += sprintf(printed + at, "%02x", first[k]);
		const char *wrong = parse(rdata_texts[i].type, printed, &again_len);
		cr_expect_null(wrong, "%s %s: %s", rdata_texts[i].type, printed, wrong);
		cr_expect(bytes_equal(bytes_of(first, len), bytes_of(buffer, again_len)));
	}
}

Test(rdata, shortened_data_is_refused_or_reads_as_what_it_is)
{
	for (size_t i = 0; i < RDATA_TEXTS; i++) {
		size_t len;
		if (parse(rdata_texts[i].type, rdata_texts[i].text, &len))
			continue;
		uint16_t type = type_of(rdata_texts[i].type);
		uint8_t first[2000], out[2000];
		memcpy(first, buffer, len);
		first[len] = 0xff;
		for (size_t n = 0; n <= len + 1; n++) {
			struct bytes_in in = bytes_in_of(first, n);
			struct bytes_out to = bytes_out_of(out, sizeof out);
			bool is_read = dns_rdata_read(&in, type, n, &to);
			if (n == len)
				cr_expect(is_read, "%s", rdata_texts[i].text);
			cr_expect_eq(is_read, dns_rdata_is_valid(type, bytes_of(first, n)),
				     "%s %zu", rdata_texts[i].text, n);
			if (is_read)
				cr_expect(bytes_equal(bytes_of(out, bytes_out_len(&to)),
						      bytes_of(first, n)));
		}
	}
}

Test(rdata, bad_texts_are_refused)
{
	static const struct {
		const char *type, *text;
	} rows[] = {
		{"A", ""},
		{"A", "10.0.0"},
		{"A", "10.0.0.256"},
		{"A", "10.0.0.1 x"},
		{"A", "\"10.0.0.1\""},
		{"A", "10.0.0.1\n10.0.0.2"},
		{"A", "(10.0.0.1"},
		{"A", "10.0.0.1)"},
		{"A", "010.0.0.1.1"},
		{"A", "\\# 3 0A0000"},
		{"A", "\\# 4 0A0000"},
		{"A", "\\# 5 0A00000700"},
		{"A", "\\# 4 0A00000"},
		{"A", "\\# x 0A000007"},
		{"A", "\\# 65536 00"},
		{"A", "\\#"},
		{"A", "\\# 0"},
		{"AAAA", "10.0.0.1"},
		{"AAAA", "2001:db8:::1"},
		{"AAAA", "::1%lo"},
		{"NS", "a..b"},
		{"NS", "\"a\""},
		{"NS", "a b"},
		{"SOA", "a. b. 1 2 3 4"},
		{"SOA", "a. b. 1 2 3 4 5 6"},
		{"SOA", "a. b. 4294967296 2 3 4 5"},
		{"SOA", "a. b. 1h 2 3 4 5"},
		{"SOA", "a. b. 1 2x 3 4 5"},
		{"SOA", "a. b. 1 8000w 3 4 5"},
		{"MX", "65536 a."},
		{"MX", "-1 a."},
		{"MX", "a."},
		{"MX", "10"},
		{"TXT", ""},
		{"TXT", "\"a"},
		{"TXT", "\"\\256\""},
		{"TXT", "\\25"},
		{"TXT", "a\"b\""},
		{"TXT", "k=\"v\""},
		{"NULL", "x"},
		{"NULL", ""},
		{"WKS", "10.0.0.1 tcp 65536"},
		{"WKS", "10.0.0.1 256"},
		{"WKS", "10.0.0.1 tcp nosuch"},
		{"HINFO", "a"},
		{"HINFO", "a b c"},
		{"ISDN", "a b c"},
		{"NSAP", "47"},
		{"NSAP", "0x"},
		{"NSAP", "0x4"},
		{"ATMA", "+"},
		{"ATMA", "+12a"},
		{"RRSIG", "A 13 2 3600 20260230000000 0 7 e. AQID"},
		{"RRSIG", "A 13 2 3600 99999999999 0 7 e. AQID"},
		{"RRSIG", "A 13 2 3600 0 0 7 e."},
		{"RRSIG", "NOTYPE 13 2 3600 0 0 7 e. AQID"},
		{"LOC", "91 N 0 E 0"},
		{"LOC", "90 0 0.001 N 0 E 0"},
		{"LOC", "0 N 181 E 0"},
		{"LOC", "0 60 N 0 E 0"},
		{"LOC", "0 0 60 N 0 E 0"},
		{"LOC", "0 N 0 N 0"},
		{"LOC", "0 N 0 E"},
		{"LOC", "0 N 0 E 42849672.96"},
		{"LOC", "0 N 0 E -100000.01"},
		{"LOC", "0 N 0 E 0 90000000.01"},
		{"LOC", "0 N 0 E 0 1 1 1 1"},
		{"LOC", "0 N 0 E x"},
		{"LOC", "0 0 0.0001 N 0 E 0"},
		{"LOC", "0.5 N 0 E 0"},
		{"LOC", "42 N 71.0001 W 1"},
		{"NXT", "a."},
		{"NXT", "a. CAA"},
		{"EID", ""},
		{"EID", "abc"},
		{"EID", "0g"},
		{"NAPTR", "1 2 a b c"},
		{"CERT", "X 1 1 AQID"},
		{"APL", "1:10.0.0.0/33"},
		{"APL", "3:10.0.0.0/8"},
		{"APL", "10.0.0.0/8"},
		{"APL", "1:10.0.0.0"},
		{"APL", "1:::/8"},
		{"APL", "/:"},
		{"APL", "!"},
		{"DS", "1 5 1"},
		{"DS", "65536 5 1 00"},
		{"DS", "1 256 1 00"},
		{"SSHFP", "1 1"},
		{"IPSECKEY", "10 4 2 . AQID"},
		{"IPSECKEY", "10 0 2 . "},
		{"IPSECKEY", "10 0 0 . AQID"},
		{"IPSECKEY", "10 0 2 x AQID"},
		{"DNSKEY", "257 3 13 AQI"},
		{"DNSKEY", "257 3 13 AQ=D"},
		{"DNSKEY", "257 3 13 AQ-_"},
		{"DNSKEY", "257 3 13"},
		{"DNSKEY", "257 3 13 AR=="},
		{"DNSKEY", "257 3 13 A==="},
		{"NSEC", "a. NOTYPE"},
		{"NSEC3", "1 0 0 - - A"},
		{"NSEC3", "1 0 0 - vptuw A"},
		{"NSEC3PARAM", "1 0 0 -  x"},
		{"NSEC3PARAM", "1 0 0 abc"},
		{"HIP", "2 - AQ=="},
		{"HIP", "2 20"},
		{"SVCB", "1 foo. key123=a key123=b"},
		{"SVCB", "1 foo. mandatory"},
		{"SVCB", "1 foo. mandatory=key123"},
		{"SVCB", "1 foo. mandatory=mandatory"},
		{"SVCB", "1 foo. mandatory=key123,key123 key123=abc"},
		{"SVCB", "1 foo. alpn"},
		{"SVCB", "1 foo. alpn=,h2"},
		{"SVCB", "1 foo. alpn=h2,"},
		{"SVCB", "1 foo. alpn=a\\\\"},
		{"SVCB", "1 foo. port"},
		{"SVCB", "1 foo. port=65536"},
		{"SVCB", "1 foo. port="},
		{"SVCB", "1 foo. no-default-alpn=abc alpn=h2"},
		{"SVCB", "1 foo. no-default-alpn"},
		{"SVCB", "1 foo. ipv4hint=1.2.3"},
		{"SVCB", "1 foo. ipv4hint="},
		{"SVCB", "1 foo. ipv6hint=1.2.3.4"},
		{"SVCB", "1 foo. ech=x"},
		{"SVCB", "1 foo. ech"},
		{"SVCB", "1 foo. key65535=a"},
		{"SVCB", "1 foo. nosuch=a"},
		{"SVCB", "1 foo. key3=abc"},
		{"SVCB", "1 foo. =a"},
		{"SVCB", "1 foo. \"port=53\""},
		{"SVCB", "1 foo. key9999=a=\"b\""},
		{"SVCB", "1"},
		{"HTTPS", "65536 ."},
		{"EUI48", "00-00-5e-00-53"},
		{"EUI48", "00:00:5e:00:53:2a"},
		{"EUI48", "00-00-5e-00-53-2a-00"},
		{"EUI48", "0-0-5e-0-53-2a"},
		{"L64", "10 2001:db8:1140"},
		{"L64", "10 2001:db8:1140:10000"},
		{"L64", "10 1:2:3:"},
		{"CAA", "0 \"\" x"},
		{"CAA", "0 is_sue x"},
		{"CAA", "256 issue x"},
		{"CAA", "0 issue"},
		{"AMTRELAY", "10 2 1 10.0.0.1"},
		{"AMTRELAY", "10 0 4 ."},
		{"AMTRELAY", "10 0 1 ."},
		{"IPN", "18446744073709551616"},
		{"DOA", "0 1 2 \"\""},
		{"TYPE65280", "abc"},
		{"TYPE65280", "\\# 1"},
		{"TYPE65280", "\\# 1 zz"},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		size_t len;
		cr_expect_not_null(parse(rows[i].type, rows[i].text, &len), "%s %s", rows[i].type,
				   rows[i].text);
	}
}

Test(rdata, bad_bytes_are_refused)
{
	static const struct {
		const char *type, *hex;
	} rows[] = {
		{"A", "0A0000"},
		{"A", "0A00000700"},
		{"AAAA", "00"},
		{"NS", ""},
		{"NS", "0161"},
		{"NS", "C000"},
		{"NS", "016100FF"},
		{"MX", "0001"},
		{"TXT", ""},
		{"TXT", "0261"},
		{"HINFO", "0161"},
		{"HINFO", "016101620163"},
		{"SOA", "0000"},

		{"NSEC", "000000"},
		{"NSEC", "00000100"},
		{"NSEC", "0000014001"},
		{"NSEC", "0001014000 0140"},
		{"NSEC", "000021404040"},
		{"NXT", "0080"},
		{"NXT", "00"},
		{"NXT", "004000"},
		{"LOC", "01000000800000008000000000989680"},
		{"LOC", "00A00000800000008000000000989680"},
		{"LOC", "000A0000800000008000000000989680"},
		{"LOC", "00050000800000008000000000989680"},
		{"LOC", "00000000000000008000000000989680"},
		{"LOC", "000000008000000080000000009896"},
		{"APL", "0001080500000000FF"},
		{"APL", "00010801"},
		{"APL", "0001080200FF00"},
		{"APL", "000121010A"},
		{"APL", "0003080100"},
		{"APL", "0001080201 00"},
		{"SVCB", "000100 0003000200350001000302 6833"},
		{"SVCB", "000100 000300010 0"},
		{"SVCB", "000100 00010000"},
		{"SVCB", "000100 0001000100"},
		{"SVCB", "000100 00020000"},
		{"SVCB", "000100 000000020003"},
		{"SVCB", "000100 FFFF0000"},
		{"SVCB", "000100 0003"},
		{"SVCB", "000100 00030002003500030002 0035"},
		{"SVCB", "000100 000400030A0000"},
		{"IPSECKEY", "0A040001"},
		{"IPSECKEY", "0A0002"},
		{"IPSECKEY", "0A0102 0A0000"},
		{"AMTRELAY", "0A04"},
		{"AMTRELAY", "0A"},
		{"HIP", "0102000101"},
		{"HIP", "00020001 01"},
		{"CAA", "000061"},
		{"CAA", "0001 2D"},
		{"CAA", "00"},
		{"NSEC3", "0100000000 00"},
		{"NSEC3PARAM", "010000000 1"},
		{"DS", "0001 0501"},
		{"EUI48", "0000000000"},
		{"IPN", "00"},
		{"WKS", "0A0000010600"},
		{"ATMA", "00"},
		{"ATMA", "0131 61"},
		{"ATMA", "0230"},
		{"SRV", "000000000000"},
		{"DOA", "0000000000000001 02 05 61"},
		{"RRSIG", "00010D02"},
		{"DNSKEY", "01010305"},
		{"X25", ""},
		{"ISDN", "01610162 01"},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint8_t bytes[64];
		size_t len = 0, digits = 0;
		for (const char *p = rows[i].hex; *p; p++) {
			if (*p == ' ')
				continue;
			unsigned value = *p <= '9' ? *p - '0' : *p - 'A' + 10;
			bytes[len] = (uint8_t)(digits % 2 ? bytes[len] << 4 | value : value);
			len += digits++ % 2;
		}
		uint16_t type = type_of(rows[i].type);
		cr_expect_not(dns_rdata_is_valid(type, bytes_of(bytes, len)), "%s %s", rows[i].type,
			      rows[i].hex);
		dns_rdata_print(type, bytes_of(bytes, len), printed, sizeof printed);
		cr_expect_eq(strncmp(printed, "\\# ", 3), 0, "damaged data is shown as bytes: %s",
			     printed);
	}
}

Test(rdata, names_are_decompressed_where_allowed_only)
{
	static const struct {
		const char *type;
		size_t before; /* bytes before the first name */
		bool allowed;
	} rows[] = {{"NS", 0, true},     {"MX", 2, true},   {"SRV", 6, true}, {"AFSDB", 2, true},
		    {"DNAME", 0, false}, {"KX", 2, false},  {"LP", 2, false}, {"PTR", 0, true},
		    {"HTTPS", 2, false}, {"NSEC", 0, false}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint8_t message[40] = "\1A\0";
		uint8_t out[100];
		size_t len = rows[i].before + 4;
		memcpy(message + 3 + rows[i].before, "\1b\xc0\x00", 4);
		struct bytes_in in = bytes_in_of(message, 3 + len + 5);
		bytes_in_take(&in, 3);
		struct bytes_out to = bytes_out_of(out, sizeof out);
		cr_expect_eq(dns_rdata_read(&in, type_of(rows[i].type), len, &to), rows[i].allowed,
			     "%s", rows[i].type);
		if (!rows[i].allowed)
			continue;
		cr_expect_eq(bytes_out_len(&to), rows[i].before + 5);
		cr_expect_eq(memcmp(out + rows[i].before, "\1b\1A", 5), 0);
		cr_expect_eq(bytes_in_offset(&in), 3 + len);
	}
}

Test(rdata, reading_stops_where_the_data_ends)
{
	uint8_t out[100];
	struct bytes_in in = bytes_in_of("\0\xa\4mail\0", 8);
	struct bytes_out to = bytes_out_of(out, sizeof out);
	cr_expect_not(dns_rdata_read(&in, DNS_TYPE_MX, 7, &to), "the name goes on behind the data");
	in = bytes_in_of("\0\xa\4mail\0", 8);
	cr_expect_not(dns_rdata_read(&in, DNS_TYPE_MX, 9, &to), "more than the message has");
	in = bytes_in_of("\0\xa\4mail\0", 8);
	to = bytes_out_of(out, 7);
	cr_expect_not(dns_rdata_read(&in, DNS_TYPE_MX, 8, &to), "more than fits");
}

struct pieces {
	char shape[8];
	uint8_t bytes[300];
	size_t len, count;
};

static void take_bytes(void *context, struct bytes piece)
{
	struct pieces *p = context;
	p->shape[p->count++] = 'b';
	memcpy(p->bytes + p->len, piece.data, piece.len);
	p->len += piece.len;
}

static void take_name(void *context, struct bytes piece)
{
	struct pieces *p = context;
	take_bytes(p, piece);
	p->shape[p->count - 1] = 'n';
}

Test(rdata, write_shows_the_names_that_may_be_compressed)
{
	static const struct {
		const char *type, *text, *shape;
	} rows[] = {{"A", "10.0.0.7", "b"},    {"NS", "a.", "n"},
		    {"MX", "10 a.", "bn"},     {"SOA", "a. b. 1 2 3 4 5", "nnb"},
		    {"MINFO", "a. b.", "nn"},  {"SRV", "1 2 3 a.", "b"},
		    {"DNAME", "a.", "b"},      {"RP", "a. b.", "b"},
		    {"TXT", "x", "b"},         {"APL", "", ""},
		    {"TYPE65280", "\\# 0", ""}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		size_t len;
		struct pieces p = {.len = 0};
		struct dns_rdata_pieces trade = {take_bytes, take_name, &p};
		cr_assert_null(parse(rows[i].type, rows[i].text, &len));
		dns_rdata_write(type_of(rows[i].type), bytes_of(buffer, len), &trade);
		cr_expect_str_eq(p.shape, rows[i].shape, "%s", rows[i].type);
		cr_expect(bytes_equal(bytes_of(p.bytes, p.len), bytes_of(buffer, len)));
	}
}

static int compare(const char *type, const char *a, const char *b)
{
	size_t len, b_len;
	uint8_t first[1000];
	cr_assert_null(parse(type, a, &len));
	memcpy(first, buffer, len);
	cr_assert_null(parse(type, b, &b_len));
	int order = dns_rdata_compare(type_of(type), bytes_of(first, len), bytes_of(buffer, b_len));
	int back = dns_rdata_compare(type_of(type), bytes_of(buffer, b_len), bytes_of(first, len));
	cr_expect_eq((order > 0) - (order < 0), (back < 0) - (back > 0));
	return (order > 0) - (order < 0);
}

Test(rdata, compare_is_canonical_order)
{
	cr_expect_eq(compare("A", "10.0.0.1", "10.0.0.1"), 0);
	cr_expect_eq(compare("A", "10.0.0.1", "10.0.0.2"), -1);
	cr_expect_eq(compare("NS", "NS1.Example.", "ns1.example."), 0);
	cr_expect_eq(compare("NS", "a.example.", "B.example."), -1);
	cr_expect_eq(compare("NS", "b.", "aa."), -1);
	cr_expect_eq(compare("MX", "10 MAIL.", "10 mail."), 0);
	cr_expect_eq(compare("MX", "9 z.", "10 a."), -1);
	cr_expect_eq(compare("SRV", "0 0 1 A.", "0 0 1 a."), 0);
	cr_expect_eq(compare("DNAME", "A.", "a."), 0);
	cr_expect_eq(compare("SOA", "A. b. 1 2 3 4 5", "a. B. 1 2 3 4 6"), -1);
	cr_expect_eq(compare("RRSIG", "A 13 2 1 0 0 7 E. AQID", "A 13 2 1 0 0 7 e. AQID"), 0);
	cr_expect_neq(compare("NSEC", "A. A", "a. A"), 0, "RFC 6840 5.1");
	cr_expect_neq(compare("SVCB", "1 A.", "1 a."), 0);
	cr_expect_neq(compare("TXT", "A", "a"), 0);
	cr_expect_neq(compare("NAPTR", "1 1 A \"\" \"\" .", "1 1 a \"\" \"\" ."), 0);
	cr_expect_eq(compare("TXT", "a", "a b"), -1);
	cr_expect_eq(compare("CAA", "0 issue a", "0 issue ab"), -1);
}

Test(rdata, target_is_the_host_to_look_up)
{
	static const struct {
		const char *type, *text, *target;
	} rows[] = {{"NS", "Ns1.a.", "ns1.a."},    {"MX", "10 m.a.", "m.a."},
		    {"SRV", "1 2 3 s.a.", "s.a."}, {"HTTPS", "1 h.a. port=1", "h.a."},
		    {"SVCB", "1 .", NULL},         {"MX", "0 .", NULL},
		    {"A", "10.0.0.1", NULL},       {"NAPTR", "1 1 A B \"\" n.a.", "n.a."},
		    {"AFSDB", "1 a.", "a."},       {"TXT", "x", NULL}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		size_t len;
		struct dns_name target;
		cr_assert_null(parse(rows[i].type, rows[i].text, &len));
		bool found =
			dns_rdata_target(type_of(rows[i].type), bytes_of(buffer, len), &target);
		cr_expect_eq(found, rows[i].target != NULL, "%s", rows[i].text);
		char text[DNS_NAME_TEXT_MAX];
		if (found)
			cr_expect_str_eq(dns_name_print(&target, text), rows[i].target);
	}
}

Test(rdata, soa_is_unpacked_and_gets_a_serial)
{
	size_t len;
	struct dns_soa soa;
	cr_assert_null(parse("SOA", "Ns1.a. h.a. 1 2 3 4 5", &len));
	cr_assert(dns_soa_unpack(bytes_of(buffer, len), &soa));
	cr_expect_eq(soa.serial, 1);
	cr_expect_eq(soa.refresh, 2);
	cr_expect_eq(soa.retry, 3);
	cr_expect_eq(soa.expire, 4);
	cr_expect_eq(soa.minimum, 5);
	dns_soa_set_serial(buffer, len, 0xfffffffe);
	cr_expect_eq(dns_soa_serial(bytes_of(buffer, len)), 0xfffffffe);
	dns_rdata_print(DNS_TYPE_SOA, bytes_of(buffer, len), printed, sizeof printed);
	cr_expect_str_eq(printed, "Ns1.a. h.a. 4294967294 2 3 4 5");
	cr_expect_not(dns_soa_unpack(bytes_of(buffer, len - 1), &soa));
}

Test(rdata, print_counts_like_snprintf)
{
	size_t len;
	char small[8];
	cr_assert_null(parse("TXT", "\"hello world\"", &len));
	cr_expect_eq(dns_rdata_print(DNS_TYPE_TXT, bytes_of(buffer, len), small, sizeof small), 13);
	cr_expect_str_eq(small, "\"hello ");
	cr_expect_eq(dns_rdata_print(DNS_TYPE_TXT, bytes_of(buffer, len), NULL, 0), 13);
	cr_expect_eq(dns_rdata_print(DNS_TYPE_TXT, bytes_of(buffer, len), small, 1), 13);
	cr_expect_str_eq(small, "");
}

Test(rdata, the_longest_data_goes_both_ways)
{
	static char text[200000];
	size_t len, at = (size_t)sprintf(text, "\\# 65535 ");
	memset(text + at, 'A', 131070);
	cr_assert_null(parse("TYPE65280", text, &len));
	cr_expect_eq(len, 65535);
	dns_rdata_print(65280, bytes_of(buffer, len), printed, sizeof printed);
	cr_expect_str_eq(printed, text);
	memset(text, 'A', 131072);
	text[131072] = '\0';
	cr_expect_str_eq(parse("EID", text, &len), "record data that is too long");
	memset(text, 'a', 256);
	text[256] = '\0';
	cr_expect_str_eq(parse("TXT", text, &len),
			 "a string longer than 255 bytes: write it as several strings, in quotes");
}

Test(rdata, column_says_where_it_is_wrong)
{
	static const struct {
		const char *type, *text;
		unsigned column;
	} rows[] = {
		{"MX", "10  a..b", 5},       {"MX", "x a.", 1}, {"SRV", "1 2 99999 a.", 5},
		{"A", "10.0.0.1 extra", 10}, {"MX", "10", 3},   {"SVCB", "1 a. port=1 port=2", 13}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct dns_name o = origin();
		struct bytes_out out = bytes_out_of(buffer, sizeof buffer);
		unsigned column = 0;
		cr_expect_not_null(dns_rdata_parse_text(type_of(rows[i].type), rows[i].text, &o,
							&out, &column));
		cr_expect_eq(column, rows[i].column, "%s: %u", rows[i].text, column);
	}
}
