/* SPDX-License-Identifier: BSD-2-Clause */
/* Data that has its type's shape: what it may say, and what it may not. */
#include "base/utf8.h"
#include "dns/naptr.h"
#include "dns/rdata.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define X20 "000102030405060708090a0b0c0d0e0f10111213"
#define X32 X20 "1415161718191a1b1c1d1e1f"
#define X48 X32 "202122232425262728292a2b2c2d2e2f"
#define X64 X48 "303132333435363738393a3b3c3d3e3f"

struct row {
	const char *type, *hex;
	const char *fault; /* "": none */
};

static struct bytes bytes_of_hex(const char *hex, uint8_t *buffer, size_t cap)
{
	size_t len = 0;
	for (; hex[0]; hex += 2) {
		unsigned byte;
		cr_assert_eq(sscanf(hex, "%2x", &byte), 1);
		cr_assert_lt(len, cap);
		buffer[len++] = (uint8_t)byte;
	}
	return bytes_of(buffer, len);
}

static const struct row rows[] = {
	{"DS", "00010501" X20, ""},
	{"DS", "00010502" X32, ""},
	{"DS", "00010504" X48, ""},
	{"DS", "00010501aabb", "a SHA-1 digest has 20 bytes"},
	{"DS", "00010502" X20, "a SHA-256 digest has 32 bytes"},
	{"DS", "00010504" X64, "a SHA-384 digest has 48 bytes"},
	{"DS", "000105c8aa", ""},
	{"CDS", "0000000000", ""},
	{"CDS", "00010502" X20, "a SHA-256 digest has 32 bytes"},
	{"DLV", "00010501" X32, "a SHA-1 digest has 20 bytes"},
	{"TA", "00010501aa", "a SHA-1 digest has 20 bytes"},
	{"SSHFP", "0101" X20, ""},
	{"SSHFP", "0402" X32, ""},
	{"SSHFP", "0101aabb", "a SHA-1 fingerprint has 20 bytes"},
	{"SSHFP", "0402" X20 "1415161718191a1b1c1d1e", "a SHA-256 fingerprint has 32 bytes"},
	{"SSHFP", "04c8aa", ""},
	{"ZONEMD", "000000010101" X48, ""},
	{"ZONEMD", "000000010102" X64, ""},
	{"ZONEMD", "000000010102" X48, "a SHA-512 digest has 64 bytes"},
	{"ZONEMD", "0000000101f0aabb", "a digest of a zone has 12 bytes at least"},
	{"ZONEMD", "0000000101f0" X20, ""},
	{"KEY", "01000308aa", ""},
	{"KEY", "c0000308", ""},
	{"KEY", "01000308", "there is no key"},
	{"KEY", "c0000308aa", "flags that say that there is no key, and a key"},
	{"DNSKEY", "010003fd0161000102", ""},
	{"DNSKEY", "010003fd016100", "a key of algorithm 253 begins with a domain name"},
	{"CDNSKEY", "010003fd4041", "a key of algorithm 253 begins with a domain name"},
	{"RKEY", "00000308aa", ""},
	{"RKEY", "01000308aa", "the flags of an RKEY are 0"},
	{"NSEC", "016100000140", ""},
	{"NSEC", "016100", "NSEC without types"},
	{"NSEC3", "0100000001ab14" X20, ""},
	{"NSEC3", "0100000001ab04aabbccdd", "a SHA-1 hash has 20 bytes"},
	{"RRSIG", "0001080100000e1070dbd8805e0be1000001017800aa", ""},
	{"RRSIG", "0001080000000e1070dbd8805e0be1000001017800aa",
	 "fewer labels than the signer's name has"},
	{"IPSECKEY", "0a0002aabb", ""},
	{"IPSECKEY", "0a0000", "IPSECKEY without a key, which BIND cannot transfer"},
	{"X25", "0433313130", ""},
	{"X25", "03333131", "an X.25 address has four digits at least"},
	{"X25", "0433316130", "an X.25 address is made of digits"},
	{"NAPTR",
	 "00010001017500"
	 "00"
	 "00",
	 ""},
	{"NAPTR",
	 "00010001017500"
	 "0121"
	 "00",
	 "the regular expression does not end with its delimiter"},
	{"NAPTR", "000100010175000621285b21312100", "a [ without its ] in the regular expression"},
	{"NULL", "00", ""},
	{"NULL", "", "NULL without data, which Knot cannot transfer"},
	{"SINK", "000102", ""},
	{"SINK", "0001", "SINK has three bytes at least"},
	{"A", "0a000001", ""},
	{"TYPE65280", "", ""},
};

Test(rdata_fault, data_says_what_its_type_lets_it)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		uint8_t buffer[200];
		uint16_t type;
		struct bytes rdata = bytes_of_hex(row->hex, buffer, sizeof buffer);
		cr_assert(dns_type_parse(row->type, strlen(row->type), &type), "%s", row->type);
		cr_expect(dns_rdata_is_valid(type, rdata), "%s %s has the shape", row->type,
			  row->hex);
		const char *fault = dns_rdata_fault(type, rdata);
		cr_expect_str_eq(fault ? fault : "", row->fault, "%s %s", row->type, row->hex);
	}
}

/* HTTPS 1 . dohpath=TEXT */
static const char *dohpath(const char *text)
{
	uint8_t buffer[100];
	struct bytes_out out = bytes_out_of(buffer, sizeof buffer);
	bytes_out_put(&out, "\0\1\0\0\7", 5);
	bytes_out_u16(&out, (uint16_t)strlen(text));
	bytes_out_put(&out, text, strlen(text));
	cr_assert(!out.full);
	return dns_rdata_fault(DNS_TYPE_HTTPS, bytes_of(buffer, bytes_out_len(&out)));
}

Test(rdata_fault, a_dohpath_is_a_path_with_the_variable_dns)
{
	static const char *const good[] = {"/q{?dns}",   "/{dns}",      "/q{?a,dns}", "/q{?dns*}",
					   "/q{?dns:3}", "/a{x}{&dns}", "/{+dns}"};
	static const char *const bad[] = {"",          "/",         "q{?dns}",    "/q{?DNS}",
					  "/q{?dnsx}", "/q{?xdns}", "/{?dns",     "/{x{?dns}",
					  "/dns",      "/{}",       "/\xff{?dns}"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		cr_expect_null(dohpath(good[i]), "%s: %s", good[i], dohpath(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		cr_expect_not_null(dohpath(bad[i]), "%s", bad[i]);
}

Test(rdata_fault, a_regexp_of_naptr_is_one_that_can_be_used)
{
	static const char *const good[] = {
		"!^.*$!sip:a@b!",  "/a/b/",     "!(a)(b)!\\2\\1!i", "!a{2}!x!",
		"!a{2,3}!x!ii",    "!a{2,}!x!", "![]a]!x!",         "![^]a]!x!",
		"!a|b!x!",         "!)!x!",     "!a{b!x!",          "!\\!!x!",
		"![[:alpha:]]!x!", "!()!x!",    ",a{2},x,",         "!\\.!!"};
	static const char *const bad[] = {
		"!",      "!a",     "!a!",        "!a!b",         "!!x!",    "!*!x!",   "!a**!x!",
		"!(a!x!", "![a!x!", "!a{300}!x!", "!a{3,2}!x!",   "!a!\\1!", "!a!\\0!", "!\\1!x!",
		"!a|!x!", "!|a!x!", "!(|a)!x!",   "!(a|)!x!",     "!a!x!g",  "1a1b1",   "\\a\\b\\",
		"iaibi",  "!^*!x!", "!a!\\",      "![[:alpha]!x!"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		const char *fault = dns_naptr_regexp_fault(bytes_of(good[i], strlen(good[i])));
		cr_expect_null(fault, "%s: %s", good[i], fault);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		cr_expect_not_null(dns_naptr_regexp_fault(bytes_of(bad[i], strlen(bad[i]))), "%s",
				   bad[i]);
	cr_expect_not_null(dns_naptr_regexp_fault(bytes_of("!a\0!b!", 6)));
}

Test(rdata_fault, utf8_is_what_rfc_3629_says)
{
	static const char *const good[] = {"",
					   "a",
					   "\xc3\xbc",
					   "\xe2\x82\xac",
					   "\xf0\x9f\x98\x80",
					   "\xf4\x8f\xbf\xbf",
					   "\xed\x9f\xbf"};
	static const char *const bad[] = {"\x80",
					  "\xc3",
					  "\xc0\x80",
					  "\xe0\x80\x80",
					  "\xed\xa0\x80",
					  "\xf4\x90\x80\x80",
					  "\xf8\x88\x80\x80\x80",
					  "\xc3"
					  "a",
					  "\xff"};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		cr_expect(utf8_is_valid(bytes_of(good[i], strlen(good[i]))), "%zu", i);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		cr_expect(!utf8_is_valid(bytes_of(bad[i], strlen(bad[i]))), "%zu", i);
}
