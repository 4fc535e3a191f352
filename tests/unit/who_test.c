/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/who.h"
#include <criterion/criterion.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static struct who who_named(const char *text)
{
	struct who who;
	const char *wrong = who_parse(&who, text);
	cr_assert_null(wrong, "%s: %s", text, wrong);
	return who;
}

Test(who, each_form_is_read_and_becomes_canonical)
{
	static const struct {
		const char *text, *canonical;
		enum who_kind kind;
	} rows[] = {
		{"anonymous", "anonymous", WHO_ANONYMOUS},
		{"key:kea-ddns", "key:kea-ddns", WHO_KEY},
		{"key:Kea-DDNS.Example.", "key:kea-ddns.example", WHO_KEY},
		{"key:a\\ b", "key:a\\032b", WHO_KEY},
		{"gss:host/web1.corp.example@CORP.EXAMPLE",
		 "gss:host/web1.corp.example@CORP.EXAMPLE", WHO_GSS},
		{"gss:WEB1$@CORP.EXAMPLE", "gss:WEB1$@CORP.EXAMPLE", WHO_GSS},
		{"gss:J\xc3\xb6rg@CORP.EXAMPLE", "gss:J\xc3\xb6rg@CORP.EXAMPLE", WHO_GSS},
		{"local:root", "local:root", WHO_LOCAL},
		{"system:scavenger", "system:scavenger", WHO_SYSTEM},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct who who = who_named(rows[i].text);
		cr_expect_str_eq(who.text, rows[i].canonical);
		cr_expect_eq(who.kind, rows[i].kind, "%s", rows[i].text);
		struct who again = who_named(who.text);
		cr_expect(who_equal(&who, &again), "%s", rows[i].text);
	}
}

Test(who, what_is_not_a_principal_is_refused_with_a_reason)
{
	static const char *const texts[] = {
		"",
		"root",
		"Anonymous",
		"anonymous ",
		"key:",
		"key:a..b",
		"KEY:a",
		"gss:",
		"gss:a b",
		"gss:a\nb",
		"gss:a\x7f",
		"gss:\xff",
		"gss:\xc0\x80",
		"gss:\xe0\x80\x80",
		"gss:\xed\xa0\x80",
		"gss:\xf4\x90\x80\x80",
		"gss:\xc3",
		"gss:\xc2\x85",
		"local:",
		"local:a\tb",
		"system:",
		"@dhcp",
	};
	struct who who = who_anonymous();
	for (size_t i = 0; i < ROWS(texts); i++) {
		cr_expect_not_null(who_parse(&who, texts[i]), "%s", texts[i]);
		cr_expect_str_eq(who.text, "anonymous", "written although refused: %s", texts[i]);
	}
}

Test(who, the_longest_text_fits_and_a_longer_one_is_refused)
{
	char text[WHO_TEXT_MAX + 1] = "gss:";
	memset(text + 4, 'a', WHO_TEXT_MAX - 5);
	text[WHO_TEXT_MAX - 1] = '\0';
	struct who who = who_named(text);
	cr_expect_eq(strlen(who.text), WHO_TEXT_MAX - 1);
	memset(text + 4, 'a', WHO_TEXT_MAX - 4);
	text[WHO_TEXT_MAX] = '\0';
	cr_expect_str_eq(who_parse(&who, text), "longer than a principal may be");
}

Test(who, a_key_name_of_many_escapes_is_nobodys)
{
	/* Each byte is four characters of text. */
	uint8_t wire[DNS_NAME_MAX];
	memset(wire, 1, sizeof(wire));
	for (size_t at = 0; at < 192; at += 64)
		wire[at] = 63;
	wire[192] = 0;
	struct dns_name name;
	struct who who;
	cr_assert(dns_name_from_wire(&name, bytes_of(wire, 193)));
	cr_expect_not(who_of_key(&who, &name));
	memset(wire, 'a', 64);
	wire[0] = 63;
	wire[64] = 0;
	cr_assert(dns_name_from_wire(&name, bytes_of(wire, 65)));
	cr_expect(who_of_key(&who, &name));
}

Test(who, kinds_are_told_apart)
{
	static const struct {
		const char *text;
		bool is_authenticated, is_house;
	} rows[] = {
		{"anonymous", false, false},      {"key:a", true, false},
		{"gss:a@B", true, false},         {"local:root", false, true},
		{"system:transfer", false, true},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct who who = who_named(rows[i].text);
		cr_expect_eq(who_is_authenticated(&who), rows[i].is_authenticated);
		cr_expect_eq(who_is_unbound(&who), rows[i].is_house);
	}
	struct who who;
	cr_expect(who_of_local(&who, "root"));
	cr_expect_str_eq(who.text, "local:root");
	cr_expect(who_of_system(&who, "ptr"));
	cr_expect_str_eq(who.text, "system:ptr");
	cr_expect_not(who_of_local(&who, ""));
	cr_expect_not(who_of_local(&who, "a b"));
}

Test(who, a_machine_has_its_own_name_in_the_domains_of_its_realm)
{
	static const struct {
		const char *text, *suffix, *own; /* NULL: it has none */
	} rows[] = {
		{"gss:WEB1$@R", "corp.example", "web1.corp.example."},
		{"gss:WEB1$@R", "lab.example", "web1.lab.example."},
		{"gss:host/web1.corp.example@R", "corp.example", "web1.corp.example."},
		{"gss:host/web1.corp.example@R", "example", "web1.corp.example."},
		{"gss:host/web1.corp.example@R", "lab.example", NULL},
		{"gss:host/web1.xcorp.example@R", "corp.example", NULL},
		{"gss:host/WEB1$@R", "corp.example", NULL},
		{"gss:a.b$@R", "corp.example", NULL},
		{"gss:a/b$@R", "corp.example", NULL},
		{"gss:a\\$@R", "corp.example", NULL},
		{"gss:$@R", "corp.example", NULL},
		{"gss:web1@R", "corp.example", NULL},
		{"gss:host/web1.corp.example", "corp.example", NULL},
		{"key:web1.corp.example", "corp.example", NULL},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct who who = who_named(rows[i].text);
		struct dns_name own, suffix;
		char text[DNS_NAME_TEXT_MAX];
		cr_assert_null(dns_name_parse_text(&suffix, rows[i].suffix));
		bool has = who_own_name_under(&who, &suffix, &own);
		cr_expect_eq(has, rows[i].own != NULL, "%s", rows[i].text);
		if (has && rows[i].own)
			cr_expect_str_eq(dns_name_print(&own, text), rows[i].own);
	}
}

Test(who, a_realm_is_behind_the_last_at_that_is_not_escaped)
{
	static const struct {
		const char *text, *realm;
	} rows[] = {
		{"gss:WEB1$@CORP.EXAMPLE", "CORP.EXAMPLE"},
		{"gss:host/a\\@b@EVIL", "EVIL"},
		{"gss:WEB1$@EVIL\\@CORP.EXAMPLE", "EVIL\\@CORP.EXAMPLE"},
		{"gss:WEB1$@", NULL},
		{"gss:WEB1$", NULL},
		{"key:a@b", NULL},
		{"anonymous", NULL},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct who who = who_named(rows[i].text);
		const char *realm = who_realm(&who);
		cr_expect_eq(realm != NULL, rows[i].realm != NULL, "%s", rows[i].text);
		if (realm && rows[i].realm)
			cr_expect_str_eq(realm, rows[i].realm);
	}
	struct who evil = who_named("gss:WEB1$@EVIL\\@CORP.EXAMPLE");
	struct dns_name own;
	cr_expect_not(who_own_name(&evil, &own), "its realm is not CORP.EXAMPLE");
}

Test(who, a_principals_own_name_is_found)
{
	static const struct {
		const char *text, *own; /* NULL: it has none */
	} rows[] = {
		{"key:web1.corp.example", "web1.corp.example."},
		{"key:WEB1", "web1."},
		{"gss:host/Web1.corp.example@CORP.EXAMPLE", "web1.corp.example."},
		{"gss:WEB1$@CORP.EXAMPLE", "web1.corp.example."},
		{"gss:WEB1$@CORP.EXAMPLE.", "web1.corp.example."},
		{"gss:DHCP/web1.corp.example@CORP.EXAMPLE", NULL},
		{"gss:host/@CORP.EXAMPLE", NULL},
		{"gss:host/a..b@CORP.EXAMPLE", NULL},
		{"gss:host/a\\046b@CORP.EXAMPLE", NULL},
		{"gss:host/web1.corp.example", NULL},
		{"gss:alice@CORP.EXAMPLE", NULL},
		{"gss:a.b$@CORP.EXAMPLE", NULL},
		{"gss:a/b$@CORP.EXAMPLE", NULL},
		{"gss:$@CORP.EXAMPLE", NULL},
		{"gss:WEB1$@", NULL},
		{"gss:@", NULL},
		{"gss:WEB1$", NULL},
		{"anonymous", NULL},
		{"local:root", NULL},
		{"system:ptr", NULL},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		struct who who = who_named(rows[i].text);
		struct dns_name own;
		char text[DNS_NAME_TEXT_MAX];
		bool has = who_own_name(&who, &own);
		cr_expect_eq(has, rows[i].own != NULL, "%s", rows[i].text);
		if (has && rows[i].own)
			cr_expect_str_eq(dns_name_print(&own, text), rows[i].own);
	}
}
