/* SPDX-License-Identifier: BSD-2-Clause */
/* The rule language: what is read is printed again, faults are named by line and column, the lint
 * finds what is odd. */
#include "acl/rule.h"
#include "acl/rule_lint.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static struct arena arena;
static struct dns_name apex;

static void set_up(void)
{
	cr_assert_null(dns_name_parse_text(&apex, "corp.example"));
}

static void tear_down(void)
{
	arena_free(&arena);
}

TestSuite(rule, .init = set_up, .fini = tear_down);

static bool parse(const char *text, struct rules *rules, struct rule_error *error)
{
	return rules_parse(rules, bytes_of(text, strlen(text)), &apex, &arena, error);
}

static struct rules rules_of(const char *text)
{
	struct rules rules;
	struct rule_error error;
	cr_assert(parse(text, &rules, &error), "%s: %u:%u: %s", text, error.line, error.column,
		  error.text);
	return rules;
}

Test(rule, each_form_is_printed_in_its_canonical_form_and_reads_back)
{
	static const struct {
		const char *text, *printed;
	} forms[] = {
		{"allow authenticated claim", "allow authenticated claim"},
		{"  deny\tanonymous   query,transfer", "deny anonymous transfer,query"},
		{"allow key:KEA-1. write , claim , join # why", "allow key:kea-1 claim,join,write"},
		{"allow key:Kea-* claim at WWW", "allow key:kea-* claim at www.corp.example."},
		{"allow @dhcp claim under lab.corp.example",
		 "allow @dhcp claim under lab.corp.example."},
		{"allow @dhcp claim at @", "allow @dhcp claim at corp.example."},
		{"allow @dhcp claim at other.", "allow @dhcp claim at other."},
		{"allow gss:DHCP/*@R claim self", "allow gss:DHCP/*@R claim self"},
		{"allow gss:*$@R claim self-under target-self types srv",
		 "allow gss:*$@R claim self-under target-self types SRV"},
		{"allow authenticated claim ptr-of-self types PTR(1),TYPE65280",
		 "allow authenticated claim ptr-of-self types PTR(1),TYPE65280"},
		{"allow anonymous claim source-ptr", "allow anonymous claim source-ptr"},
		{"allow anonymous claim source-ptr/48", "allow anonymous claim source-ptr/48"},
		{"allow key:t claim class pinned from 10.0.0.0/8, 2001:db8::/32",
		 "allow key:t claim class pinned from 10.0.0.0/8,2001:db8::/32"},
		{"allow key:kea claim window 4D/8d under lab",
		 "allow key:kea claim under lab.corp.example. window 4d/8d"},
		{"allow key:kea takeover window 0/90m over anonymous",
		 "allow key:kea takeover over anonymous window 0s/90m"},
		{"allow key:kea join,claim class dynamic window 168h/1d12h",
		 "allow key:kea claim,join class dynamic window 7d/36h"},
		{"allow authenticated takeover self over @dhcp",
		 "allow authenticated takeover self over @dhcp"},
		{"allow key:a takeover over anonymous class static types A",
		 "allow key:a takeover types A class static over anonymous"},
	};
	for (size_t i = 0; i < ROWS(forms); i++) {
		struct rules rules = rules_of(forms[i].text);
		cr_assert_eq(rules.count, 1);
		cr_expect_str_eq(rules.rule[0].text, forms[i].printed);
		struct rules again = rules_of(rules.rule[0].text);
		cr_expect_str_eq(again.rule[0].text, forms[i].printed);
	}
}

Test(rule, comments_and_empty_lines_count_as_lines_only)
{
	struct rules rules = rules_of("# all\n\nallow key:a claim\r\n   \n\tdeny key:b#c write");
	cr_assert_eq(rules.count, 2);
	cr_expect_eq(rules.rule[0].line, 3);
	cr_expect_eq(rules.rule[1].line, 5);
	cr_expect_str_eq(rules.rule[1].who.text, "key:b#c");
	cr_expect_eq(rules_of("").count, 0);
}

Test(rule, a_fault_is_named_with_line_and_column)
{
	static const struct {
		const char *text;
		unsigned line, column;
		const char *says;
	} faults[] = {
		{"permit key:a claim", 1, 1, "allow or deny"},
		{"allov key:a claim", 1, 1, "did you mean 'allow'?"},
		{"allow", 1, 6, "expected a principal"},
		{"allow bob claim", 1, 7, "'bob'"},
		{"allow local:root claim", 1, 7, "not a key"},
		{"allow key:a", 1, 12, "expected a right"},
		{"allow key:a own", 1, 13, "found 'own'"},
		{"allow key:a claim,clam", 1, 19, "did you mean 'claim'?"},
		{"allow key:a claim,claim", 1, 19, "twice"},
		{"allow key:a claim,", 1, 19, "expected a right"},
		{"allow key:a claim\nallow @DHCP claim", 2, 7, "a-z"},
		{"allow @ claim", 1, 7, "needs a name"},
		{"allow gss:host/a claim", 1, 7, "@REALM"},
		{"allow gss:host/*@* claim", 1, 7, "written out"},
		{"allow *@R claim", 1, 7, "key: or gss:"},
		{"allow key:********* claim", 1, 7, "more than 8"},
		{"allow key:a claim at", 1, 21, "name is missing"},
		{"allow key:a claim at a..b", 1, 22, "'a..b'"},
		{"allow key:a claim at a under b", 1, 24, "only once"},
		{"allow key:a claim types", 1, 24, "not a record type"},
		{"allow key:a claim types A,NOPE", 1, 27, "'NOPE'"},
		{"allow key:a claim types ANY", 1, 25, "every type"},
		{"allow key:a claim types A,a", 1, 27, "twice"},
		{"allow key:a claim types A(0)", 1, 26, "A(2)"},
		{"allow key:a claim types A(65536)", 1, 26, "A(2)"},
		{"allow key:a claim types A(2", 1, 26, "A(2)"},
		{"allow key:a claim class sticky", 1, 25, "dynamic, pinned or static"},
		{"deny key:a claim class pinned", 1, 24, "no class"},
		{"allow key:a claim from 10.0.0.1/8", 1, 24, "10.0.0.1/8"},
		{"allow key:a claim from here", 1, 24, "here"},
		{"allow key:a claim over key:b", 1, 19, "takeover"},
		{"allow key:a claim,query ptr-of-self", 1, 1, "updates alone"},
		{"allow key:a claim,transfer at x", 1, 1, "whole zone"},
		{"allow key:a claim self@", 1, 24, "a realm is missing"},
		{"allow key:a claim self@A/B", 1, 24, "a realm is of"},
		{"allow key:a claim source-ptr@R", 1, 29, "only self, self-under"},
		{"allow key:a transfer at x", 1, 1, "whole zone"},
		{"allow key:a query ptr-of-self", 1, 1, "of updates"},
		{"allow key:a claim window", 1, 25, "as in 30d/7d"},
		{"allow key:a claim window 30d", 1, 26, "a slash"},
		{"allow key:a claim window 30/7", 1, 26, "as in 30d/7d"},
		{"allow key:a claim window 30d/7d/1d", 1, 26, "as in 30d/7d"},
		{"allow key:a claim window 30d/ 7d", 1, 26, "as in 30d/7d"},
		{"allow key:a claim window /7d", 1, 26, "as in 30d/7d"},
		{"allow key:a claim window 30d/0s", 1, 26, "stale before"},
		{"allow key:a claim window 9999999999d/7d", 1, 26, "as in 30d/7d"},
		{"allow key:a claim window 1d/1d window 2d/2d", 1, 39, "only one window"},
		{"deny key:a claim window 1d/1d", 1, 25, "no window"},
		{"allow key:a write window 1d/1d", 1, 26, "does not give"},
		{"allow key:a query,transfer window 1d/1d", 1, 35, "does not give"},
		{"allow key:a claim windows 1d/1d", 1, 19, "did you mean 'window'?"},
		{"allow key:a claim slef", 1, 19, "did you mean 'self'?"},
	};
	for (size_t i = 0; i < ROWS(faults); i++) {
		struct rules rules;
		struct rule_error error = {0};
		cr_assert_not(parse(faults[i].text, &rules, &error), "%s", faults[i].text);
		cr_expect_eq(error.line, faults[i].line, "%s: line %u", faults[i].text, error.line);
		cr_expect_eq(error.column, faults[i].column, "%s: column %u (%s)", faults[i].text,
			     error.column, error.text);
		cr_expect(strstr(error.text, faults[i].says), "%s: %s", faults[i].text, error.text);
	}
}

Test(rule, what_is_too_much_is_refused)
{
	static char text[RULES_TEXT_MAX + 2];
	struct rules rules;
	struct rule_error error;
	memset(text, '#', RULES_TEXT_MAX + 1);
	cr_expect_not(parse(text, &rules, &error));
	size_t len = 0;
	for (unsigned i = 0; i <= RULES_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "deny key:a%u write\n", i);
	cr_assert_not(parse(text, &rules, &error));
	cr_expect_eq(error.line, RULES_MAX + 1);
	memset(text, ' ', RULE_LINE_MAX + 1);
	text[RULE_LINE_MAX + 1] = '\0';
	cr_expect_not(parse(text, &rules, &error));
	cr_expect_not(rules_parse(&rules, bytes_of("allow\0", 6), &apex, &arena, &error));
}

static void append(void *context, unsigned line, const char *text)
{
	char *out = context;
	snprintf(out + strlen(out), 2048 - strlen(out), "%u: %s\n", line, text);
}

static bool trusts(void *context, const char *realm)
{
	(void)context;
	return strcmp(realm, "R") == 0;
}

static const char *lint(const char *text, const struct groups *groups, char out[2048])
{
	struct rules rules = rules_of(text);
	*out = '\0';
	rules_lint(&rules, &(struct rule_lint){.apex = &apex,
					       .groups = groups,
					       .arena = &arena,
					       .found = append,
					       .context = out,
					       .trusts = trusts});
	return out;
}

Test(rule, the_lint_finds_what_is_odd)
{
	static const struct {
		const char *text, *says;
	} odd[] = {
		{"allow key:a claim at x.other.", "1: the name is outside"},
		{"allow key:a claim under other.", "1: the name is outside"},
		{"allow anonymous claim self", "1: anonymous has no name"},
		{"allow key:a claim ptr-of-self", "1: this is no reverse zone"},
		{"allow anonymous claim source-ptr", "1: this is no reverse zone"},
		{"allow @nobody claim", "1: there is no group @nobody"},
		{"allow @empty claim", "1: group @empty is empty"},
		{"allow key:a takeover over @nobody", "1: there is no group @nobody"},
		{"allow authenticated claim\nallow key:a claim self", "2: the rule of line 1"},
		{"allow key:* claim\n\ndeny key:a claim types A", "3: the rule of line 1"},
		{"deny key:a write\nallow key:a write at wpad", "2: the rule of line 1"},
		{"deny key:a write under x\nallow key:a write at a.x", "2: the rule of line 1"},
		{"allow key:a claim from 10.0.0.0/8\nallow key:a claim from 10.1.0.0/16",
		 "2: the rule of line 1"},
		{"allow key:a claim self-under\nallow key:a claim self", "2: the rule of line 1"},
		{"allow key:a claim under x\nallow key:a claim under y.x", "2: the rule of line 1"},
		{"allow key:a claim self-under types A\nallow key:a claim self-under types A",
		 "2: the rule of line 1"},
		{"allow key:a claim\ndeny key:b claim\ndeny key:a write,join at x",
		 "3: this also stops owners from changing their own records; for others' records "
		 "alone no rule is needed"},
		{"allow gss:*$@EVIL claim self", "1: the realm EVIL is not trusted"},
		{"allow gss:*$@EVIL claim self-under types TXT", "1: the realm EVIL is not"},
		{"allow gss:*$@EVIL claim at x target-self", "1: the realm EVIL is not trusted"},
		{"allow gss:*$@R claim self@EVIL", "1: gss:*$@R is not of the realm EVIL: this"},
		{"allow key:a claim self@EVIL", "1: key:a is not of the realm EVIL: this never"},
		{"allow key:a write types NS", "1: this opens the apex"},
		{"allow key:a claim,write at @", "1: this opens the apex"},
	};
	static const char *const fine[] = {
		"allow key:a claim\nallow authenticated claim",
		"allow key:a claim\nallow key:a join",
		"allow key:a claim types A\nallow key:a claim",
		"allow authenticated write\nallow key:a write types NS at x",
		"allow authenticated claim\nallow key:a claim at wpad",
		"allow authenticated claim\nallow key:a claim under _tcp",
		"allow authenticated claim\nallow key:a claim self-under types TXT",
		"allow authenticated claim\nallow key:a claim types A,NS",
		"allow key:a claim under x\nallow key:a claim at y.x",
		"allow key:a write\ndeny key:a write,takeover over @dhcp",
		"allow key:a claim from 10.1.0.0/16\nallow key:a claim from 10.0.0.0/8",
		"allow authenticated takeover over @dhcp\nallow authenticated takeover",
		"allow key:a claim target-self\nallow key:a claim",
		"allow authenticated claim\nallow anonymous claim",
		"allow key:a claim self\nallow key:a claim self-under",
		"allow key:a write under x types NS",
	};
	const char *members[] = {"key:kea1"};
	struct acl_group group[] = {{.name = "@dhcp", .count = 1, .members = members},
				    {.name = "@empty"}};
	struct groups *groups = groups_of(group, 2);
	char out[2048];
	for (size_t i = 0; i < ROWS(odd); i++)
		cr_expect(strstr(lint(odd[i].text, groups, out), odd[i].says), "%s:\n%s",
			  odd[i].text, out);
	for (size_t i = 0; i < ROWS(fine); i++)
		cr_expect_str_eq(lint(fine[i], groups, out), "", "%s", fine[i]);
	groups_free(groups);
}
