/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/name.h"
#include "dns/type.h"
#include "dns/wire.h"
#include <criterion/criterion.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static struct dns_name name_of(const char *text)
{
	struct dns_name name;
	const char *wrong = dns_name_parse_text(&name, text);
	cr_assert_null(wrong, "%s: %s", text, wrong);
	return name;
}

static const char *text_of(struct dns_name name)
{
	static char out[DNS_NAME_TEXT_MAX];
	return dns_name_print(&name, out);
}

/* `count` labels of `len` bytes each, as text. */
static const char *long_text(unsigned count, unsigned len)
{
	static char text[2000];
	char *at = text;
	for (unsigned i = 0; i < count; i++) {
		memset(at, 'a', len);
		at += len;
		*at++ = '.';
	}
	*at = '\0';
	return text;
}

Test(name, text_becomes_lower_case_wire)
{
	static const struct {
		const char *text, *wire;
		size_t len;
		unsigned labels;
	} rows[] = {{".", "\0", 1, 0},
		    {"Corp.Example", "\4corp\7example\0", 14, 2},
		    {"corp.example.", "\4corp\7example\0", 14, 2},
		    {"a\\.b.c", "\3a.b\1c\0", 7, 2},
		    {"\\000\\255", "\2\0\xff\0", 4, 1},
		    {"\\A", "\1a\0", 3, 1},
		    {"\\065", "\1a\0", 3, 1},
		    {"*.x", "\1*\1x\0", 5, 2}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct dns_name n = name_of(rows[i].text);
		cr_expect_eq(n.len, rows[i].len, "%s", rows[i].text);
		cr_expect_eq(n.labels, rows[i].labels, "%s", rows[i].text);
		cr_expect_eq(memcmp(n.wire, rows[i].wire, n.len), 0, "%s", rows[i].text);
	}
}

Test(name, bad_text_is_refused_with_a_reason)
{
	static const struct {
		const char *text, *wrong;
	} rows[] = {{"", "empty name"},
		    {"..", "empty label in a name"},
		    {".a", "empty label in a name"},
		    {"a..b", "empty label in a name"},
		    {"a\\", "backslash at the end of a name"},
		    {"\\25", "backslash and less than three digits in a name"},
		    {"\\2x5", "backslash and less than three digits in a name"},
		    {"\\256", "backslash and a number above 255 in a name"}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct dns_name n;
		const char *wrong = dns_name_parse_text(&n, rows[i].text);
		cr_assert_not_null(wrong, "%s", rows[i].text);
		cr_expect_str_eq(wrong, rows[i].wrong);
	}
}

Test(name, limits_of_labels_and_names_hold)
{
	struct dns_name n;
	cr_expect_null(dns_name_parse_text(&n, long_text(1, 63)));
	cr_expect_str_eq(dns_name_parse_text(&n, long_text(1, 64)), "label longer than 63 bytes");
	cr_expect_null(dns_name_parse_text(&n, long_text(127, 1)));
	cr_expect_eq(n.len, 255);
	cr_expect_eq(n.labels, 127);
	cr_expect_str_eq(dns_name_parse_text(&n, long_text(128, 1)), "name longer than 255 bytes");
	cr_expect_str_eq(dns_name_parse_text(&n, long_text(4, 63)), "name longer than 255 bytes");
	cr_expect_not_null(dns_name_parse_text(&n, long_text(1, 1500)));
}

Test(name, origin_completes_what_has_no_final_dot)
{
	struct dns_name origin = name_of("corp.example"), n;
	cr_assert_null(dns_name_parse(&n, "PC1", 3, &origin));
	cr_expect_str_eq(text_of(n), "pc1.corp.example.");
	cr_assert_null(dns_name_parse(&n, "pc1.", 4, &origin));
	cr_expect_str_eq(text_of(n), "pc1.");
	cr_assert_null(dns_name_parse(&n, "@", 1, &origin));
	cr_expect(dns_name_equal(&n, &origin));
	cr_assert_null(dns_name_parse(&n, "\\@", 2, &origin));
	cr_expect_str_eq(text_of(n), "\\@.corp.example.");
	struct dns_name root = dns_name_root();
	cr_assert_null(dns_name_parse(&n, "pc1", 3, &root));
	cr_expect_str_eq(text_of(n), "pc1.");
	const char *text = long_text(121, 1); /* 242 bytes and the origin's 14 */
	cr_expect_not_null(dns_name_parse(&n, text, strlen(text) - 1, &origin));
	cr_expect_null(dns_name_parse(&n, text + 2, strlen(text) - 3, &origin));
	cr_expect_eq(n.len, 254);
}

Test(name, raw_keeps_the_case)
{
	uint8_t raw[DNS_NAME_MAX], len;
	struct dns_name origin = name_of("corp.example");
	cr_assert_null(dns_name_parse_raw(raw, &len, "PC1", 3, &origin));
	char text[DNS_NAME_TEXT_MAX];
	cr_assert_str_eq(dns_name_print_raw(bytes_of(raw, len), text), "PC1.corp.example.");
}

Test(name, print_escapes_what_would_read_differently)
{
	static const char *const texts[] = {".", "a\\.b.c.", "\\000\\032\\127\\255.",
					    "\\\"\\(\\)\\;\\@\\$\\\\.", "_sip._tcp.x."};
	for (size_t i = 0; i < ROWS(texts); i++)
		cr_expect_str_eq(text_of(name_of(texts[i])), texts[i]);
	char out[DNS_NAME_TEXT_MAX];
	struct dns_name n = name_of("corp.example"), root = dns_name_root();
	cr_expect_str_eq(dns_name_show(&n, out), "corp.example");
	cr_expect_str_eq(dns_name_show(&root, out), ".");
}

Test(name, from_wire_takes_exactly_a_name)
{
	static const struct {
		const char *wire;
		size_t len;
		bool ok;
	} rows[] = {{"\0", 1, true},       {"\1A\0", 3, true}, {"\1A\0", 2, false},
		    {"\1A\0\0", 4, false}, {"\1A", 2, false},  {"", 0, false},
		    {"\xc0\0", 2, false},  {"\x40", 1, false}, {"\5ab\0", 4, false}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct dns_name n;
		cr_expect_eq(dns_name_from_wire(&n, bytes_of(rows[i].wire, rows[i].len)),
			     rows[i].ok, "row %zu", i);
	}
	uint8_t wire[256];
	memset(wire, 0, sizeof wire);
	for (size_t i = 0; i < 254; i += 2)
		wire[i] = 1;
	struct dns_name n;
	cr_expect(dns_name_from_wire(&n, bytes_of(wire, 255)));
	wire[254] = 1;
	cr_expect_not(dns_name_from_wire(&n, bytes_of(wire, 256)));
}

/* The order of RFC 4034 6.1. */
static const char *const in_order[] = {"example.",         "a.example.",      "yljkjljk.a.example.",
				       "z.a.example.",     "zabc.a.example.", "z.example.",
				       "\\001.z.example.", "*.z.example.",    "\\200.z.example."};

Test(name, compare_is_canonical_order)
{
	for (size_t i = 0; i < ROWS(in_order); i++) {
		for (size_t j = 0; j < ROWS(in_order); j++) {
			struct dns_name a = name_of(in_order[i]), b = name_of(in_order[j]);
			int order = dns_name_compare(&a, &b);
			cr_expect_eq((order > 0) - (order < 0), (i > j) - (i < j), "%s %s",
				     in_order[i], in_order[j]);
		}
	}
}

Test(name, keys_sort_as_names_and_come_back)
{
	struct dns_name apex = name_of("example");
	for (size_t i = 0; i < ROWS(in_order); i++) {
		uint8_t a[DNS_NAME_KEY_MAX], b[DNS_NAME_KEY_MAX];
		struct dns_name name = name_of(in_order[i]), back;
		size_t a_len = dns_name_key(a, &name, &apex);
		cr_assert(dns_name_from_key(&back, bytes_of(a, a_len), &apex));
		cr_expect(dns_name_equal(&back, &name), "%s", in_order[i]);
		cr_expect_eq(back.labels, name.labels);
		if (i == 0) {
			cr_expect_eq(a_len, 0, "the apex is the empty key");
			continue;
		}
		struct dns_name before = name_of(in_order[i - 1]);
		size_t b_len = dns_name_key(b, &before, &apex);
		size_t least = a_len < b_len ? a_len : b_len;
		int order = memcmp(b, a, least);
		cr_expect(order < 0 || (order == 0 && b_len < a_len), "%s", in_order[i]);
	}
}

Test(name, damaged_keys_are_refused)
{
	struct dns_name apex = name_of("example"), n;
	static const struct {
		const char *key;
		size_t len;
	} rows[] = {{"a", 1},      {"\0", 1}, {"a\0\0", 3}, {"\1\0", 2},
		    {"\1\3\0", 3}, {"\1", 1}, {"A\0", 2}};
	for (size_t i = 0; i < ROWS(rows); i++)
		cr_expect_not(dns_name_from_key(&n, bytes_of(rows[i].key, rows[i].len), &apex),
			      "row %zu", i);
	uint8_t key[600];
	memset(key, 'a', sizeof key);
	key[64] = 0;
	cr_expect_not(dns_name_from_key(&n, bytes_of(key, 65), &apex), "label of 64");
	for (size_t i = 1; i < sizeof key; i += 2)
		key[i] = 0;
	cr_expect_not(dns_name_from_key(&n, bytes_of(key, 600), &apex), "name too long");
}

Test(name, longest_key_fits)
{
	char text[1100], *at = text;
	static const unsigned lens[] = {63, 63, 63, 61};
	for (size_t i = 0; i < ROWS(lens); i++) {
		for (unsigned k = 0; k < lens[i]; k++, at += 4)
			memcpy(at, "\\000", 4);
		*at++ = '.';
	}
	*at = '\0';
	struct dns_name name = name_of(text), root = dns_name_root(), back;
	cr_assert_eq(name.len, 255);
	cr_expect_str_eq(text_of(name), text);
	uint8_t key[DNS_NAME_KEY_MAX];
	size_t len = dns_name_key(key, &name, &root);
	cr_expect_eq(len, DNS_NAME_KEY_MAX);
	cr_assert(dns_name_from_key(&back, bytes_of(key, len), &root));
	cr_expect(dns_name_equal(&back, &name));
}

Test(name, under_respects_labels)
{
	static const struct {
		const char *name, *ancestor;
		bool under;
	} rows[] = {{"a.b", "b", true},  {"b", "b", true},      {"b", "a.b", false},
		    {"xb", "b", false},  {"a.b", ".", true},    {".", ".", true},
		    {"a.c", "b", false}, {"\\001b", "b", false}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct dns_name n = name_of(rows[i].name), a = name_of(rows[i].ancestor);
		cr_expect_eq(dns_name_under(&n, &a), rows[i].under, "%s %s", rows[i].name,
			     rows[i].ancestor);
	}
}

Test(name, strip_last_and_wildcard)
{
	struct dns_name n = name_of("a.bb.ccc"), w;
	cr_expect_str_eq(text_of(dns_name_strip(&n, 0)), "a.bb.ccc.");
	cr_expect_str_eq(text_of(dns_name_strip(&n, 2)), "ccc.");
	cr_expect_str_eq(text_of(dns_name_strip(&n, 3)), ".");
	cr_expect_str_eq(text_of(dns_name_last(&n, 2)), "bb.ccc.");
	cr_expect_eq(dns_name_last(&n, 2).labels, 2);
	cr_assert(dns_name_wildcard(&w, &n));
	cr_expect_str_eq(text_of(w), "*.a.bb.ccc.");
	cr_expect_eq(w.labels, 4);
	cr_expect(dns_name_is_wildcard(&w));
	cr_expect_not(dns_name_is_wildcard(&n));
	n = name_of(long_text(127, 1));
	cr_expect_not(dns_name_wildcard(&w, &n));
}

Test(name, replace_substitutes_the_ending)
{
	struct dns_name name = name_of("a.b.old.example"), from = name_of("old.example");
	struct dns_name to = name_of("new"), out, root = dns_name_root();
	cr_assert(dns_name_replace(&out, &name, &from, &to));
	cr_expect_str_eq(text_of(out), "a.b.new.");
	cr_expect_eq(out.labels, 3);
	cr_assert(dns_name_replace(&out, &name, &from, &root));
	cr_expect_str_eq(text_of(out), "a.b.");
	to = name_of(long_text(126, 1));
	cr_expect_not(dns_name_replace(&out, &name, &from, &to));
}

Test(name, reverse_names_of_addresses_and_prefixes)
{
	static const uint8_t v4[] = {10, 1, 200, 7};
	static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 0x1f};
	cr_expect_str_eq(text_of(dns_name_of_address(v4, 4)), "7.200.1.10.in-addr.arpa.");
	cr_expect_str_eq(text_of(dns_name_of_address(v6, 16)),
			 "f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2."
			 "ip6.arpa.");
	cr_expect_str_eq(text_of(dns_name_of_prefix(v4, 4, 16)), "1.10.in-addr.arpa.");
	cr_expect_str_eq(text_of(dns_name_of_prefix(v4, 4, 23)), "1.10.in-addr.arpa.");
	cr_expect_str_eq(text_of(dns_name_of_prefix(v4, 4, 0)), "in-addr.arpa.");
	cr_expect_str_eq(text_of(dns_name_of_prefix(v6, 16, 35)), "8.b.d.0.1.0.0.2.ip6.arpa.");
	cr_expect_eq(dns_name_of_address(v6, 16).labels, 34);
}

Test(wire, pointers_are_followed_back_only)
{
	static const char packet[] = "\1A\0"        /* 0 */
				     "\2bb\xc0\x00" /* 3: bb.a */
				     "\xc0\x03"     /* 8: bb.a */
				     "\xc0\x0a"     /* 10: itself */
				     "\xc0\x0e"     /* 12: forwards */
				     "\1x\xc0\x0e"  /* 14: into itself */
				     "\x41x"        /* 18: no such label */
				     "\xc0";        /* 20: half a pointer */
	struct dns_name n;
	struct bytes_in in = bytes_in_of(packet, 21);
	in.at += 8;
	dns_wire_name(&in, &n);
	cr_assert_not(in.bad);
	cr_expect_str_eq(text_of(n), "bb.a.");
	cr_expect_eq(n.labels, 2);
	cr_expect_eq(bytes_in_offset(&in), 10);
	static const size_t bad[] = {10, 12, 14, 18, 20, 21};
	for (size_t i = 0; i < ROWS(bad); i++) {
		in = bytes_in_of(packet, 21);
		in.at += bad[i];
		dns_wire_name(&in, &n);
		cr_expect(in.bad, "at %zu", bad[i]);
		cr_expect_eq(n.len, 1);
	}
}

Test(wire, raw_keeps_the_case_and_skip_moves_behind)
{
	static const char packet[] = "\1A\0\2Bb\xc0\x00z";
	uint8_t raw[DNS_NAME_MAX], len;
	struct bytes_in in = bytes_in_of(packet, 9);
	in.at += 3;
	dns_wire_name_raw(&in, raw, &len);
	cr_expect_eq(len, 6);
	cr_expect_eq(memcmp(raw, "\2Bb\1A", 6), 0);
	cr_expect_eq(bytes_in_offset(&in), 8);
	in.at = in.start + 3;
	dns_wire_skip_name(&in);
	cr_expect_eq(bytes_in_offset(&in), 8);
	in = bytes_in_of("\3ab", 3);
	dns_wire_skip_name(&in);
	cr_expect(in.bad);
}

Test(wire, names_may_be_255_bytes_through_pointers_and_no_more)
{
	uint8_t packet[300] = {0};
	for (size_t i = 0; i < 254; i += 2)
		packet[i] = 1;
	packet[255] = 1;
	packet[257] = 0xc0;
	packet[258] = 0; /* 2 bytes more than fit */
	packet[259] = 1;
	packet[261] = 0xc0;
	packet[262] = 2; /* exactly 255 */
	struct dns_name n;
	struct bytes_in in = bytes_in_of(packet, sizeof packet);
	in.at += 255;
	dns_wire_name(&in, &n);
	cr_expect(in.bad);
	in = bytes_in_of(packet, sizeof packet);
	in.at += 259;
	dns_wire_name(&in, &n);
	cr_expect_not(in.bad);
	cr_expect_eq(n.len, 255);
	cr_expect_eq(n.labels, 127);
}

Test(wire, plain_names_have_no_pointers)
{
	struct bytes_in in = bytes_in_of("\1a\0x", 4);
	struct bytes name = dns_wire_plain_name(&in);
	cr_expect_eq(name.len, 3);
	cr_expect_eq(bytes_in_left(&in), 1);
	in = bytes_in_of("\1a\xc0\0", 4);
	dns_wire_plain_name(&in);
	cr_expect(in.bad);
}

Test(type, mnemonics_go_both_ways)
{
	for (unsigned i = 0; i <= UINT16_MAX; i++) {
		char text[DNS_TYPE_TEXT_MAX];
		uint16_t back = 0;
		dns_type_print((uint16_t)i, text);
		cr_assert(dns_type_parse(text, strlen(text), &back), "%s", text);
		cr_assert_eq(back, i, "%s", text);
		dns_class_print((uint16_t)i, text);
		cr_assert(dns_class_parse(text, strlen(text), &back), "%s", text);
		cr_assert_eq(back, i, "%s", text);
	}
}

Test(type, text_in_any_case_and_rfc_3597)
{
	static const struct {
		const char *text;
		uint16_t type;
	} rows[] = {{"a", 1},     {"Aaaa", 28},         {"nsap-ptr", 23},
		    {"TYPE1", 1}, {"type65535", 65535}, {"NSEC3PARAM", 51},
		    {"TYPE0", 0}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint16_t type = 9999;
		cr_expect(dns_type_parse(rows[i].text, strlen(rows[i].text), &type));
		cr_expect_eq(type, rows[i].type, "%s", rows[i].text);
	}
	static const char *const bad[] = {"",       "AA",         "TYPE",        "TYPE65536",
					  "TYPE1x", "TYPE000001", "NSEC3PARAMS", "-",
					  "TYPE-1"};
	for (size_t i = 0; i < ROWS(bad); i++) {
		uint16_t type;
		cr_expect_not(dns_type_parse(bad[i], strlen(bad[i]), &type), "%s", bad[i]);
	}
	uint16_t type;
	cr_expect_not(dns_type_parse("A\0\0", 3, &type));
}

Test(type, codes_have_names)
{
	cr_expect_str_eq(dns_rcode_name(DNS_NXDOMAIN), "NXDOMAIN");
	cr_expect_str_eq(dns_rcode_name(16), "BADVERS");
	cr_expect_str_eq(dns_tsig_error_name(16), "BADSIG");
	cr_expect_str_eq(dns_rcode_name(3841), "RCODE3841");
	cr_expect(dns_type_is_meta(DNS_TYPE_OPT));
	cr_expect(dns_type_is_meta(DNS_TYPE_ANY));
	cr_expect(dns_type_is_meta(0));
	cr_expect_not(dns_type_is_meta(DNS_TYPE_A));
	cr_expect_not(dns_type_is_meta(DNS_TYPE_URI));
	cr_expect(dns_type_is_singleton(DNS_TYPE_DNAME));
	cr_expect_not(dns_type_is_singleton(DNS_TYPE_A));
}
