/* SPDX-License-Identifier: BSD-2-Clause */
/* Patterns and groups: who is meant, who is in two of them, what the store gives back. */
#include "tests/unit/rows.h"
#include "acl/group.h"
#include "acl/pattern.h"
#include "tests/unit/tempstore.h"
#include "store/settings.h"
#include <criterion/criterion.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

static const char *canonical(const char *text)
{
	static char out[WHO_TEXT_MAX];
	const char *problem = pattern_parse(out, text, strlen(text));
	cr_assert_null(problem, "%s: %s", text, problem);
	return out;
}

Test(pattern, matches_who_is_meant_and_nobody_else)
{
	static const struct {
		const char *pattern, *principal;
		bool matches;
	} rows[] = {
		{"key:kea1", "key:kea1", true},
		{"key:KEA1.", "key:kea1", true},
		{"key:kea1", "key:kea11", false},
		{"key:kea-*", "key:kea-", true},
		{"key:kea-*", "key:kea-1.corp.example", true},
		{"key:kea-*", "key:xkea-1", false},
		{"key:*", "key:a", true},
		{"key:*", "gss:a@R", false},
		{"key:*.corp.example", "key:a.b.corp.example", true},
		{"key:*a*b*", "key:xxaxxbxx", true},
		{"key:*a*b*", "key:xxbxxaxx", false},
		{"gss:DHCP/*@R", "gss:DHCP/d1.corp@R", true},
		{"gss:DHCP/*@R", "gss:DHCP/d1.corp@r", false},
		{"gss:DHCP/*@R", "gss:DHCP/d1.corp@R2", false},
		{"gss:DHCP/*@R", "gss:dhcp/d1.corp@R", false},
		{"gss:DHCP/*@R", "gss:DHCP/a/b@R", false},
		{"gss:DHCP/*@R", "gss:DHCP@R", false},
		{"gss:DHCP/D1.Corp@R", "gss:DHCP/d1.cORP@R", true},
		{"gss:*@R", "gss:jo@R", true},
		{"gss:*@R", "gss:host/a@R", false},
		{"gss:*/*@R", "gss:host/a@R", true},
		{"gss:*$@R", "gss:PC1$@R", true},
		{"gss:*$@R", "gss:pc1@R", false},
		{"gss:pc1$@R", "gss:PC1$@R", true},
		{"gss:Jo@R", "gss:jo@R", false},
		/* Kerberos escapes what a component holds: the realm is behind the last bare @. */
		{"gss:*@R", "gss:evil\\@R@X", false},
		{"gss:*@R", "gss:jo@X\\@R", false},
		{"gss:*@X\\@R", "gss:jo@X\\@R", true},
	};
	for (size_t i = 0; i < ROWS(rows); i++)
		cr_expect_eq(pattern_matches(canonical(rows[i].pattern), rows[i].principal),
			     rows[i].matches, "%s and %s", rows[i].pattern, rows[i].principal);
}

Test(pattern, of_a_key_loses_one_final_dot_and_has_no_empty_label)
{
	char out[WHO_TEXT_MAX];
	cr_expect_str_eq(canonical("key:A*.corp.Example."), "key:a*.corp.example");
	cr_expect_str_eq(canonical("key:a*\\."), "key:a*\\.", "an escaped dot is a letter");
	static const char *const wrong[] = {"key:*..", "key:.*", "key:a*..b", "key:a*\\..."};
	for (size_t i = 0; i < ROWS(wrong); i++)
		cr_expect_str_eq(pattern_parse(out, wrong[i], strlen(wrong[i])),
				 "an empty label in a key's name", "%s", wrong[i]);
}

Test(pattern, that_overlaps_is_found)
{
	static const struct {
		const char *a, *b;
		bool overlaps;
	} rows[] = {
		{"key:kea-*", "key:*-1", true},     {"key:kea-*", "key:dhcp-*", false},
		{"key:kea-1", "key:kea-*", true},   {"key:kea-1", "key:kea-2", false},
		{"key:a*", "gss:a*@R", false},      {"gss:DHCP/*@R", "gss:*/d1@R", true},
		{"gss:DHCP/*@R", "gss:*@R", false}, {"gss:DHCP/*@R", "gss:DHCP/*@S", false},
		{"key:*a*", "key:b*b", true},       {"key:*", "key:*", true},
	};
	char a[WHO_TEXT_MAX];
	for (size_t i = 0; i < ROWS(rows); i++) {
		strcpy(a, canonical(rows[i].a));
		cr_expect_eq(pattern_overlaps(a, canonical(rows[i].b)), rows[i].overlaps,
			     "%s and %s", rows[i].a, rows[i].b);
		strcpy(a, canonical(rows[i].b));
		cr_expect_eq(pattern_overlaps(a, canonical(rows[i].a)), rows[i].overlaps,
			     "%s and %s", rows[i].b, rows[i].a);
	}
}

Test(group, names_are_small_words)
{
	static const char *const wrong[] = {
		"",
		"@",
		"@@a",
		"A",
		"a b",
		"@a/b",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
	char name[GROUP_NAME_MAX];
	for (size_t i = 0; i < ROWS(wrong); i++)
		cr_expect_not_null(group_name_parse(name, wrong[i], strlen(wrong[i])), "%s",
				   wrong[i]);
	cr_assert_null(group_name_parse(name, "dhcp", 4));
	cr_expect_str_eq(name, "@dhcp");
	cr_assert_null(group_name_parse(name, "@dhcp-1.x_y", 11));
}

Test(group, a_principal_is_in_one_acting_group_at_most)
{
	const char *first[] = {"key:kea-*"}, *second[] = {"key:a", "key:*-1"}, *member = NULL;
	struct acl_group there = {.name = "@a", .is_acting = true, .count = 1, .members = first};
	struct acl_group new = {.name = "@b", .is_acting = true, .count = 2, .members = second};
	struct groups *groups = groups_of(&there, 1);
	cr_expect_eq(group_conflict(groups, &new, &member), &there);
	cr_expect_str_eq(member, "key:*-1");
	new.count = 1;
	cr_expect_null(group_conflict(groups, &new, &member));
	new.count = 2;
	new.is_acting = false;
	cr_expect_null(group_conflict(groups, &new, &member));
	new.is_acting = true;
	there.is_acting = false;
	cr_expect_null(group_conflict(groups, &new, &member));
	groups_free(groups);
}

Test(group, none_acts_for_whom_two_acting_groups_match)
{
	const char *kea[] = {"key:kea*"}, *dhcp[] = {"key:*1"};
	struct acl_group two[] = {
		{.name = "@kea", .is_acting = true, .count = 1, .members = kea},
		{.name = "@dhcp", .is_acting = true, .count = 1, .members = dhcp},
	};
	const struct acl_group *pair[2];
	struct groups *groups = groups_of(two, 2);
	cr_expect_null(groups_acting(groups, "key:kea1"));
	cr_assert_eq(groups_acting_all(groups, "key:kea1", pair), 2);
	cr_expect_str_eq(pair[1]->name, "@dhcp");
	cr_expect_str_eq(groups_acting(groups, "key:kea2")->name, "@kea");
	cr_expect_eq(groups_acting_all(groups, "key:other", pair), 0);
	two[1].is_acting = false;
	cr_expect_str_eq(groups_acting(groups, "key:kea1")->name, "@kea");
	groups_free(groups);
}

Test(group, comes_back_from_the_store_and_moves_the_settings_version)
{
	struct tempstore temp;
	struct store_txn txn;
	struct arena arena = {0};
	const char *members[] = {"key:kea1", "gss:DHCP/*@R"};
	struct acl_group group = {
		.name = "@dhcp", .is_acting = true, .count = 2, .members = members};
	struct acl_group read;
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
	uint64_t version = store_settings_version(&txn);
	rows_group_put(&txn, &group);
	cr_expect_neq(store_settings_version(&txn), version);
	cr_assert(group_get(&txn, "@dhcp", &arena, &read));
	cr_expect(read.is_acting && read.count == 2);
	cr_expect_str_eq(read.members[1], "gss:DHCP/*@R");
	struct groups *groups = groups_load(&txn);
	cr_assert_eq(groups_count(groups), 1);
	cr_expect_str_eq(groups_acting(groups, "gss:DHCP/x@R")->name, "@dhcp");
	cr_expect_null(groups_acting(groups, "key:other"));
	groups_free(groups);
	cr_expect(rows_group_del(&txn, "@dhcp"));
	cr_expect_not(rows_group_del(&txn, "@dhcp"));
	cr_expect_eq(store_commit(&txn), STORE_OK);
	arena_free(&arena);
	tempstore_free(&temp);
}
