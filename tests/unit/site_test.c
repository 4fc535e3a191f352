/* SPDX-License-Identifier: BSD-2-Clause */
/* A site: what tenured would refuse is lost with a line, and what is written reads back. */
#include "migrate/site_write.h"
#include "migrate/site_file.h"
#include "migrate/site_report.h"
#include "dns/rdata.h"
#include "dns/type.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW 1796000000u

static const char base_zone[] = "@ 3600 SOA ns1 hostmaster 7 3600 900 604800 300\n"
				"@ 3600 NS ns1\n"
				"ns1 3600 A 192.0.2.53\n";

static struct site_zone *make_zone(struct site *site, const char *apex, const char *rest)
{
	char text[4096], error[SITE_ERROR_MAX] = "";
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, apex));
	struct site_zone *zone = site_zone_add(site, &name, (struct site_place){.file = "f"});
	cr_assert(zone);
	snprintf(text, sizeof text, "%s%s", base_zone, rest);
	cr_assert(site_zonefile(zone, "f", bytes_of(text, strlen(text)), false, error), "%s",
		  error);
	return zone;
}

/* Whether the report has a line of the list with both texts. */
static bool has_line(const struct site *site, enum site_list list, const char *statement,
		     const char *why)
{
	for (const struct site_line *line = site->lines; line; line = line->next)
		if (line->list == list && strstr(line->statement, statement) &&
		    strstr(line->why, why))
			return true;
	return false;
}

static char *zone_text(const struct site_zone *zone)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	cr_assert(site_write_zone(zone, out));
	fclose(out);
	return text;
}

static char *yaml_text(const struct site *site)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	site_write_yaml(site, out);
	fclose(out);
	return text;
}

Test(site, a_zone_is_written_with_owner_stamp_and_class)
{
	struct site site;
	site_open(&site, NOW);
	struct site_zone *zone = make_zone(&site, "corp.example", "pc1 60 A 192.0.2.7\n");
	zone->records[3]->class = DNS_AGE_DYNAMIC;
	zone->records[3]->owner = "key:kea1";
	site_settle(&site);
	cr_assert_eq(site.by_list[SITE_LOST], 0);
	char *text = zone_text(zone);
	cr_expect(strstr(text, "pc1.corp.example.\t60\tIN\tA\t192.0.2.7 ; tenure owner=key:kea1 "
			       "stamp=2026-11-30T00:53:20Z class=dynamic\n"),
		  "%s", text);
	cr_expect(strstr(text, "corp.example.\t3600\tIN\tSOA\t") == text, "%s", text);
	cr_expect(strstr(text, "192.0.2.53 ; tenure owner=local:migrate"), "%s", text);
	free(text);
	site_free(&site);
}

Test(site, what_no_zone_can_hold_is_lost_with_its_line)
{
	struct site site;
	site_open(&site, NOW);
	struct site_zone *zone = make_zone(&site, "corp.example",
					   "www 60 CNAME ns1\nwww 60 A 192.0.2.8\n"
					   "out.example. 60 A 192.0.2.9\n"
					   "two 60 A 192.0.2.1\ntwo 90 A 192.0.2.2\n"
					   "two 60 A 192.0.2.1\n"
					   "@ 60 RRSIG A 8 2 60 20300101000000 20200101000000 1 "
					   "corp.example. AAAA\n");
	site_settle(&site);
	cr_expect(has_line(&site, SITE_LOST, "www.corp.example 60 A", "beside a CNAME"));
	cr_expect(has_line(&site, SITE_LOST, "out.example A", "outside of the zone"));
	cr_expect(has_line(&site, SITE_CHANGED, "two.corp.example", "TTL differs"));
	cr_expect(has_line(&site, SITE_CHANGED, "two.corp.example", "is there twice"));
	cr_expect(has_line(&site, SITE_LOST, "1 records of DNSSEC", "unsigned"));
	cr_expect_eq(zone->count, 6);
	for (const struct site_line *line = site.lines; line; line = line->next)
		if (strstr(line->statement, "out.example"))
			cr_expect(line->place.line == 6 && strcmp(line->place.file, "f") == 0);
	site_free(&site);
}

/* Databases that check nothing hold such by the thousands. */
Test(site, many_clashes_are_found_in_one_walk)
{
	struct site site;
	char text[128], error[SITE_ERROR_MAX];
	site_open(&site, NOW);
	struct site_zone *zone = make_zone(&site, "corp.example",
					   "d 60 DNAME x.example.\nd 60 A 192.0.2.1\n"
					   "a.d 60 A 192.0.2.1\nb.a.d 60 A 192.0.2.1\n");
	for (int i = 0; i < 20000; i++) {
		int len = snprintf(text, sizeof text,
				   "n%d 60 CNAME a\nn%d 60 CNAME b\nn%d 60 CNAME a\n"
				   "n%d 60 A 192.0.2.1\n",
				   i, i, i, i);
		cr_assert(site_zonefile(zone, "f", bytes_of(text, (size_t)len), false, error));
	}
	site_settle(&site);
	/* SOA, NS, the name server; d with two; and a CNAME of each. */
	cr_expect_eq(zone->count, 5 + 20000);
	cr_expect_eq(site.record_count, zone->count);
	cr_expect(has_line(&site, SITE_LOST, "n7.corp.example 60 CNAME b.corp", "second CNAME"));
	cr_expect(has_line(&site, SITE_LOST, "n7.corp.example 60 A", "beside a CNAME"));
	cr_expect(has_line(&site, SITE_LOST, "b.a.d.corp.example 60 A", "below a DNAME"));
	cr_expect(has_line(&site, SITE_CHANGED, "n7.corp.example 60 CNAME a.corp", "twice"));
	site_free(&site);
}

Test(site, a_zone_without_soa_and_ns_gets_them)
{
	struct site site;
	struct dns_name name;
	site_open(&site, NOW);
	cr_assert_null(dns_name_parse_text(&name, "corp.example"));
	struct site_zone *zone = site_zone_add(&site, &name, (struct site_place){0});
	site_settle(&site);
	cr_expect_eq(zone->count, 2);
	cr_expect(has_line(&site, SITE_CHANGED, "SOA", "the source has none"));
	cr_expect(has_line(&site, SITE_CHANGED, "NS", "the source has none"));
	site_free(&site);
}

Test(site, a_rule_that_is_wider_is_lost_unless_it_is_accepted)
{
	for (int accepts = 0; accepts < 2; accepts++) {
		struct site site;
		site_open(&site, NOW);
		site.accepts_wider = accepts;
		struct site_zone *zone = make_zone(&site, "corp.example", "");
		site_rule(zone, (struct site_place){0}, "from anywhere",
			  "allow key:a claim,join,write under @");
		site_rule(zone, (struct site_place){0}, NULL, "deny authenticated write");
		site_settle(&site);
		cr_expect(has_line(&site, accepts ? SITE_CHANGED : SITE_LOST, "allow key:a",
				   "from anywhere"));
		char *text = yaml_text(&site);
		cr_expect_eq(strstr(text, "allow key:a") != NULL, accepts);
		cr_expect(strstr(text, "      deny authenticated write\n"));
		free(text);
		site_free(&site);
	}
}

/* Names of the source cannot end the line of a rule, nor cut it short by a comment. */
Test(site, a_name_in_a_rule_cannot_add_one)
{
	static const char *const names[] = {"a\nallow anonymous claim", "a #", "#"};
	for (size_t i = 0; i < 3; i++) {
		struct site site;
		site_open(&site, NOW);
		struct site_zone *zone = make_zone(&site, "corp.example", "");
		site_rule(zone, (struct site_place){0}, NULL, "allow key:a claim under %s types A",
			  names[i]);
		site_settle(&site);
		cr_expect_null(zone->rules);
		cr_expect_eq(site.by_list[SITE_LOST], 1);
		site_free(&site);
	}
}

Test(site, a_deny_that_cannot_be_written_closes_the_zone)
{
	struct site site;
	site_open(&site, NOW);
	struct site_zone *zone = make_zone(&site, "corp.example", "");
	site_set(zone, "update", "secure");
	site_rule(zone, (struct site_place){0}, NULL, "deny nonsense write");
	site_rule(zone, (struct site_place){0}, NULL, "allow key:a write");
	site_settle(&site);
	cr_expect_str_eq(site_setting_get(zone, "update"), "none");
	cr_expect_null(zone->rules);
	site_free(&site);
}

Test(site, a_key_of_md5_is_taken_only_when_allowed)
{
	for (int allowed = 0; allowed < 2; allowed++) {
		struct site site;
		site_open(&site, NOW);
		site.accepts_md5 = allowed;
		cr_expect_eq(site_key(&site, "old", "hmac-md5", "MDEyMw==", (struct site_place){0}),
			     allowed);
		cr_expect_not(site_key(&site, "bad", "hmac-sha256", "?", (struct site_place){0}));
		cr_expect(site_key(&site, "made", "hmac-sha256", NULL, (struct site_place){0}));
		char *text = yaml_text(&site);
		cr_expect_eq(strstr(text, "allow-md5: true") != NULL, allowed);
		cr_expect(strstr(text, "{name: made, algorithm: hmac-sha256, generate: true}"));
		free(text);
		site_free(&site);
	}
}

Test(site, an_owner_that_is_no_principal_is_anonymous)
{
	struct site site;
	site_open(&site, NOW);
	struct site_zone *zone = make_zone(&site, "corp.example", "pc1 60 A 192.0.2.7\n");
	zone->records[3]->class = DNS_AGE_PINNED;
	zone->records[3]->owner = "CORP\\web1$ x";
	site_settle(&site);
	cr_expect(has_line(&site, SITE_CHANGED, "owner CORP", "no principal"));
	cr_expect_str_eq(zone->records[zone->count - 1]->owner, "anonymous");
	site_free(&site);
}

Test(site, a_note_that_is_longer_than_notes_are_is_lost)
{
	struct site site;
	char text[600];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	site_open(&site, NOW);
	struct site_zone *zone = make_zone(&site, "corp.example", "");
	site_note(zone, "ns1", "A", text);
	site_note(zone, "@", NULL, "two\nlines");
	site_settle(&site);
	cr_expect(has_line(&site, SITE_LOST, "note of ns1", "512"));
	cr_assert(zone->notes && !zone->notes->next);
	cr_expect_str_eq(zone->notes->text, "two lines");
	site_free(&site);
}

Test(site, names_of_files_have_no_slash_and_no_dot_in_front)
{
	char out[SITE_FILE_MAX], longer[DNS_NAME_TEXT_MAX], other[SITE_FILE_MAX];
	site_file_name(out, "data/", "0/25.2.0.192.in-addr.arpa", ".zone");
	cr_expect_str_eq(out, "data/0%2F25.2.0.192.in-addr.arpa.zone");
	site_file_name(out, "data/", ".", ".zone");
	cr_expect_str_eq(out, "data/%2E.zone");
	site_file_name(out, "keys/", "../x", ".key");
	cr_expect_str_eq(out, "keys/%2E.%2Fx.key");
	memset(longer, '/', 300);
	longer[300] = '\0';
	site_file_name(out, "data/", longer, ".zone");
	longer[299] = 'a';
	site_file_name(other, "data/", longer, ".zone");
	cr_expect(strlen(out) < 220 && strcmp(out, other) != 0);
}

static mode_t mode_of(const char *folder, const char *name)
{
	char path[600];
	struct stat st;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return stat(path, &st) == 0 ? st.st_mode & 0777 : 0;
}

Test(site, a_folder_is_written_whole_and_never_over_another)
{
	char folder[] = "/tmp/site-test-XXXXXX", out[64], command[128], error[SITE_ERROR_MAX];
	struct site site;
	cr_assert(mkdtemp(folder));
	snprintf(out, sizeof out, "%s/out", folder);
	site_open(&site, NOW);
	make_zone(&site, "corp.example", "");
	cr_assert(site_key(&site, "kea1", "hmac-sha256", "MDEyMw==", (struct site_place){0}));
	site_settle(&site);
	cr_assert(site_write(&site, out, error), "%s", error);
	cr_expect_eq(mode_of(out, "keys"), 0700);
	cr_expect_eq(mode_of(out, "keys/kea1.key"), 0600);
	cr_expect_neq(mode_of(out, "data/corp.example.zone"), 0);
	cr_expect_neq(mode_of(out, "site.yaml"), 0);
	cr_expect_neq(mode_of(out, "report.txt"), 0);
	cr_expect_neq(mode_of(out, "report.jsonl"), 0);
	cr_expect_not(site_write(&site, out, error));
	cr_expect(strstr(error, "not empty"), "%s", error);
	cr_expect_not(site_write(&site, "/proc/none/out", error));
	site_free(&site);
	snprintf(command, sizeof command, "rm -r %s", folder);
	cr_assert_eq(system(command), 0);
}

Test(site, the_report_is_utf8_whatever_the_source_has)
{
	struct site site;
	char *text = NULL;
	size_t len;
	site_open(&site, NOW);
	site_say(&site, SITE_LOST, (struct site_place){.file = "a\xff", .line = 3}, "x\ny\x01\xfe",
		 "because", "do");
	/* CSI of C1, and a mark that turns the direction around. */
	site_say(&site, SITE_LOST, (struct site_place){0},
		 "a\xc2\x9b"
		 "31mb\xe2\x80\xae"
		 "c",
		 "why", NULL);
	FILE *out = open_memstream(&text, &len);
	site_report_json(&site, out);
	site_report_text(&site, out);
	fclose(out);
	cr_expect(strstr(text,
			 "{\"list\":\"lost\",\"file\":\"a\\\\255\",\"line\":3,"
			 "\"statement\":\"x y \\\\254\",\"why\":\"because\",\"do\":\"do\"}\n"),
		  "%s", text);
	cr_expect(strstr(text, "LOST\na\\255:3\n\tx y \\254\n\tbecause\n\tto do: do\n"), "%s",
		  text);
	cr_expect(strstr(text, "\"statement\":\"a 31mb c\""), "%s", text);
	free(text);
	site_free(&site);
}
