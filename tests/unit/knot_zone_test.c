/* SPDX-License-Identifier: BSD-2-Clause */
/* Beside Knot: the same texts give the same bytes, and each reads what the other prints. */
#include "dns/rdata.h"
#include "dns/zonefile.h"
#include "tests/unit/rdata_texts.h"
#include <criterion/criterion.h>
#include <libknot/libknot.h>
#include <libzscanner/scanner.h>
#include <stdio.h>
#include <stdlib.h>

/* Types for which Knot 3.2 has no text but `\#`: bytes alone can be compared. */
static const char *const knot_has_no_text[] = {
	"MD",       "MF",    "MB",   "MG",       "MR",      "WKS",    "X25",  "ISDN", "NSAP",
	"NSAP-PTR", "SIG",   "PX",   "GPOS",     "NXT",     "EID",    "HIP",  "ATMA", "NIMLOC",
	"A6",       "NINFO", "RKEY", "TALINK",   "DSYNC",   "HHIT",   "BRID", "AVC",  "DOA",
	"CLA",      "IPN",   "TA",   "AMTRELAY", "RESINFO", "WALLET", "DLV"};

/* Texts that Knot 3.2 does not read, and why we do. */
static const struct {
	const char *type, *text, *why;
} knot_refuses[] = {
	{"KEY", "49152 3 8", "flags may say that there is no key (RFC 2535 3.1.2)"},
	{"IPSECKEY", "10 2 2 2001:db8::1 AQ ID", "base64 may have blanks (RFC 4025 3.1)"},
	{"OPENPGPKEY", "AQ ID", "base64 may have blanks, as in other types"},
	{"HTTPS", "1 . dohpath=/dns-query{?dns} ohttp tls-supported-groups=29,23",
	 "keys younger than Knot 3.2"},
	{"NID", "10 14:4fff:ff20:ee64", "leading zeros may be left out (RFC 6742 2.1.2)"},
};

static zs_scanner_t scanner;
static char line[20000], knot_text[20000], our_text[20000];

static uint16_t type_of(const char *text)
{
	uint16_t type = 0;
	cr_assert(dns_type_parse(text, strlen(text), &type), "%s", text);
	return type;
}

/* What a later Knot has learned. */
static bool has_knot_learned(const char *type)
{
	return KNOT_VERSION_HEX >= 0x030300 && strcmp(type, "WALLET") == 0;
}

static bool has_knot_text(const char *type)
{
	if (has_knot_learned(type))
		return true;
	for (size_t i = 0; i < sizeof knot_has_no_text / sizeof knot_has_no_text[0]; i++) {
		if (strcmp(knot_has_no_text[i], type) == 0)
			return false;
	}
	return true;
}

static bool is_refused_by_knot(const struct rdata_text *row)
{
	for (size_t i = 0; i < sizeof knot_refuses / sizeof knot_refuses[0]; i++) {
		if (strcmp(knot_refuses[i].type, row->type) == 0 &&
		    strcmp(knot_refuses[i].text, row->text) == 0)
			return true;
	}
	return false;
}

/* One record's data by Knot's scanner; NULL, or Knot's error. */
static const char *knot_parse(uint16_t type, const char *text, struct bytes *rdata)
{
	int n = snprintf(line, sizeof line, "a 60 IN TYPE%u %s\n", type, text);
	cr_assert_eq(zs_init(&scanner, "corp.example.", KNOT_CLASS_IN, 60), 0);
	cr_assert_eq(zs_set_input_string(&scanner, line, (size_t)n), 0);
	const char *wrong = "nothing read";
	if (zs_parse_record(&scanner) == 0 && scanner.state == ZS_STATE_DATA) {
		*rdata = bytes_of(scanner.r_data, scanner.r_data_length);
		wrong = NULL;
	} else if (scanner.state == ZS_STATE_ERROR) {
		wrong = zs_strerror(scanner.error.code);
	}
	zs_deinit(&scanner);
	return wrong;
}

/* The same by us, into a buffer of the caller. */
static struct bytes our_parse(uint16_t type, const char *text, uint8_t *buffer, size_t cap)
{
	struct dns_name origin;
	unsigned column;
	dns_name_parse_text(&origin, "corp.example");
	struct bytes_out out = bytes_out_of(buffer, cap);
	const char *wrong = dns_rdata_parse_text(type, text, &origin, &out, &column);
	cr_assert_null(wrong, "TYPE%u %s: %s", type, text, wrong);
	return bytes_of(buffer, bytes_out_len(&out));
}

/* The data's text by Knot, or NULL. */
static const char *knot_print(uint16_t type, struct bytes rdata)
{
	knot_rrset_t *rr =
		knot_rrset_new((const knot_dname_t *)"\1a", type, KNOT_CLASS_IN, 60, NULL);
	cr_assert_not_null(rr);
	cr_assert_eq(knot_rrset_add_rdata(rr, rdata.data, (uint16_t)rdata.len, NULL), KNOT_EOK);
	int n = knot_rrset_txt_dump_data(rr, 0, knot_text, sizeof knot_text,
					 &KNOT_DUMP_STYLE_DEFAULT);
	knot_rrset_free(rr, NULL);
	return n >= 0 ? knot_text : NULL;
}

static void expect_knot_reads(const struct rdata_text *row, const char *text, struct bytes rdata)
{
	struct bytes theirs;
	const char *wrong = knot_parse(type_of(row->type), text, &theirs);
	cr_expect_null(wrong, "%s %s: Knot: %s", row->type, text, wrong);
	cr_expect(wrong || bytes_equal(rdata, theirs), "%s %s: other bytes", row->type, text);
}

Test(knot, reads_texts_and_bytes_as_we_do)
{
	for (size_t i = 0; i < RDATA_TEXTS; i++) {
		const struct rdata_text *row = &rdata_texts[i];
		uint8_t buffer[2000];
		struct bytes rdata =
			our_parse(type_of(row->type), row->text, buffer, sizeof buffer);
		if (has_knot_text(row->type) && !is_refused_by_knot(row))
			expect_knot_reads(row, row->text, rdata);
		if (is_refused_by_knot(row))
			continue;
		int at = sprintf(our_text, "\\# %zu ", rdata.len);
		for (size_t k = 0; k < rdata.len; k++)
			at += sprintf(our_text + at, "%02x", rdata.data[k]);
		expect_knot_reads(row, our_text, rdata);
	}
}

Test(knot, reads_what_we_print)
{
	for (size_t i = 0; i < RDATA_TEXTS; i++) {
		const struct rdata_text *row = &rdata_texts[i];
		uint8_t buffer[2000];
		uint16_t type = type_of(row->type);
		struct bytes rdata = our_parse(type, row->text, buffer, sizeof buffer);
		if (!has_knot_text(row->type) || is_refused_by_knot(row))
			continue;
		dns_rdata_print(type, rdata, our_text, sizeof our_text);
		expect_knot_reads(row, our_text, rdata);
	}
}

Test(knot, prints_what_we_read)
{
	for (size_t i = 0; i < RDATA_TEXTS; i++) {
		const struct rdata_text *row = &rdata_texts[i];
		uint8_t buffer[2000], again[2000];
		uint16_t type = type_of(row->type);
		struct bytes rdata = our_parse(type, row->text, buffer, sizeof buffer);
		const char *text = knot_print(type, rdata);
		cr_expect(text || is_refused_by_knot(row), "%s %s", row->type, row->text);
		if (text)
			cr_expect(bytes_equal(our_parse(type, text, again, sizeof again), rdata),
				  "%s %s", row->type, text);
	}
}

Test(knot, has_no_text_is_a_list_that_is_true)
{
	for (size_t i = 0; i < RDATA_TEXTS; i++) {
		const struct rdata_text *row = &rdata_texts[i];
		struct bytes theirs;
		if (has_knot_text(row->type) && !is_refused_by_knot(row))
			continue;
		cr_expect_not_null(knot_parse(type_of(row->type), row->text, &theirs),
				   "%s %s: Knot has learned it", row->type, row->text);
	}
}

/* --- whole files --- */

static const char zone_text[] =
	"$TTL 1h\n"
	"$ORIGIN corp.example.\n" /* in lower case: our origin is a name as `struct dns_name` */
	"@\tIN SOA ns1 host.master (\n"
	"\t2026010500 ; serial ( \" \n"
	"\t1h 15M 2w1d\n 300 ) ; done\n"
	"\tNS ns1\n"
	"  IN NS ns2.other.\n"
	"\n \t; nothing here\n"
	"ns1 A 10.0.0.1\n"
	"ns1 1200 IN AAAA 2001:db8::1\n"
	"pc1 IN 1d A ( 10.0.0.7 )\n"
	"\tTXT \"a;b\" c\\032d \\\"e \"\\\"\" ; comment\n"
	"a\\.b\\000c\\@ CNAME \\*.x\n"
	"* MX 10 @\n"
	"$ORIGIN sub.corp.example.\n"
	"@ DS 1 13 1 ( 0a 0b 0c 0d 0e 0f 10 11 12 13\n 14 15 16 17 18 19 1a 1b 1c 1d )\n"
	"$TTL 5\n"
	"host CAA 0 issue \"ca.example\"\n"
	"\tHINFO PC Linux\n"
	"$ORIGIN .\n"
	"out.side TYPE65280 \\# 3 010203\n"
	"x.corp.example SRV 0 5 389 dc1.corp.example\n";

/* All records as bytes one after another. */
static uint8_t ours[4000], theirs[4000];
static struct bytes_out our_bytes, their_bytes;

static void put_record(struct bytes_out *out, struct bytes owner, uint32_t type, uint32_t ttl,
		       struct bytes rdata)
{
	for (size_t i = 0; i < owner.len; i++)
		bytes_out_u8(out, dns_lower(owner.data[i]));
	bytes_out_u32(out, type);
	bytes_out_u32(out, ttl);
	bytes_out_put(out, rdata.data, rdata.len);
}

static const char *our_record(void *context, const struct dns_zonefile_record *r)
{
	put_record(&our_bytes, bytes_of(r->owner.wire, r->owner.len), r->type, r->ttl, r->rdata);
	++*(unsigned *)context;
	return NULL;
}

static void knot_record(zs_scanner_t *s)
{
	put_record(&their_bytes, bytes_of(s->r_owner, s->r_owner_length), s->r_type, s->r_ttl,
		   bytes_of(s->r_data, s->r_data_length));
	++*(unsigned *)s->process.data;
}

static void knot_error(zs_scanner_t *s)
{
	cr_assert_fail("Knot: line %u: %s", (unsigned)s->line_counter, zs_strerror(s->error.code));
}

Test(knot, reads_whole_files_as_we_do)
{
	char error[DNS_ZONEFILE_ERROR_MAX];
	unsigned our_count = 0, their_count = 0;
	struct dns_name origin;
	dns_name_parse_text(&origin, "corp.example");
	struct dns_zonefile wanted = {
		.origin = &origin, .record = our_record, .context = &our_count};
	our_bytes = bytes_out_of(ours, sizeof ours);
	their_bytes = bytes_out_of(theirs, sizeof theirs);
	cr_assert(dns_zonefile_read_text("zone", zone_text, strlen(zone_text), &wanted, error),
		  "%s", error);
	cr_assert_eq(zs_init(&scanner, "corp.example.", KNOT_CLASS_IN, 77), 0);
	cr_assert_eq(zs_set_processing(&scanner, knot_record, knot_error, &their_count), 0);
	cr_assert_eq(zs_set_input_string(&scanner, zone_text, strlen(zone_text)), 0);
	cr_assert_eq(zs_parse_all(&scanner), 0);
	zs_deinit(&scanner);
	cr_expect_eq(our_count, 14);
	cr_expect_eq(our_count, their_count);
	cr_expect(bytes_equal(bytes_of(ours, bytes_out_len(&our_bytes)),
			      bytes_of(theirs, bytes_out_len(&their_bytes))));
}
