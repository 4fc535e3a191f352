/* SPDX-License-Identifier: BSD-2-Clause */
/* A message compares its requester, and each owner, with the members of a group once. */
#include <criterion/criterion.h>
#include "acl/rule_match.h"
#include "acl/rule_memo.h"

enum { MEMBERS = 1000, RULES = 100 };

static struct arena arena;
static struct rules rules;
static struct acl_group group = {.name = "@dhcp"};
static struct policy_zone zone;
static size_t steps;
static struct rule_memo memo;

static void set_up(void)
{
	struct rule_error error;
	struct dns_name apex;
	cr_assert_null(dns_name_parse_text(&apex, "corp.example"));
	char *text = arena_text(&arena, "", 0);
	group.members = arena_alloc(&arena, MEMBERS * sizeof *group.members);
	for (group.count = 0; group.count < MEMBERS; group.count++)
		group.members[group.count] = arena_print(&arena, "key:kea%zu", group.count);
	for (unsigned i = 0; i < RULES; i++)
		text = arena_print(&arena,
				   "%sallow @dhcp write types A\nallow key:*x*%u write\n"
				   "allow key:a takeover over @dhcp types A\n",
				   text, i);
	cr_assert(rules_parse(&rules, bytes_of(text, strlen(text)), &apex, &arena, &error), "%s",
		  error.text);
	zone = (struct policy_zone){
		.mode = POLICY_SECURE, .rules = &rules, .groups = groups_of(&group, 1)};
	steps = 0;
	memo = (struct rule_memo){.arena = &arena, .steps = &steps};
}

static void tear_down(void)
{
	groups_free((struct groups *)zone.groups);
	arena_free(&arena);
}

TestSuite(rule_memo, .init = set_up, .fini = tear_down);

static bool is_matched(const char *principal, unsigned right, const char *owner, uint16_t type)
{
	struct who who;
	cr_assert_null(who_parse(&who, principal));
	struct policy_asker asker = policy_asker_of(&who, NULL, false);
	struct dns_name at;
	cr_assert_null(dns_name_parse_text(&at, "pc1.corp.example"));
	struct policy_name name = {.name = &at, .records = 1};
	struct policy_record record = {.type = type, .owner_text = owner};
	struct rule_question q = {&zone, &asker, &name, &record, type, right};
	bool is_plain = rule_match(&q).rule != NULL;
	asker.memo = &memo;
	bool is_kept = rule_match(&q).rule != NULL;
	cr_expect_eq(is_plain, is_kept, "%s, %s", principal, owner ? owner : "");
	return is_kept;
}

Test(rule_memo, members_are_compared_with_the_requester_once)
{
	for (unsigned i = 0; i < 200; i++)
		cr_assert(!is_matched("key:mallory", RULE_WRITE, NULL, 1));
	cr_expect_eq(steps, MEMBERS + 2 * RULES, "%zu", steps);
}

Test(rule_memo, members_are_compared_with_each_owner_once)
{
	for (unsigned i = 0; i < 20; i++) {
		cr_assert(is_matched("key:a", RULE_TAKEOVER, "key:kea7", 1));
		cr_assert(is_matched("key:a", RULE_TAKEOVER, "@dhcp", 1));
		cr_assert(!is_matched("key:a", RULE_TAKEOVER, "key:b", 1));
	}
	cr_expect_lt(steps, 2 * MEMBERS + 4 * RULES, "%zu", steps);
}

Test(rule_memo, what_is_kept_is_of_one_requester_and_one_zone)
{
	cr_expect(!is_matched("key:mallory", RULE_WRITE, NULL, 1));
	cr_expect(is_matched("key:kea999", RULE_WRITE, NULL, 1));
	cr_expect(is_matched("key:yxz42", RULE_WRITE, NULL, 1));
	cr_expect(!is_matched("key:mallory", RULE_WRITE, NULL, 1));
	struct rules fewer = {.rule = rules.rule, .count = 1}, *of[] = {&fewer, &rules};
	for (unsigned i = 0; i < 4; i++) {
		zone.rules = of[i % 2];
		cr_expect_eq(is_matched("key:yx42", RULE_WRITE, NULL, 1), i % 2 == 1);
	}
}
