/* SPDX-License-Identifier: BSD-2-Clause */
/* Records and zones' settings as Active Directory keeps them. */
#include "base/timeword.h"
#include "dns/rdata.h"
#include "migrate/ad_dn.h"
#include "migrate/ad_property.h"
#include "migrate/ad_record.h"
#include "tests/unit/hex.h"
#include <criterion/criterion.h>
#include <stdio.h>

/* "ttl type data [stamp]", or what is wrong. */
static const char *read_record(const char *hex)
{
	static char out[1024];
	static uint8_t room[DNS_RDATA_MAX];
	char type[DNS_TYPE_TEXT_MAX], data[512], stamp[TIMEWORD_TEXT_MAX];
	struct bytes_out rdata = bytes_out_of(room, sizeof room);
	struct ad_record record;
	struct bytes bytes = hex_bytes(hex);
	const char *wrong = ad_record_read(bytes, &record);
	if (!wrong)
		wrong = ad_record_data(&record, &rdata);
	free((void *)bytes.data);
	if (wrong)
		return wrong;
	dns_rdata_print(record.type, bytes_of(room, bytes_out_len(&rdata)), data, sizeof data);
	time_print(record.age.stamp, stamp);
	snprintf(out, sizeof out, "%u %s %s %s", record.ttl, dns_type_print(record.type, type),
		 data, record.age.class == DNS_AGE_DYNAMIC ? stamp : "static");
	return out;
}

#define HEAD(len, type)   len type "05f00000 6e000000 00000384 00000000 daf73800"
#define STATIC(len, type) len type "05f00000 6e000000 00000384 00000000 00000000"
#define DC1               "1203 03646331 04636f7270 076578616d706c65 00"

static const struct {
	const char *hex, *expected;
} records[] = {
	{HEAD("0400", "0100") "c0000215", "900 A 192.0.2.21 2026-11-30T02:00:00Z"},
	{STATIC("0400", "0100") "c0000215", "900 A 192.0.2.21 static"},
	{STATIC("1000", "1c00") "20010db8000000000000000000000021", "900 AAAA 2001:db8::21 static"},
	{STATIC("1400", "0200") DC1, "900 NS dc1.corp.example. static"},
	{STATIC("1600", "0f00") "000a" DC1, "900 MX 10 dc1.corp.example. static"},
	{STATIC("1a00", "2100") "000000640185" DC1, "900 SRV 0 100 389 dc1.corp.example. static"},
	{STATIC("0e00", "1000") "036f6e65 0974776f20776f726473",
	 "900 TXT \"one\" \"two words\" static"},
	{STATIC("3c00", "0600") "00000002 00000384 00000258 00015180 00000e10" DC1 DC1,
	 "900 SOA dc1.corp.example. dc1.corp.example. 2 900 600 86400 3600 static"},
	{STATIC("0200", "0200") "0000", "900 NS . static"},
	{STATIC("0300", "0200") "010000", "900 NS . static"},
	{STATIC("0300", "40ff") "010203", "900 TYPE65344 \\# 3 010203 static"},
	/* Cut off, too long, wrong counts. */
	{"0400 0100 05f0", "a dnsRecord that is cut off"},
	{STATIC("0500", "0100") "c0000215", "a dnsRecord that is cut off"},
	{STATIC("0300", "0100") "c0000215", "a dnsRecord with more bytes than its length says"},
	{"0000 0100 04f00000 6e000000 00000384 00000000 00000000",
	 "a dnsRecord of another version than 5"},
	{"0000 0100 05f00000 6e000000 00000384 00000000 01000000",
	 "a dnsRecord whose stamp is no time after 1970"},
	{STATIC("0300", "0100") "c00002", "data that is not of its type"},
	{STATIC("1400", "0200") "1204 03646331 04636f7270 076578616d706c65 00",
	 "a name in it that is none"},
	{STATIC("1400", "0200") "1203 03646331 04636f7270 096578616d706c65 00",
	 "a name in it that is none"},
	{STATIC("0300", "0200") "090100", "a name in it that is none"},
	{STATIC("1500", "0200") DC1 "00", "more data than its type has"},
	{STATIC("0400", "1000") "036f6e", "a dnsRecord that is cut off"},
	{STATIC("0300", "1000") "036f6e", "a string in it that is cut off"},
	{STATIC("0100", "2100") "00", "data that is cut off"},
	{STATIC("0400", "0600") "00000002", "data that is cut off"},
};

Test(ad_record, reads_each_shape_and_names_each_fault)
{
	for (size_t i = 0; i < sizeof records / sizeof *records; i++)
		cr_expect_str_eq(read_record(records[i].hex), records[i].expected, "%s",
				 records[i].hex);
}

Test(ad_record, knows_when_a_name_was_deleted)
{
	uint64_t seconds = 0;
	struct ad_record record;
	struct bytes bytes = hex_bytes(STATIC("0800", "0000") "72a5fc9f6e80dd01");
	cr_assert_null(ad_record_read(bytes, &record));
	cr_assert(ad_record_deleted(&record, &seconds));
	cr_expect_eq(seconds, 1796004050u);
	record.data.len = 7;
	cr_expect(!ad_record_deleted(&record, &seconds));
	free((void *)bytes.data);
}

static const char *take_property(struct ad_settings *settings, const char *hex)
{
	uint32_t id;
	bool is_known;
	struct bytes bytes = hex_bytes(hex);
	const char *wrong = ad_settings_take(settings, bytes, &id, &is_known);
	free((void *)bytes.data);
	return wrong ? wrong : is_known ? "known" : "unknown";
}

#define PROPERTY(len, id) len "000000 00000000 00000000 01000000" id "000000"

Test(ad_settings, takes_properties)
{
	struct ad_settings s = ad_settings_default();
	cr_expect(s.type == AD_PROPERTY_PRIMARY && s.update == AD_UPDATE_SECURE && !s.is_aging);
	cr_expect(s.no_refresh == 168 && s.refresh == 168);
	cr_expect_str_eq(take_property(&s, PROPERTY("04", "01") "04000000 00000000"), "known");
	cr_expect_str_eq(take_property(&s, PROPERTY("01", "02") "01"), "known");
	cr_expect_str_eq(take_property(&s, PROPERTY("04", "10") "48000000"), "known");
	cr_expect_str_eq(take_property(&s, PROPERTY("04", "20") "78000000"), "known");
	cr_expect_str_eq(take_property(&s, PROPERTY("04", "40") "01000000"), "known");
	cr_expect_str_eq(take_property(&s, PROPERTY("08", "90") "02000000 00000000"), "known");
	cr_expect(s.type == 4 && s.update == AD_UPDATE_NONSECURE && s.is_aging);
	cr_expect(s.no_refresh == 72 && s.refresh == 120 && s.scavengers == 2);
	/* Without data a setting keeps its default. */
	s = ad_settings_default();
	cr_expect_str_eq(take_property(&s, PROPERTY("00", "10")), "known");
	cr_expect_eq(s.no_refresh, 168);
	cr_expect_str_eq(take_property(&s, PROPERTY("04", "77") "01000000"), "unknown");
	cr_expect_str_eq(take_property(&s, PROPERTY("04", "10") "480000"),
			 "a dNSProperty that is cut off");
	cr_expect_str_eq(take_property(&s, PROPERTY("01", "02") "09"), "no mode of updates");
	cr_expect_str_eq(take_property(&s, PROPERTY("04", "20") "ffffffff"), "no hours");
	cr_expect_str_eq(take_property(&s, "00"), "a dNSProperty that is cut off");
}

static const char *realm_of(const char *text)
{
	static char out[512];
	struct arena arena = {0};
	struct ad_dn dn;
	snprintf(out, sizeof out, "none");
	if (!ad_dn_parse(&dn, text, &arena))
		snprintf(out, sizeof out, "no name");
	else if (ad_dn_realm(&dn, &arena))
		snprintf(out, sizeof out, "%s %zu %s", dn.part[0].value, dn.count,
			 ad_dn_realm(&dn, &arena));
	arena_free(&arena);
	return out;
}

Test(ad_dn, takes_names_apart)
{
	cr_expect_str_eq(realm_of("CN=web1,CN=Computers,DC=corp,DC=example"),
			 "web1 4 CORP.EXAMPLE");
	cr_expect_str_eq(realm_of("CN=a\\,b\\2c\\0aDEL:x,DC=corp"), "a,b,\nDEL:x 2 CORP");
	cr_expect_str_eq(realm_of("CN=only"), "none");
	cr_expect_str_eq(realm_of("no part"), "no name");
	cr_expect_str_eq(realm_of("CN=a,"), "no name");
	cr_expect_str_eq(realm_of("CN=a\\"), "none");
	cr_expect_str_eq(realm_of(""), "no name");
}
