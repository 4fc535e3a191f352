/* SPDX-License-Identifier: BSD-2-Clause */
/* The window class of a record that is stamped: which rule or group gives it. */
#include "acl/policy_window.h"
#include "dns/type.h"
#include <criterion/criterion.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static const char text[] = "allow key:first claim under a types A window 1d/2d\n"
			   "allow key:first claim window 3d/4d\n"
			   "allow key:plain claim\n"
			   "allow key:plain takeover over anonymous window 5d/6d\n"
			   "allow key:guest join types TXT window 0s/1h\n"
			   "allow key:guest claim window 7d/8d\n"
			   "deny key:denied claim\n"
			   "allow key:denied claim window 9d/9d\n"
			   "allow key:exempt claim\n"
			   "allow @both claim at b window 2d/2d\n"
			   "allow authenticated claim self window 30d/60d\n"
			   "allow anonymous claim from 10.0.0.0/8 window 1h/1h\n";

static const char *both[] = {"key:both", "key:in*"}, *acting[] = {"key:acts", "key:both2"},
		  *few[] = {"key:both2", "key:exempt"};
static const struct acl_group group[] = {
	{"@acting", true, {true, 4 * 86400, 8 * 86400}, 2, acting},
	{"@all", false, {0}, 2, both},
	{"@both", false, {true, 11 * 86400, 12 * 86400}, 2, both},
	{"@few", false, {true, 13 * 86400, 14 * 86400}, 2, few},
};

static const struct {
	const char *who, *name;
	uint16_t type;
	bool is_guest;
	const char *from, *window, *by; /* the group, or the beginning of the rule */
} rows[] = {
	{"key:first", "x.a.corp.example", DNS_TYPE_A, false, NULL, "1d/2d", "allow key:first"},
	{"key:first", "x.a.corp.example", DNS_TYPE_AAAA, false, NULL, "3d/4d", "allow key:first"},
	{"key:first", "x.corp.example", DNS_TYPE_A, false, NULL, "3d/4d", "allow key:first"},
	/* A rule for `claim` without a window leaves it to those for other rights, then to groups.
	 */
	{"key:plain", "x.corp.example", DNS_TYPE_A, false, NULL, "5d/6d", "allow key:plain"},
	{"key:exempt", "x.corp.example", DNS_TYPE_A, false, NULL, "13d/14d", "@few"},
	/* A guest is asked for by the rule that let it in. */
	{"key:guest", "x.corp.example", DNS_TYPE_TXT, true, NULL, "0s/1h", "allow key:guest"},
	{"key:guest", "x.corp.example", DNS_TYPE_TXT, false, NULL, "7d/8d", "allow key:guest"},
	{"key:guest", "x.corp.example", DNS_TYPE_A, true, NULL, "7d/8d", "allow key:guest"},
	/* The first that matches decides, a `deny` too. */
	{"key:denied", "x.corp.example", DNS_TYPE_A, false, NULL, NULL, NULL},
	/* Rules before groups; the acting group before others. */
	{"key:both", "b.corp.example", DNS_TYPE_A, false, NULL, "2d/2d", "allow @both"},
	{"key:both", "c.corp.example", DNS_TYPE_A, false, NULL, "11d/12d", "@both"},
	{"key:acts", "c.corp.example", DNS_TYPE_A, false, NULL, "4d/8d", "@acting"},
	{"key:both2", "c.corp.example", DNS_TYPE_A, false, NULL, "4d/8d", "@acting"},
	{"key:w.corp.example", "w.corp.example", DNS_TYPE_A, false, NULL, "30d/60d", "allow auth"},
	{"key:w.corp.example", "v.corp.example", DNS_TYPE_A, false, NULL, NULL, NULL},
	{"anonymous", "v.corp.example", DNS_TYPE_A, false, "10.1.2.3", "1h/1h", "allow anon"},
	{"anonymous", "v.corp.example", DNS_TYPE_A, false, "192.0.2.1", NULL, NULL},
	/* Where the address is not known, whatever `from` says. */
	{"anonymous", "v.corp.example", DNS_TYPE_A, false, NULL, "1h/1h", "allow anon"},
	/* Structure needs a rule that names it. */
	{"key:first", "x.corp.example", DNS_TYPE_NS, false, NULL, NULL, NULL},
};

static struct policy_window ask(size_t i, const struct policy_zone *zone, const struct addr *source)
{
	struct who who;
	struct dns_name name;
	size_t steps = 0;
	cr_assert_null(who_parse(&who, rows[i].who));
	cr_assert_null(dns_name_parse_text(&name, rows[i].name));
	struct policy_asker asker = policy_asker_of(&who, source, false);
	struct policy_name at = {.name = &name, .is_self = policy_is_own_name(&asker, &name)};
	struct policy_record record = {.type = rows[i].type, .is_guest = rows[i].is_guest};
	const struct acl_group *of = groups_window(zone->groups, who.text, &steps);
	return policy_window(zone, &asker, &at, &record, of);
}

Test(policy_window, comes_from_the_rule_that_gives_the_record_or_from_a_group)
{
	struct arena arena = {0};
	struct dns_name apex;
	struct rules rules;
	struct rule_error error;
	cr_assert_null(dns_name_parse_text(&apex, "corp.example"));
	cr_assert(rules_parse(&rules, bytes_of(text, strlen(text)), &apex, &arena, &error), "%s",
		  error.text);
	struct groups *groups = groups_of(group, ROWS(group));
	struct policy_zone zone = {.mode = POLICY_SECURE, .rules = &rules, .groups = groups};
	for (size_t i = 0; i < 2 * ROWS(rows); i++) {
		size_t k = i / 2;
		char shown[WINDOW_TEXT_MAX];
		struct addr source;
		/* The mode does not matter. */
		zone.mode = i % 2 ? POLICY_NONSECURE : POLICY_SECURE;
		if (rows[k].from)
			cr_assert_null(addr_parse(rows[k].from, 53, &source));
		struct policy_window found = ask(k, &zone, rows[k].from ? &source : NULL);
		cr_expect_eq(found.window.is_given, rows[k].window != NULL, "row %zu", k);
		if (!rows[k].window || !found.window.is_given)
			continue;
		cr_expect_str_eq(window_print(&found.window, shown), rows[k].window, "row %zu", k);
		const char *by = found.rule ? found.rule->text : found.group->name;
		cr_expect_eq(strncmp(by, rows[k].by, strlen(rows[k].by)), 0, "row %zu: %s", k, by);
	}
	cr_expect(policy_wants_window(&zone));
	zone.groups = NULL;
	cr_expect(policy_wants_window(&zone));
	zone.rules = NULL;
	cr_expect_not(policy_wants_window(&zone));
	groups_free(groups);
	arena_free(&arena);
}

Test(policy_window, is_written_as_it_is_read)
{
	static const struct {
		const char *text, *printed; /* NULL: refused */
	} forms[] = {
		{"30d/7d", "30d/7d"}, {"168h/1d12h", "7d/36h"},
		{"0/1s", "0s/1s"},    {"0s/0s", NULL},
		{"1d/0", NULL},       {"30d", NULL},
		{"/", NULL},          {"1d/", NULL},
		{"/1d", NULL},        {"1/1", NULL},
		{"1d//1d", NULL},     {"1d/1d/1d", NULL},
		{"", NULL},           {"-1d/1d", NULL},
		{"1d/ 1d", NULL},     {"7d/200y", NULL},
	};
	for (size_t i = 0; i < ROWS(forms); i++) {
		struct window window = {0};
		char shown[WINDOW_TEXT_MAX];
		const char *problem = window_parse(&window, forms[i].text, strlen(forms[i].text));
		cr_expect_eq(problem == NULL, forms[i].printed != NULL, "%s", forms[i].text);
		cr_expect_eq(window.is_given, problem == NULL);
		if (!problem)
			cr_expect_str_eq(window_print(&window, shown), forms[i].printed);
	}
}
