/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "server/roles.h"
#include <criterion/criterion.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

static const char *problem_of(enum role role, const char *line)
{
	static char problem[ROLES_PROBLEM_MAX];
	return roles_line_problem(role, line, problem);
}

Test(roles, a_line_names_a_user_or_group_and_zones)
{
	static const char *const right[] = {
		"user bea",
		"group help-desk",
		"group help-desk of corp.example",
		"user bea of corp.example, 10.in-addr.arpa",
		"user bea of corp.example 10.in-addr.arpa,lab.example.",
		"user 1005",
		"group CORP\\dns admins",
		"user  bea",
	};
	static const struct {
		enum role role;
		const char *line, *said;
	} wrong[] = {
		{ROLE_READ, "", "found \"\""},
		{ROLE_READ, "bea", "found \"bea\""},
		{ROLE_READ, "users bea", "user NAME or group NAME"},
		{ROLE_READ, "user ", "the name of a user"},
		{ROLE_READ, "user bea of", "a zone behind \"of\""},
		{ROLE_READ, "user bea of ,", "a zone behind \"of\""},
		{ROLE_READ, "user bea of a..b", "found \"a..b\""},
		{ROLE_READ, "user bea\nuser mallory", "a line"},
		{ROLE_READ, "user 4294967295", "the number"},
		{ROLE_READ, "user 99999999999", "the number"},
		{ROLE_ADMIN, "user bea of corp.example", "admin is of all zones"},
		{ROLE_METRICS, "user bea of corp.example", "counters are of all"},
	};
	for (size_t i = 0; i < sizeof right / sizeof *right; i++)
		cr_expect_null(problem_of(ROLE_OPERATE, right[i]), "%s", right[i]);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		const char *said = problem_of(wrong[i].role, wrong[i].line);
		cr_assert_not_null(said, "'%s'", wrong[i].line);
		cr_expect(strstr(said, wrong[i].said), "'%s': %s", wrong[i].line, said);
	}
}

Test(roles, a_line_is_bounded)
{
	char line[ROLES_ZONES_MAX * 8 + 64] = "user bea of ";
	char name[200] = "user ";
	for (size_t i = 0; i < ROLES_ZONES_MAX; i++)
		strcat(line, "a.b ");
	cr_expect_null(problem_of(ROLE_READ, line));
	strcat(line, "a.b");
	cr_expect_not_null(problem_of(ROLE_READ, line));
	memset(name + 5, 'x', 63);
	cr_expect_null(problem_of(ROLE_READ, name));
	memset(name + 5, 'x', 64);
	cr_expect_not_null(problem_of(ROLE_READ, name));
}

static struct scope_grants grants_of(struct roles *roles, uid_t uid, gid_t gid, gid_t other)
{
	struct peer peer = {.uid = uid, .gid = gid, .groups = &other, .group_count = 1};
	return roles_of(roles, &peer);
}

Test(roles, are_those_of_the_user_and_its_groups)
{
	const char *const lines[ROLE_ADMIN + 1] = {
		[ROLE_READ] = "group 50\nuser 1001\n",
		[ROLE_OPERATE] = "group 51 of corp.example, lab.example\n",
		[ROLE_ADMIN] = "user 1002\nuser 65534\nuser nobody-of-this-name\n",
	};
	struct roles *roles = roles_new(lines);
	cr_expect(roles_are_given(roles));
	struct scope_grants none = grants_of(roles, 1000, 1000, 1000);
	cr_expect_eq(none.count, 0);
	struct scope_grants overflow = grants_of(roles, 65534, 1000, 1000);
	cr_expect_eq(overflow.count, 0, "users of other namespaces are nobody in particular");
	struct scope_grants admin = grants_of(roles, 1002, 1000, 1000);
	cr_assert_eq(admin.count, 1);
	cr_expect_eq(admin.of[0]->role, ROLE_ADMIN);
	struct scope_grants both = grants_of(roles, 1000, 50, 51);
	cr_assert_eq(both.count, 2);
	cr_expect_eq(both.of[0]->role, ROLE_READ);
	cr_expect_null(both.of[0]->zones);
	cr_expect_eq(both.of[1]->role, ROLE_OPERATE);
	cr_expect_eq(both.of[1]->zone_count, 2);
	cr_expect_str_eq(both.of[1]->given, "group 51, in roles.operate of tenured.yaml");
	/* A user's number is not a group's. */
	struct scope_grants mixed = grants_of(roles, 50, 1001, 1002);
	cr_expect_eq(mixed.count, 0);
	free((void *)none.of);
	free((void *)overflow.of);
	free((void *)admin.of);
	free((void *)both.of);
	free((void *)mixed.of);
	roles_release(roles);
}

/* On a machine without the exporter nothing is given, and nobody is warned of. */
Test(roles, the_exporters_user_has_metrics_where_it_is)
{
	const char *const none[ROLE_ADMIN + 1] = {0};
	const char *const other[ROLE_ADMIN + 1] = {[ROLE_METRICS] = "user 1001\n"};
	struct roles *roles = roles_new(none);
	cr_expect_eq(roles_are_given(roles), getpwnam("tenure-exporter") != NULL);
	roles_release(roles);
	roles = roles_new(other);
	cr_expect(roles_are_given(roles));
	struct scope_grants grants = grants_of(roles, 1001, 1000, 1000);
	cr_assert_eq(grants.count, 1);
	cr_expect_eq(grants.of[0]->role, ROLE_METRICS);
	cr_expect_str_eq(grants.of[0]->given, "user 1001, in roles.metrics of tenured.yaml");
	free((void *)grants.of);
	roles_release(roles);
}

Test(roles, a_name_is_looked_up)
{
	const char *const lines[ROLE_ADMIN + 1] = {[ROLE_READ] = "user daemon\ngroup daemon\n"};
	struct roles *roles = roles_new(lines);
	struct scope_grants user = grants_of(roles, 1, 4711, 4711);
	struct scope_grants group = grants_of(roles, 4711, 1, 4711);
	cr_expect_eq(user.count, 1);
	cr_expect_eq(group.count, 1);
	free((void *)user.of);
	free((void *)group.of);
	roles_release(roles);
}
