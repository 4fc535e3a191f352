/* SPDX-License-Identifier: BSD-2-Clause */
/* knot.conf: its syntax, and the rules that its acl come to. */
#include "migrate/knot_parts.h"
#include "migrate/site_owner.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static bool no_content(struct knot *knot, struct site_zone *zone, const struct knot_block *block)
{
	static const char text[] =
		"@ 60 SOA ns1 host 1 2 3 4 5\n@ 60 NS ns1\nns1 60 A 192.0.2.53\n";
	char error[SITE_ERROR_MAX];
	(void)knot;
	(void)block;
	return site_zonefile(zone, "f", bytes_of(text, sizeof text - 1), false, error);
}

static bool take(struct site *site, const char *text, char *error)
{
	struct source source = {0};
	struct knot knot = {.site = site, .source = &source, .content = no_content, .folder = "."};
	knot_conf_begin(&knot.conf, &site->arena);
	if (!knot_conf_add(&knot.conf, "knot.conf", text, strlen(text), error))
		return false;
	knot_take(&knot);
	site_owners(site);
	site_settle(site);
	return true;
}

#define KEYS                                                                                       \
	"key:\n  - id: k\n    algorithm: hmac-sha256\n    secret: MDEyMw==\n"                      \
	"  - id: l.\n    algorithm: hmac-sha256\n    secret: \"MDEyMw==\"\n"

/* `acl` is the items of acl a, `later` of acl b, both without their beginnings. */
static void expect_rules(const char *acl, const char *later, const char *expected)
{
	struct site site;
	char text[4096], error[SITE_ERROR_MAX] = "", *rules = NULL;
	size_t len;
	snprintf(text, sizeof text,
		 KEYS "acl:\n  - id: a\n%s  - id: b\n%szone:\n  - domain: z\n    acl: [a, \"b\"]\n",
		 acl, later);
	site_open(&site, 1000);
	cr_assert(take(&site, text, error), "%s\n%s", error, text);
	FILE *out = open_memstream(&rules, &len);
	for (const struct site_rule *rule = site.zones->rules; rule; rule = rule->next)
		fprintf(out, "%s\n", rule->text);
	fclose(out);
	cr_expect_str_eq(rules, expected, "%s%sgives\n%s", acl, later, rules);
	free(rules);
	site_free(&site);
}

#define UPDATE "    action: update\n"
#define KEY_K  "    key: k\n" UPDATE
#define QUERY  "    action: query\n"
#define END    "deny authenticated write\n"

Test(knot_move, acl_are_rules_in_the_order_of_the_zone)
{
	static const struct {
		const char *acl, *rules;
	} cases[] = {
		{KEY_K, "allow key:k claim,join,write under @\n" END},
		{"    key: [k, l]\n" UPDATE, "allow key:k claim,join,write under @\n"
					     "allow key:l claim,join,write under @\n" END},
		{KEY_K "    address: [192.0.2.0/24, 192.0.2.255-192.0.3.1]\n",
		 "allow key:k claim,join,write under @ from 192.0.2.0/24,192.0.3.0/31\n" END},
		/* Without a key it is of unsigned requests; what denies is of all. */
		{UPDATE, "allow anonymous claim,join,write under @\n" END "deny anonymous write\n"},
		{KEY_K "    update-type: [A, TXT]\n",
		 "allow key:k claim,join,write under @ types A,TXT\n" END},
		{KEY_K "    update-owner: name\n    update-owner-match: equal\n"
		       "    update-owner-name: [www, x.z., y.other.]\n",
		 "allow key:k claim,join,write at www\nallow key:k claim,join,write at x\n" END},
		{KEY_K "    update-owner: name\n    update-owner-name: apps\n",
		 "allow key:k claim,join,write under apps\n" END},
		{KEY_K "    update-owner: name\n    update-owner-match: sub\n"
		       "    update-owner-name: apps\n",
		 "deny key:k claim,join,write at apps\n"
		 "allow key:k claim,join,write under apps\n" END},
		{KEY_K "    update-owner: key\n", "allow key:k claim,join,write self-under\n" END},
		{KEY_K "    update-owner: key\n    update-owner-match: equal\n",
		 "allow key:k claim,join,write self\n" END},
		{KEY_K "    update-owner: zone\n    update-owner-match: equal\n",
		 "allow key:k claim,join,write at @\n" END},
		{"    key: k\n    action: transfer\n", "allow key:k transfer\n"},
		{"    address: 192.0.2.1\n    action: transfer\n",
		 "allow anonymous transfer from 192.0.2.1/32\n"},
		{"    key: unknown\n" UPDATE, ""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect_rules(cases[i].acl, QUERY, cases[i].rules);
}

Test(knot_move, what_a_later_item_says_of_the_name_itself_stands_before)
{
	expect_rules(KEY_K "    update-owner: name\n    update-owner-match: sub\n"
			   "    update-owner-name: apps\n",
		     KEY_K "    update-type: A\n",
		     "allow key:k claim,join,write at apps types A\n"
		     "deny key:k claim,join,write at apps\n"
		     "allow key:k claim,join,write under apps\n"
		     "allow key:k claim,join,write under @ types A\n" END);
	expect_rules(KEY_K "    update-owner: name\n    update-owner-match: sub\n"
			   "    update-owner-name: apps\n",
		     "    key: l\n" UPDATE,
		     "deny key:k claim,join,write at apps\n"
		     "allow key:k claim,join,write under apps\n"
		     "allow key:l claim,join,write under @\n" END);
}

Test(knot_move, what_denies_is_for_all_that_it_does_not_name)
{
	expect_rules(UPDATE "    deny: on\n    update-owner: name\n    update-owner-match: equal\n"
			    "    update-owner-name: gw\n",
		     KEY_K,
		     "deny authenticated claim,join,write at gw\n"
		     "deny anonymous claim,join,write at gw\n"
		     "allow key:k claim,join,write under @\n" END);
	/* One that is not understood denies all that comes behind it. */
	expect_rules(UPDATE "    deny: on\n    cert-key: x\n", KEY_K,
		     "deny authenticated claim,join,write\ndeny anonymous claim,join,write\n"
		     "allow key:k claim,join,write under @\n" END
		     "deny authenticated transfer\ndeny anonymous transfer\n");
	/* And one that allows is left out: it would give more without its condition. */
	expect_rules(KEY_K "    cert-key: x\n", KEY_K,
		     "allow key:k claim,join,write under @\n" END);
}

Test(knot_move, templates_and_what_is_lost)
{
	static const char text[] = KEYS
		"remote:\n  - id: ns2\n    address: [198.51.100.8@5353, 2001:db8::8]\n    key: k\n"
		"  - id: up\n    address: 198.51.100.1\n"
		"acl:\n  - id: a\n    key: k\n    action: [update, notify]\n"
		"template:\n  - id: default\n    acl: a\n    notify: ns2\n"
		"  - id: other\n    module: mod-rrl\n"
		"zone:\n  - domain: one.example.\n  - domain: two.example\n    template: other\n"
		"    acl: []\n  - domain: three.example\n    master: up\n"
		"mod-rrl:\n  - id: default\n    rate-limit: 5\n";
	static const struct {
		const char *statement;
		unsigned line;
	} lost[] = {{"module: mod-rrl", 23},
		    {"master: up", 30},
		    {"action: [update, notify]", 17},
		    {"mod-rrl default", 32}};
	struct site site;
	char error[SITE_ERROR_MAX] = "";
	site_open(&site, 1000);
	cr_assert(take(&site, text, error), "%s", error);
	cr_expect_eq(site.zone_count, 2);
	cr_expect_str_eq(site_setting_get(site.zones, "notify"),
			 "198.51.100.8@5353 key k,2001:db8::8 key k");
	cr_expect_str_eq(site_setting_get(site.zones, "update"), "secure");
	cr_expect_str_eq(site_setting_get(site.zones->next, "update"), "none");
	for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++) {
		bool is_found = false;
		for (const struct site_line *line = site.lines; line; line = line->next)
			is_found |= line->list == SITE_LOST && line->place.line == lost[i].line &&
				    strcmp(line->statement, lost[i].statement) == 0;
		cr_expect(is_found, "%s", lost[i].statement);
	}
	site_free(&site);
}

Test(knot_move, faults_of_syntax_name_file_and_line)
{
	static const struct {
		const char *text, *error;
	} cases[] = {{"server:\n  listen 1\n", "f:2: a name with a colon is expected"},
		     {"server: x\n", "f:1: a section's items stand in lines of their own"},
		     {"\n  id: x\n", "f:2: an item that is of no section"},
		     {"key:\n  - id: \"x\n", "f:2: a quoted value that does not end"},
		     {"key:\n  - id: [a b]\n", "f:2: `,` is missing"},
		     {"key:\n  - id: [a\n", "f:3: `,` is missing"}};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct arena arena = {0};
		struct knot_conf conf;
		char error[KNOT_CONF_ERROR_MAX] = "";
		knot_conf_begin(&conf, &arena);
		cr_expect_not(
			knot_conf_add(&conf, "f", cases[i].text, strlen(cases[i].text), error));
		cr_expect_str_eq(error, cases[i].error);
		arena_free(&arena);
	}
}
