/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/utf16.h"
#include "dns/csvzone.h"
#include <criterion/criterion.h>
#include <stdlib.h>

Test(age_note, of_windows_is_hours_since_1601)
{
	static const struct {
		const char *word;
		enum dns_age_class class;
		uint64_t stamp;
		const char *wrong; /* a part of what is said */
	} rows[] = {
		{"[AGE:3234576]", DNS_AGE_DYNAMIC, 0, NULL},
		{"[AGE:3725745]", DNS_AGE_DYNAMIC, 1768208400, NULL},
		{"[Aging:3725745]", DNS_AGE_DYNAMIC, 1768208400, NULL},
		{"[AGE:0]", DNS_AGE_STATIC, 0, NULL},
		{"[AGE:3234575]", 0, 0, "before 1970"},
		{"[AGE:99999999999999999999999]", 0, 0, "whole hours"},
		{"[AGE:73625000]", 0, 0, "after 9999"},
		{"[AGE:]", 0, 0, "whole hours"},
		{"[AGE:12", 0, 0, "whole hours"},
		{"[AGE:12]x", 0, 0, "whole hours"},
		{"[AGE:-5]", 0, 0, "whole hours"},
		{"[COLOUR:7]", 0, 0, "not an age"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct dns_age age = {0};
		const char *wrong = dns_age_of_note(rows[i].word, strlen(rows[i].word), &age);
		cr_expect_eq(wrong == NULL, rows[i].wrong == NULL, "%s: %s", rows[i].word, wrong);
		if (wrong && rows[i].wrong)
			cr_expect(strstr(wrong, rows[i].wrong), "%s: %s", rows[i].word, wrong);
		if (rows[i].wrong)
			continue;
		cr_expect_eq(age.class, rows[i].class, "%s", rows[i].word);
		cr_expect_eq(age.stamp, rows[i].stamp, "%s", rows[i].word);
	}
}

Test(age_note, of_a_comment_is_read_whole_or_not_at_all)
{
	static const struct {
		const char *text, *wrong;
		size_t at;
	} rows[] = {
		{"tenure owner=key:pc1 stamp=2026-01-05T09:00:00Z class=dynamic", NULL, 0},
		{"serial number", NULL, 0},
		{"tenure is a server", NULL, 0},
		{"tenure owner=", "owner= wants", 13},
		{"tenure owner=key:pc1 class=dynamic", "stamp= is expected", 21},
		{"tenure owner=key:pc1 stamp=now class=dynamic", "stamp= wants a time", 27},
		{"tenure owner=key:pc1 stamp=7d class=dynamic", "stamp= wants a time", 27},
		{"tenure owner=key:pc1 stamp=2026-02-30T00:00:00Z class=dynamic",
		 "stamp= wants a time", 27},
		{"tenure owner=key:pc1 stamp=2026-01-05T09:00:00Z", "class= is expected", 47},
		{"tenure owner=key:pc1 stamp=2026-01-05T09:00:00Z class=old", "class= is one of",
		 54},
		{"tenure owner=key:pc1 stamp=2026-01-05T09:00:00Z class=static too", "more words",
		 60},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct dns_age age;
		size_t at;
		const char *wrong =
			dns_age_of_comment(rows[i].text, strlen(rows[i].text), &age, &at);
		cr_expect_eq(wrong == NULL, rows[i].wrong == NULL, "%s: %s", rows[i].text, wrong);
		cr_expect_eq(age.class, i == 0 ? DNS_AGE_DYNAMIC : DNS_AGE_UNSAID, "%s",
			     rows[i].text);
		if (!wrong || !rows[i].wrong)
			continue;
		cr_expect(strstr(wrong, rows[i].wrong), "%s: %s", rows[i].text, wrong);
		cr_expect_eq(at, rows[i].at, "%s: %zu", rows[i].text, at);
	}
}

static char got[2048];

static const char *note(void *context, const struct dns_zonefile_record *r)
{
	char line[512], *text = NULL;
	size_t len;
	(void)context;
	FILE *out = open_memstream(&text, &len);
	dns_zonefile_write(out, &r->owner, r->type, r->ttl, r->rdata, NULL);
	fclose(out);
	text[strcspn(text, "\n")] = '\0';
	snprintf(line, sizeof line, "%s|%d|%llu\n", text, (int)r->age.class,
		 (unsigned long long)r->age.stamp);
	strncat(got, line, sizeof got - strlen(got) - 1);
	free(text);
	return NULL;
}

/* What the table says, as lines; or what is wrong with it. */
static const char *table(const char *text, size_t len)
{
	static char error[DNS_ZONEFILE_ERROR_MAX];
	struct dns_name origin;
	cr_assert_null(dns_name_parse_text(&origin, "corp.example"));
	struct dns_zonefile wanted = {.origin = &origin, .default_ttl = 3600, .record = note};
	got[0] = error[0] = '\0';
	return dns_csvzone_read_text("t.csv", text, len, &wanted, error) ? got : error;
}

#define HEAD "\"HostName\",\"RecordType\",\"Timestamp\",\"TimeToLive\",\"RecordData\"\r\n"
#define ROWS                                                                                       \
	"\"@\",\"NS\",\"\",\"3600\",\"dc1.corp.example.\"\r\n"                                     \
	"\"pc1\",\"A\",\"2026-01-12T09:00:00Z\",\"1200\",\"10.0.0.7\"\r\n"                         \
	"\"pc1\",\"TXT\",\"3725745\",\"00:20:00\",\"say \"\"hi\"\" there\"\r\n"
#define READ                                                                                       \
	"corp.example.\t3600\tIN\tNS\tdc1.corp.example.|0|0\n"                                     \
	"pc1.corp.example.\t1200\tIN\tA\t10.0.0.7|2|1768208400\n"                                  \
	"pc1.corp.example.\t1200\tIN\tTXT\t\"say \\\"hi\\\" there\"|2|1768208400\n"

Test(csvzone, reads_what_the_documented_command_writes)
{
	cr_expect_str_eq(table(HEAD ROWS, strlen(HEAD ROWS)), READ);
	static const char typed[] = "#TYPE Selected.Thing\r\n" HEAD ROWS;
	cr_expect_str_eq(table(typed, strlen(typed)), READ);
	static const char marked[] = "\xef\xbb\xbf" HEAD ROWS;
	cr_expect_str_eq(table(marked, strlen(marked)), READ);
	cr_expect(dns_csvzone_is(marked, strlen(marked)));
	static const char zone[] = "$ORIGIN corp.example.\n@ 60 NS ns1\n";
	cr_expect_not(dns_csvzone_is(zone, strlen(zone)));
}

Test(csvzone, reads_properties_as_columns_with_semicolons)
{
	static const char text[] =
		"HostName;RecordType;Timestamp;TimeToLive;Priority;Weight;Port;DomainName;"
		"IPv4Address\n"
		"_ldap._tcp;SRV;static;600;0;100;389;dc1.corp.example;\n"
		"pc2;A;;1.00:00:00;;;;;10.0.0.8\n";
	cr_expect_str_eq(table(text, strlen(text)),
			 "_ldap._tcp.corp.example.\t600\tIN\tSRV\t0 100 389 dc1.corp.example.|0|0\n"
			 "pc2.corp.example.\t86400\tIN\tA\t10.0.0.8|0|0\n");
}

Test(csvzone, says_what_is_wrong_with_line_and_column)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{HEAD "pc1,A,1/5/2026 9:00:00 AM,60,10.0.0.7\n",
		 "t.csv:2:7: '1/5/2026 9:00:00 AM' depends on the locale"},
		{HEAD "pc1,A,05.01.2026 09:00:00,60,10.0.0.7\n", "t.csv:2:7: '05.01.2026"},
		{HEAD "pc1,A,2026-01-05T09:00:00,60,10.0.0.7\n", "does not say that it is UTC"},
		{HEAD "pc1,A,2026-02-30T09:00:00Z,60,10.0.0.7\n", "is not a time"},
		{HEAD "pc1,A,17,60,10.0.0.7\n", "is no time in hours since 1601"},
		{HEAD "pc1,A,,60,DnsServerResourceRecordA\n", "is the name of an object, not data"},
		{HEAD "pc1,A,,60,10.0.0.777\n", "t.csv:2:11: '10.0.0.777' "},
		{HEAD "pc1,A,,soon,10.0.0.7\n", "'soon' is not a TTL"},
		{HEAD "pc1,A,,9999999999,10.0.0.7\n", "is not a TTL"},
		{HEAD "pc1,WINS,,60,x\n", "is a WINS lookup"},
		{HEAD "pc1,ALPHA,,60,x\n", "'ALPHA' is not a record type"},
		{HEAD ",A,,60,10.0.0.7\n", "without a HostName"},
		{HEAD "pc1,A,,60\n", "without data"},
		{HEAD "pc1,A,,60,\"10.0.0.7\n", "t.csv:2:11: a quoted field that does not end"},
		{HEAD "pc1,A,,60,\"10.0.0.7\" x\n", "t.csv:2:21: text behind the closing quote"},
		{"Name\tType\tData\tTimestamp\npc1\tHost (A)\t10.0.0.7\tstatic\n",
		 "a list saved by DNS Manager"},
		{"a,b\n1,2\n", "without columns named HostName"},
		{"", "an empty table"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *said = table(rows[i].text, strlen(rows[i].text));
		cr_expect(strstr(said, rows[i].said), "%s: %s", rows[i].text, said);
	}
}

Test(utf16, of_either_order_becomes_utf8)
{
	static const char little[] = "\xff\xfe"
				     "a\0\xe4\0\xac\x20\x3d\xd8\x00\xde";
	static const char big[] = "\xfe\xff"
				  "\0a\0\xe4\x20\xac\xd8\x3d\xde\x00";
	static const char utf8[] = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
	const char *const texts[] = {little, big};
	for (size_t i = 0; i < 2; i++) {
		size_t len;
		unsigned line;
		cr_assert(utf16_is(texts[i], 12));
		char *text = utf16_to_utf8(texts[i], 12, &len, &line);
		cr_assert_not_null(text);
		cr_expect_eq(len, strlen(utf8));
		cr_expect_str_eq(text, utf8);
		free(text);
	}
	cr_expect_not(utf16_is("zone", 4));
}

Test(utf16, that_is_cut_or_half_a_pair_is_placed)
{
	static const struct {
		const char *text;
		size_t len;
		unsigned line;
	} rows[] = {
		{"\xff\xfe"
		 "a",
		 3, 1},
		{"\xff\xfe"
		 "a\0\n\0\x3d\xd8",
		 8, 2},
		{"\xff\xfe"
		 "\x3d\xd8"
		 "a\0",
		 6, 1},
		{"\xff\xfe"
		 "\x00\xde",
		 4, 1},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t len;
		unsigned line = 0;
		cr_expect_null(utf16_to_utf8(rows[i].text, rows[i].len, &len, &line), "row %zu", i);
		cr_expect_eq(line, rows[i].line, "row %zu: %u", i, line);
	}
}
