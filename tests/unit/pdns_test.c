/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables of PowerDNS, from rows in memory: what becomes of records, metadata, comments and keys. */
#include "migrate/pdns_rows.h"
#include "dns/rdata.h"
#include <criterion/criterion.h>
#include <stdlib.h>

/* One zone, z.example, whose records and metadata are given; ended by a row without a type. */
struct fake {
	struct pdns_rows rows;
	const char *type, *account;
	const char *(*records)[8];
	const char *(*metadata)[2];
	bool is_signed;
};

static void give(pdns_row *row, void *context, const char *a, const char *b, const char *c,
		 const char *d, const char *e)
{
	const char *column[PDNS_COLUMNS_MAX] = {a, b, c, d, e};
	row(context, column);
}

static bool fake_select(struct pdns_rows *rows, enum pdns_table table, const char *domain,
			pdns_row *row, void *context, char error[SITE_ERROR_MAX])
{
	struct fake *fake = (struct fake *)rows;
	(void)error;
	(void)domain;
	switch (table) {
	case PDNS_DOMAINS:
		give(row, context, "1", "z.example", fake->type, NULL, fake->account);
		break;
	case PDNS_TSIGKEYS:
		give(row, context, "k", "hmac-sha256", "MDEyMw==", NULL, NULL);
		give(row, context, "l", "hmac-sha256", "MDEyMw==", NULL, NULL);
		break;
	case PDNS_RECORDS:
		give(row, context, "1", "z.example", "SOA", "ns1.z.example host.z.example 7", "60");
		give(row, context, "2", "z.example", "NS", "ns1.z.example", "60");
		give(row, context, "3", "ns1.z.example", "A", "192.0.2.53", "60");
		for (size_t i = 0; fake->records && fake->records[i][1]; i++)
			row(context, fake->records[i]);
		break;
	case PDNS_METADATA:
		for (size_t i = 0; fake->metadata && fake->metadata[i][0]; i++)
			give(row, context, fake->metadata[i][0], fake->metadata[i][1], NULL, NULL,
			     NULL);
		break;
	case PDNS_COMMENTS:
		give(row, context, "ns1.z.example", "A", "1790000000", "anna", "first");
		give(row, context, "ns1.z.example", "A", "1790000000", "", "second");
		give(row, context, "elsewhere.example", "A", NULL, NULL, "lost");
		break;
	case PDNS_CRYPTOKEYS:
		if (fake->is_signed)
			give(row, context, "1", "1", NULL, NULL, NULL);
	}
	return true;
}

static struct fake fake_of(const char *(*records)[8], const char *(*metadata)[2])
{
	return (struct fake){.rows = {.select = fake_select},
			     .type = "MASTER",
			     .records = records,
			     .metadata = metadata};
}

static void take(struct site *site, struct fake *fake, const char *config)
{
	char error[SITE_ERROR_MAX] = "";
	site_open(site, 1000);
	cr_assert(pdns_take(site, &fake->rows, "db", config ? "pdns.conf" : NULL,
			    bytes_of(config, config ? strlen(config) : 0), error),
		  "%s", error);
	site_settle(site);
}

static bool has_line(const struct site *site, enum site_list list, const char *statement,
		     const char *why)
{
	for (const struct site_line *line = site->lines; line; line = line->next)
		if (line->list == list && strstr(line->statement, statement) &&
		    strstr(line->why, why))
			return true;
	return false;
}

static const struct site_record *record_of(const struct site *site, const char *text)
{
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, text));
	for (size_t i = 0; i < site->zones->count; i++)
		if (dns_name_equal(site->zones->records[i]->name, &name))
			return site->zones->records[i];
	return NULL;
}

static void expect_data(const struct site *site, const char *name, const char *data)
{
	char text[512];
	const struct site_record *record = record_of(site, name);
	cr_assert(record, "%s", name);
	dns_rdata_print(record->type, record->rdata, text, sizeof text);
	cr_expect_str_eq(text, data, "%s: %s", name, text);
}

Test(pdns, records_of_both_forms_and_those_that_are_lost)
{
	static const char *records[][8] = {
		{"4", "a.z.example", "MX", "mail.z.example", "60", "10", "0", NULL},
		{"5", "b.z.example", "MX", "20 mail.z.example", "60", "0", "0", NULL},
		{"6", "c.z.example", "SRV", "60 5060 mail.z.example", "60", "10", "0", NULL},
		{"7", "d.z.example", "SRV", "1 60 5060 mail.z.example", "60", NULL, "0", NULL},
		{"8", "e.z.example", "TXT", "\"a b\" \"c\"", "60", NULL, "0", ""},
		{"9", "f.z.example", "A", "192.0.2.1", "60", NULL, "1", NULL},
		{"10", "g.z.example", "ALIAS", "www.example.net", "60", NULL, "0", NULL},
		{"11", "h.z.example", "LUA", "A \"x\"", "60", NULL, "0", NULL},
		{"12", "out.example", "A", "192.0.2.1", "60", NULL, "0", NULL},
		{"13", "i.z.example", "A", "nonsense", "60", NULL, "0", NULL},
		{"14", "up.z.example", "A", "192.0.2.2", "60", NULL, "0", "up"},
		{"15", "j.z.example", "", NULL, NULL, NULL, "0", NULL},
		{"16", "k.z.example", "A", "192.0.2.3", "99999999999", NULL, "0", NULL},
		{NULL}};
	struct fake fake = fake_of(records, NULL);
	struct site site;
	take(&site, &fake, NULL);
	expect_data(&site, "z.example", "ns1.z.example. host.z.example. 7 10800 3600 604800 3600");
	expect_data(&site, "a.z.example", "10 mail.z.example.");
	expect_data(&site, "b.z.example", "20 mail.z.example.");
	expect_data(&site, "c.z.example", "10 60 5060 mail.z.example.");
	expect_data(&site, "d.z.example", "1 60 5060 mail.z.example.");
	expect_data(&site, "e.z.example", "\"a b\" \"c\"");
	cr_expect(has_line(&site, SITE_LOST, "f.z.example A", "disabled"));
	cr_expect(has_line(&site, SITE_LOST, "g.z.example ALIAS", "by itself"));
	cr_expect(has_line(&site, SITE_LOST, "h.z.example LUA", "by itself"));
	cr_expect(has_line(&site, SITE_LOST, "out.example A", "outside of the zone"));
	cr_expect(has_line(&site, SITE_LOST, "i.z.example A nonsense", ""));
	cr_expect_eq(record_of(&site, "up.z.example")->class, DNS_AGE_PINNED);
	cr_expect_eq(record_of(&site, "a.z.example")->class, DNS_AGE_STATIC);
	cr_expect_eq(record_of(&site, "k.z.example")->ttl, 3600);
	for (const struct site_line *line = site.lines; line; line = line->next)
		if (strstr(line->statement, "f.z.example"))
			cr_expect(line->place.line == 9 && strcmp(line->place.file, "db") == 0);
	site_free(&site);
}

/* A signed zone has an ordername at each name. */
Test(pdns, in_a_signed_zone_ordername_tells_nothing)
{
	static const char *records[][8] = {
		{"4", "up.z.example", "A", "192.0.2.2", "60", NULL, "0", "up"}, {NULL}};
	struct fake fake = fake_of(records, NULL);
	struct site site;
	fake.is_signed = true;
	take(&site, &fake, NULL);
	cr_expect_eq(record_of(&site, "up.z.example")->class, DNS_AGE_STATIC);
	cr_expect(has_line(&site, SITE_LOST, "1 key in cryptokeys", "unsigned"));
	site_free(&site);
}

#define END "deny authenticated write\n"

Test(pdns, metadata_are_rules)
{
	static const char *both[][2] = {{"TSIG-ALLOW-DNSUPDATE", "k"},
					{"TSIG-ALLOW-DNSUPDATE", "unknown"},
					{"ALLOW-DNSUPDATE-FROM", "192.0.2.0/24"},
					{"allow-dnsupdate-from", "198.51.100.1"},
					{"TSIG-ALLOW-AXFR", "l"},
					{NULL, NULL}};
	static const char *from[][2] = {{"ALLOW-DNSUPDATE-FROM", "192.0.2.0/24, !192.0.2.128/25"},
					{NULL, NULL}};
	static const char *keys[][2] = {{"TSIG-ALLOW-DNSUPDATE", "k"}, {NULL, NULL}};
	static const char *open[][2] = {{"ALLOW-DNSUPDATE-FROM", "0.0.0.0/0"},
					{"ALLOW-DNSUPDATE-FROM", "::/0"},
					{NULL, NULL}};
	static const struct {
		const char *(*metadata)[2], *config, *update, *rules;
	} cases[] = {
		{both, NULL, "secure",
		 "allow key:k claim,join,write under @ from 192.0.2.0/24,198.51.100.1/32\n" END
		 "allow key:l transfer\n"},
		{from, NULL, "secure",
		 "allow authenticated claim,join,write under @ from 192.0.2.0/25\n"
		 "allow anonymous claim,join,write under @ from 192.0.2.0/25\n" END
		 "deny anonymous write\n"},
		{keys, NULL, "secure",
		 "allow key:k claim,join,write under @ from 127.0.0.0/8,::1/128\n" END},
		{keys, "dnsupdate=yes\nallow-dnsupdate-from=10.0.0.0/8\n", "secure",
		 "allow key:k claim,join,write under @ from 10.0.0.0/8\n" END},
		{keys, "dnsupdate = no\n", "none", ""},
		{keys, "# dnsupdate=yes\n", "none", ""},
		{NULL, NULL, "none", ""},
		{NULL, "dnsupdate=yes\n", "secure",
		 "allow authenticated claim,join,write under @ from 127.0.0.0/8,::1/128\n"
		 "allow anonymous claim,join,write under @ from 127.0.0.0/8,::1/128\n" END
		 "deny anonymous write\n"},
		{open, NULL, "nonsecure", ""},
		/* A script decided there: without --accept-wider nothing is given. */
		{keys, "dnsupdate=yes\nlua-dnsupdate-policy-script=/x.lua\n", "secure", END},
		{open, "dnsupdate=yes\nlua-dnsupdate-policy-script=/x.lua\n", "secure",
		 END "deny anonymous write\n"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fake fake = fake_of(NULL, cases[i].metadata);
		struct site site;
		char *rules = NULL;
		size_t len;
		take(&site, &fake, cases[i].config);
		FILE *out = open_memstream(&rules, &len);
		for (const struct site_rule *rule = site.zones->rules; rule; rule = rule->next)
			fprintf(out, "%s\n", rule->text);
		fclose(out);
		cr_expect_str_eq(rules, cases[i].rules, "case %zu gives\n%s", i, rules);
		cr_expect_str_eq(site_setting_get(site.zones, "update"), cases[i].update,
				 "case %zu", i);
		free(rules);
		site_free(&site);
	}
}

Test(pdns, transfers_notify_and_what_is_lost)
{
	static const char *metadata[][2] = {{"ALLOW-AXFR-FROM", "198.51.100.8"},
					    {"ALLOW-AXFR-FROM", "AUTO-NS"},
					    {"ALSO-NOTIFY", "198.51.100.7:5353"},
					    {"ALSO-NOTIFY", "[2001:db8::1]:53, 2001:db8::2"},
					    {"SOA-EDIT", "INCREASE"},
					    {"X-OURS", "1"},
					    {NULL, NULL}};
	struct fake fake = fake_of(NULL, metadata);
	struct site site;
	fake.account = "team";
	take(&site, &fake, "also-notify=192.0.2.9\nwebserver=yes\napi-key=s3cr3t\n");
	cr_expect_str_eq(site_setting_get(site.zones, "transfer"), "198.51.100.8/32");
	cr_expect_str_eq(site_setting_get(site.zones, "notify"),
			 "198.51.100.7@5353,2001:db8::1@53,2001:db8::2,192.0.2.9,ns");
	cr_expect(has_line(&site, SITE_LOST, "ALLOW-AXFR-FROM AUTO-NS", "written out"));
	cr_expect(has_line(&site, SITE_LOST, "SOA-EDIT INCREASE", "serial"));
	cr_expect(has_line(&site, SITE_LOST, "X-OURS 1", "no counterpart"));
	cr_expect(has_line(&site, SITE_LOST, "webserver=yes", ""));
	cr_expect(has_line(&site, SITE_LOST, "api-key=...", ""));
	cr_expect_not(has_line(&site, SITE_LOST, "s3cr3t", ""));
	cr_expect(has_line(&site, SITE_LOST, "comment lost", ""));
	/* Comments of one set are one note. */
	cr_assert(site.zones->notes && site.zones->notes->next && !site.zones->notes->next->next);
	cr_expect_str_eq(site.zones->notes->text, "first (anna, 2026-09-21T14:13:20Z); second "
						  "(2026-09-21T14:13:20Z)");
	cr_expect_str_eq(site.zones->notes->next->text, "account team");
	site_free(&site);
}

Test(pdns, a_zone_that_is_no_primary_is_lost)
{
	struct fake fake = fake_of(NULL, NULL);
	struct site site;
	fake.type = "SLAVE";
	take(&site, &fake, NULL);
	cr_expect_null(site.zones);
	cr_expect(has_line(&site, SITE_LOST, "zone z.example", "type SLAVE"));
	site_free(&site);
}
