/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose records of a directory are, as a table: doc/decisions/052. */
#include "migrate/ad_owner.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define D "S-1-5-21-1-2-3-"

static const struct {
	const char *sid, *name;
	bool is_group, is_deleted, is_controller;
} known[] = {
	{D "500", "Administrator", false, false, false},
	{D "512", "Domain Admins", true, false, false},
	{D "1000", "DC1$", false, false, true},
	{D "1103", "web1$", false, false, false},
	{D "1104", "web2$", false, false, false},
	{D "1106", "web9$", false, true, false},
	{D "1107", "two words", false, false, false},
	{D "1108", "Operators", true, false, false},
};

#define WEB1  "gss:web1$@R"
#define WEB2  "gss:web2$@R"
#define LOCAL AD_OWNER_LOCAL
#define ANON  AD_OWNER_ANONYMOUS

/* The owner of the name, who may write it, whether statics follow the name; then the owners of what
 * has a stamp and of what has none, and how many writers are left to be told of. */
static const struct {
	const char *owner, *writers[4];
	bool is_nodes;
	const char *of_dynamic, *of_static;
	size_t others;
} rows[] = {
	/* an account's name */
	{D "1103", {0}, false, WEB1, LOCAL, 0},
	{D "1103", {0}, true, WEB1, WEB1, 0},
	{D "1103", {D "1103", D "512", SID_SYSTEM, SID_ENTERPRISE_DCS}, false, WEB1, LOCAL, 0},
	{D "1103", {D "500", D "1000", D "519", SID_ADMINISTRATORS}, false, WEB1, LOCAL, 0},
	{D "1103", {D "1104"}, false, WEB1, LOCAL, 1},
	{D "1103", {D "1104", D "1108", D "9999"}, false, WEB1, LOCAL, 3},
	{D "1106", {0}, false, "gss:web9$@R", LOCAL, 0},
	/* an administrator's, the system's, a controller's */
	{D "500", {0}, false, "gss:Administrator@R", LOCAL, 0},
	{D "500", {0}, true, "gss:Administrator@R", LOCAL, 0},
	{D "1000", {0}, false, "gss:DC1$@R", LOCAL, 0},
	{D "1000", {0}, true, "gss:DC1$@R", LOCAL, 0},
	{D "512", {0}, true, LOCAL, LOCAL, 0},
	{SID_SYSTEM, {0}, true, LOCAL, LOCAL, 0},
	/* a name made ready for one account; not for a group, nor for two */
	{D "500", {D "1104", D "500"}, false, WEB2, WEB2, 1},
	{SID_SYSTEM, {D "1104"}, false, WEB2, WEB2, 1},
	{D "500", {D "1108"}, false, "gss:Administrator@R", LOCAL, 1},
	{D "500", {D "1103", D "1104"}, false, "gss:Administrator@R", LOCAL, 2},
	/* all may write; nobody is known; no word that a principal could be */
	{D "1103", {SID_AUTHENTICATED}, false, ANON, LOCAL, 0},
	{D "1103", {SID_EVERYONE}, true, ANON, WEB1, 0},
	{D "9999", {0}, true, ANON, LOCAL, 0},
	{NULL, {0}, true, ANON, LOCAL, 0},
	{D "1107", {0}, true, ANON, LOCAL, 0},
	{D "1108", {0}, true, ANON, LOCAL, 0},
};

static struct sid sid_of(const char *text)
{
	struct sid sid = {0};
	cr_assert(sid_parse(text, strlen(text), &sid), "%s", text);
	return sid;
}

static void know(struct ad_accounts *accounts)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct ad_account account = {.sid = sid_of(known[i].sid),
					     .name = known[i].name,
					     .realm = "R",
					     .is_group = known[i].is_group,
					     .is_deleted = known[i].is_deleted,
					     .is_controller = known[i].is_controller};
		ad_account_add(accounts, &account);
	}
	/* The second of one SID changes nothing. */
	struct ad_account second = {.sid = sid_of(D "1103"), .name = "other$", .realm = "R"};
	ad_account_add(accounts, &second);
}

Test(ad_owner, is_that_of_the_table)
{
	struct arena arena = {0};
	struct ad_accounts accounts;
	ad_accounts_open(&accounts, &arena);
	know(&accounts);
	cr_expect(sid_is(&accounts.domain, "S-1-5-21-1-2-3"));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct sid writers[4];
		struct ad_node node = {.writers = writers, .has_owner = rows[i].owner != NULL};
		if (rows[i].owner)
			node.owner = sid_of(rows[i].owner);
		while (node.writer_count < 4 && rows[i].writers[node.writer_count]) {
			writers[node.writer_count] = sid_of(rows[i].writers[node.writer_count]);
			node.writer_count++;
		}
		struct ad_owner owner = ad_owner_of(&accounts, &node, rows[i].is_nodes);
		cr_expect_str_eq(owner.dynamic_owner, rows[i].of_dynamic, "row %zu: %s", i,
				 owner.dynamic_owner);
		cr_expect_str_eq(owner.static_owner, rows[i].of_static, "row %zu: %s", i,
				 owner.static_owner);
		cr_expect_eq(owner.writers, rows[i].others, "row %zu: %zu", i, owner.writers);
	}
	ad_accounts_close(&accounts);
	arena_free(&arena);
}
