/* SPDX-License-Identifier: BSD-2-Clause */
/* named.conf: its syntax, and the rules that its lists and grants come to. */
#include "migrate/bind_parts.h"
#include "migrate/site_owner.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static bool no_content(struct bind *bind, struct site_zone *zone,
		       const struct bind_statement *statement)
{
	static const char text[] =
		"@ 60 SOA ns1 host 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.53\n";
	char error[SITE_ERROR_MAX];
	(void)bind;
	(void)statement;
	return site_zonefile(zone, "f", bytes_of(text, sizeof text - 1), false, error);
}

static struct source nothing;

static bool take(struct site *site, const char *text, const char *view, char *error)
{
	struct source source = {.view = view};
	struct bind bind = {.site = site, .source = &source, .content = no_content, .folder = "."};
	struct bind_conf conf = {.arena = &site->arena};
	(void)nothing;
	if (!bind_conf_read(&conf, "named.conf", text, strlen(text), error))
		return false;
	bind.top = conf.first;
	if (!bind_take(&bind, error))
		return false;
	site_owners(site);
	site_settle(site);
	return true;
}

#define KEYS                                                                                       \
	"key k { algorithm hmac-sha256; secret \"MDEyMw==\"; };\n"                                 \
	"key l { algorithm hmac-sha256; secret \"MDEyMw==\"; };\n"

/* The rules of zone z of a configuration, each ended by a newline. */
static char *rules_of(const char *text)
{
	struct site site;
	char error[SITE_ERROR_MAX] = "", *out = NULL;
	size_t len;
	FILE *file = open_memstream(&out, &len);
	site_open(&site, 1000);
	cr_assert(take(&site, text, NULL, error), "%s", error);
	cr_assert(site.zones, "no zone");
	for (const struct site_rule *rule = site.zones->rules; rule; rule = rule->next)
		fprintf(file, "%s\n", rule->text);
	fclose(file);
	site_free(&site);
	return out;
}

static void expect_rules(const char *statements, const char *expected)
{
	char text[4096];
	snprintf(text, sizeof text,
		 KEYS
		 "acl office { 192.0.2.0/24; };\nacl hole { !192.0.2.66; 192.0.2.0/24; key l; };\n"
		 "zone \"z\" { type primary; file \"z\"; allow-transfer { none; }; %s };\n",
		 statements);
	char *rules = rules_of(text);
	cr_expect_str_eq(rules, expected, "%s\ngives\n%s", statements, rules);
	free(rules);
}

#define END "deny authenticated write\n"

Test(bind, grants_are_rules_in_their_order)
{
	static const struct {
		const char *grant, *rules;
	} cases[] = {
		{"grant k name www.z. A;", "allow key:k claim,join,write at www types A\n"},
		{"grant k subdomain apps.z. ANY;", "allow key:k claim,join,write under apps\n"},
		{"grant k subdomain z. A;", "allow key:k claim,join,write under @ types A\n"},
		{"grant k subdomain . A;", "allow key:k claim,join,write under @ types A\n"},
		{"grant k zonesub TXT;", "allow key:k claim,join,write under @ types TXT\n"},
		{"grant k zonesub;", "allow key:k claim,join,write under @\n"},
		{"grant k name a.z.z. A;", "allow key:k claim,join,write at a.z.z. types A\n"},
		{"grant k wildcard *.lab.z. TXT(2);",
		 "deny key:k claim,join,write at lab\n"
		 "allow key:k claim,join,write under lab types TXT(2)\n"},
		/* What a later grant says of lab itself stands before. */
		{"grant k wildcard *.lab.z. TXT; grant k name lab.z. A; grant l zonesub MX;",
		 "allow key:k claim,join,write at lab types A\n"
		 "allow key:l claim,join,write at lab types MX\n"
		 "deny key:k claim,join,write at lab\n"
		 "allow key:k claim,join,write under lab types TXT\n"
		 "allow key:k claim,join,write at lab types A\n"
		 "allow key:l claim,join,write under @ types MX\n"},
		{"deny k wildcard *.lab.z. TXT; grant k zonesub TXT;",
		 "allow key:k claim,join,write at lab types TXT\n"
		 "deny key:k claim,join,write under lab types TXT\n"
		 "allow key:k claim,join,write under @ types TXT\n"},
		{"deny * name gw.z. ANY;", "deny authenticated claim,join,write at gw\n"},
		{"grant * self . A;", "allow key:* claim,join,write self types A\n"},
		{"grant *.z selfsub . TXT;",
		 "allow key:*.z claim,join,write self-under types TXT\n"},
		{"grant *.z selfwild . TXT;",
		 "deny key:*.z claim,join,write self types TXT\n"
		 "allow key:*.z claim,join,write self-under types TXT\n"},
		{"grant R.EXAMPLE ms-self . A;",
		 "allow gss:*$@R.EXAMPLE claim,join,write self types A\n"},
		{"grant R.EXAMPLE ms-subdomain-self-rhs z. SRV;",
		 "allow gss:*$@R.EXAMPLE claim,join,write under @ target-self types SRV\n"},
		{"grant R.EXAMPLE krb5-subdomain a.z. A;",
		 "allow gss:host/*@R.EXAMPLE claim,join,write under a types A\n"},
		{"grant * tcp-self . PTR;",
		 "allow anonymous claim,join,write source-ptr types PTR\n"},
		{"grant * 6to4-self . NS;",
		 "allow anonymous claim,join,write source-ptr/48 types NS\n"},
		{"grant \"DHCP/srv@R.EXAMPLE\" zonesub A;",
		 "allow gss:DHCP/srv@R.EXAMPLE claim,join,write under @ types A\n"},
		{"grant \"local:/run/x\" external * ANY;", ""},
		{"grant k name www.elsewhere. A;", ""},
	};
	char statement[512], expected[1024];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(statement, sizeof statement, "update-policy { %s };", cases[i].grant);
		snprintf(expected, sizeof expected, "%s" END, cases[i].rules);
		expect_rules(statement, expected);
	}
}

/* A grant that is not understood is left out; what one denies stays denied. */
Test(bind, a_deny_that_is_not_understood_denies_all_that_comes_behind_it)
{
	expect_rules("update-policy { deny k name x.z. NONSENSE; grant k zonesub A; };",
		     "deny authenticated claim,join,write\n"
		     "allow key:k claim,join,write under @ types A\n" END);
}

Test(bind, lists_are_rules_in_their_order)
{
	static const struct {
		const char *list, *rules;
	} cases[] = {
		{"key k;", "allow key:k claim,join,write under @\n"},
		{"192.0.2.5; 192.0.2.6;",
		 "allow authenticated claim,join,write under @ from 192.0.2.5/32,192.0.2.6/32\n"
		 "allow anonymous claim,join,write under @ from 192.0.2.5/32,192.0.2.6/32\n"},
		{"!192.0.2.5; any;", "deny authenticated claim,join,write from 192.0.2.5/32\n"
				     "deny anonymous claim,join,write from 192.0.2.5/32\n"
				     "allow authenticated claim,join,write under @\n"
				     "allow anonymous claim,join,write under @\n"},
		{"!key k; office;",
		 "deny key:k claim,join,write\n"
		 "allow authenticated claim,join,write under @ from 192.0.2.0/24\n"
		 "allow anonymous claim,join,write under @ from 192.0.2.0/24\n"},
		/* A list in a list: what it excepts is left to the elements behind it. */
		{"{ !192.0.2.128/25; 192.0.2.0/24; }; key k;",
		 "allow authenticated claim,join,write under @ from 192.0.2.0/25\n"
		 "allow anonymous claim,join,write under @ from 192.0.2.0/25\n"
		 "allow key:k claim,join,write under @\n"},
		{"!{ !192.0.2.128/25; 192.0.2.0/24; }; 192.0.2.0/24;",
		 "deny authenticated claim,join,write from 192.0.2.0/25\n"
		 "deny anonymous claim,join,write from 192.0.2.0/25\n"
		 "allow authenticated claim,join,write under @ from 192.0.2.0/24\n"
		 "allow anonymous claim,join,write under @ from 192.0.2.0/24\n"},
		{"key unknown; key k;", "allow key:k claim,join,write under @\n"},
	};
	char statement[512], expected[1024];
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		bool has_anonymous = strstr(cases[i].rules, "allow anonymous") != NULL;
		snprintf(statement, sizeof statement, "allow-update { %s };", cases[i].list);
		snprintf(expected, sizeof expected, "%s" END "%s", cases[i].rules,
			 has_anonymous ? "deny anonymous write\n" : "");
		expect_rules(statement, expected);
	}
}

/* An exception that is not understood must not be passed over. */
Test(bind, a_list_with_an_exception_that_is_not_understood_admits_nobody)
{
	expect_rules("allow-update { !geoip country DE; any; };", "");
	expect_rules("allow-update { geoip country DE; key k; };",
		     "allow key:k claim,join,write under @\n" END);
}

/* BIND applies allow-query to updates. */
Test(bind, updates_are_bound_by_allow_query)
{
	expect_rules("allow-update { key k; 192.0.0.0/16; }; allow-query { office; key l; };",
		     "allow key:k claim,join,write under @ from 192.0.2.0/24\n"
		     "allow key:l claim,join,write under @ from 192.0.0.0/16\n"
		     "allow authenticated claim,join,write under @ from 192.0.2.0/24\n"
		     "allow anonymous claim,join,write under @ from 192.0.2.0/24\n" END
		     "deny anonymous write\n"
		     "allow authenticated query from 192.0.2.0/24\n"
		     "allow anonymous query from 192.0.2.0/24\n"
		     "allow key:l query\n");
	expect_rules("update-policy { grant k zonesub A; }; allow-query { hole; };",
		     "allow key:k claim,join,write under @ types A from "
		     "192.0.2.128/25,192.0.2.0/26,192.0.2.96/27,192.0.2.80/28,192.0.2.72/29,"
		     "192.0.2.68/30,192.0.2.64/31,192.0.2.67/32\n" END
		     "allow key:l query from 192.0.2.128/25,192.0.2.0/26,192.0.2.96/27,"
		     "192.0.2.80/28,192.0.2.72/29,192.0.2.68/30,192.0.2.64/31,192.0.2.67/32,"
		     "0.0.0.0/1,128.0.0.0/2,224.0.0.0/3,208.0.0.0/4,200.0.0.0/5,196.0.0.0/6,"
		     "194.0.0.0/7,193.0.0.0/8,192.128.0.0/9,192.64.0.0/10,192.32.0.0/11,"
		     "192.16.0.0/12,192.8.0.0/13,192.4.0.0/14,192.2.0.0/15,192.1.0.0/16,"
		     "192.0.128.0/17,192.0.64.0/18,192.0.32.0/19,192.0.16.0/20,192.0.8.0/21,"
		     "192.0.4.0/22,192.0.0.0/23,192.0.3.0/24,::/0\n"
		     "allow authenticated query from 192.0.2.128/25,192.0.2.0/26,192.0.2.96/27,"
		     "192.0.2.80/28,192.0.2.72/29,192.0.2.68/30,192.0.2.64/31,192.0.2.67/32\n"
		     "allow anonymous query from 192.0.2.128/25,192.0.2.0/26,192.0.2.96/27,"
		     "192.0.2.80/28,192.0.2.72/29,192.0.2.68/30,192.0.2.64/31,192.0.2.67/32\n");
}

/* A view shows itself to some alone: what is taken of it does so by rules. */
Test(bind, a_view_bounds_queries_updates_and_transfers)
{
	static const char text[] =
		KEYS "view v { match-clients { 192.0.2.0/24; key k; };\n"
		     "zone z { type primary; file z; allow-transfer { 192.0.2.1; 10.0.0.1; };\n"
		     "update-policy { grant k zonesub A; grant l zonesub A; }; };\n};\n";
	char *rules = rules_of(text);
	cr_expect_str_eq(rules,
			 "allow key:k claim,join,write under @ types A\n"
			 "allow key:l claim,join,write under @ types A from 192.0.2.0/24\n"
			 "deny authenticated write\n"
			 "allow key:k query\n"
			 "allow authenticated query from 192.0.2.0/24\n"
			 "allow anonymous query from 192.0.2.0/24\n"
			 "allow key:k transfer from 192.0.2.1/32,10.0.0.1/32\n"
			 "allow authenticated transfer from 192.0.2.1/32\n"
			 "allow anonymous transfer from 192.0.2.1/32\n",
			 "%s", rules);
	free(rules);
}

Test(bind, what_cannot_be_bound_is_taken_only_when_it_is_said)
{
	static const char text[] = KEYS "view v { match-destinations { 10.0.0.1; };\n"
					"zone z { type primary; file z; allow-transfer port 853 "
					"transport tls { key k; }; };\n"
					"};\n";
	for (int accepts = 0; accepts < 2; accepts++) {
		struct site site;
		char error[SITE_ERROR_MAX];
		site_open(&site, 1000);
		site.accepts_wider = accepts;
		cr_assert(take(&site, text, NULL, error), "%s", error);
		cr_expect_eq(site.zones != NULL, accepts);
		if (accepts) {
			cr_assert(site.zones->rules);
			cr_expect_str_eq(site.zones->rules->text, "allow key:k transfer");
			cr_expect(site.zones->rules->wider);
		}
		site_free(&site);
	}
}

Test(bind, modes_of_updates)
{
	static const struct {
		const char *statements, *update;
	} cases[] = {{"", "none"},
		     {"allow-update { none; };", "none"},
		     {"allow-update { any; };", "nonsecure"},
		     {"allow-update { any; }; allow-query { 192.0.2.0/24; };", "secure"},
		     {"update-policy local;", "secure"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct site site;
		char text[1024], error[SITE_ERROR_MAX];
		snprintf(text, sizeof text, "zone z { type master; file f; %s };",
			 cases[i].statements);
		site_open(&site, 1000);
		cr_assert(take(&site, text, NULL, error));
		cr_expect_str_eq(site_setting_get(site.zones, "update"), cases[i].update, "%s",
				 text);
		site_free(&site);
	}
}

Test(bind, what_is_not_taken_is_named_with_its_line)
{
	static const char text[] = "view a { match-clients { 10.0.0.0/8; };\n"
				   "zone z { type primary; file z;\nnonsense 1;\n};\n};\n"
				   "view b {\nzone z { type primary; file z; };\n};\n"
				   "controls { };\n";
	static const struct {
		const char *statement;
		unsigned line;
	} lost[] = {{"view b", 6}, {"zone z", 7}, {"controls", 9}, {"nonsense", 3}};
	struct site site;
	char error[SITE_ERROR_MAX];
	site_open(&site, 1000);
	cr_expect_not(take(&site, text, NULL, error));
	cr_expect(strstr(error, "views a, b"), "%s", error);
	cr_expect_not(take(&site, text, "c", error));
	cr_expect(strstr(error, "no view 'c'"), "%s", error);
	cr_assert(take(&site, text, "a", error), "%s", error);
	for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
		bool is_found = false;
		for (const struct site_line *line = site.lines; line; line = line->next)
			is_found |= line->list == SITE_LOST && line->place.line == lost[i].line &&
				    strstr(line->statement, lost[i].statement) == line->statement;
		cr_expect(is_found, "%s", lost[i].statement);
	}
	site_free(&site);
}

Test(bind, faults_of_syntax_name_file_and_line)
{
	static const struct {
		const char *text, *error;
	} cases[] = {{"zone z {\ntype primary;\n", "named.conf:1: `{` without `}`"},
		     {"a;\nb", "named.conf:2: `;` is missing"},
		     {"a;\n};", "named.conf:2: `}` without `{`"},
		     {"/* x", "named.conf:1: a comment that does not end"},
		     {"\n\"x", "named.conf:2: a quoted word that does not end"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena arena = {0};
		struct bind_conf conf = {.arena = &arena};
		char error[BIND_CONF_ERROR_MAX] = "";
		cr_expect_not(bind_conf_read(&conf, "named.conf", cases[i].text,
					     strlen(cases[i].text), error));
		cr_expect_str_eq(error, cases[i].error);
		arena_free(&arena);
	}
}

Test(bind, a_secret_is_not_printed)
{
	static const char text[] = "key k { algorithm a; secret \"s3cr3t\"; };";
	struct arena arena = {0};
	struct bind_conf conf = {.arena = &arena};
	char error[BIND_CONF_ERROR_MAX];
	cr_assert(bind_conf_read(&conf, "f", text, strlen(text), error));
	cr_expect_str_eq(bind_statement_text(conf.first, &arena),
			 "key k { algorithm a; secret \"...\"; }");
	arena_free(&arena);
}

Test(bind, who_is_notified)
{
	static const char text[] =
		KEYS "primaries others port 5300 { 198.51.100.9; 198.51.100.10 key k; };\n"
		     "zone z { type primary; file z; also-notify port 99 { others; 192.0.2.1; "
		     "192.0.2.2 port 53 key m; }; };\n"
		     "zone y { type primary; file z; notify explicit; };\n"
		     "zone x { type primary; file z; notify no; also-notify { 192.0.2.1; }; };\n"
		     "zone w { type primary; file z; };\n";
	static const char *const values[] = {
		"198.51.100.9@5300,198.51.100.10@5300 key k,192.0.2.1@99,192.0.2.2,ns", NULL, NULL,
		"ns"};
	struct site site;
	char error[SITE_ERROR_MAX];
	size_t i = 0;
	site_open(&site, 1000);
	cr_assert(take(&site, text, NULL, error), "%s", error);
	for (const struct site_zone *zone = site.zones; zone; zone = zone->next, i++) {
		const char *value = site_setting_get(zone, "notify");
		cr_expect(values[i] ? value && strcmp(value, values[i]) == 0 : !value, "%s: %s",
			  zone->text, value);
	}
	site_free(&site);
}
