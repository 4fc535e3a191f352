/* SPDX-License-Identifier: BSD-2-Clause */
/* Steps, not time: how often prerequisites read a name. */
#include <criterion/criterion.h>
#include "acl/rule_memo.h"
#include "dns/type.h"
#include "nameserver/update_parts.h"
#include "tests/unit/tempzone.h"
#include "zonedb/principal.h"

static struct tempzone z;

static void set_up(void)
{
	tempzone_open(&z, "corp.example");
	tempzone_run(&z, "key:a", 1000, "add pc1 60 A 10.0.0.1; add pc2 60 TXT t");
}

static void tear_down(void)
{
	tempzone_free(&z);
}

TestSuite(update_work, .init = set_up, .fini = tear_down);

Test(update_work, each_name_of_prerequisites_is_read_once)
{
	enum { COUNT = 5000 };
	static const char *const names[] = {"pc1", "pc2", "pc3"};
	struct update_run run = {.txn = &z.txn, .zone = &z.zone, .arena = &z.arena};
	run.prerequisites.rr = arena_zero(&z.arena, COUNT * sizeof(struct update_rr));
	run.prerequisites.count = COUNT;
	for (size_t i = 0; i < COUNT; i++) {
		run.prerequisites.rr[i].name = tempzone_name(&z, names[i % 3]);
		run.prerequisites.rr[i].type = (uint16_t)(i + 1);
	}
	update_number_names(&run);
	cr_assert_eq(update_read_prerequisites(&run), DNS_NOERROR);
	cr_expect_eq(run.names_read, 3, "%zu", run.names_read);
	for (size_t i = 0; i < COUNT; i++) {
		struct node_rrset rrset;
		const struct node *node = run.stored[run.prerequisites.rr[i].number];
		cr_expect_eq(node != NULL, i % 3 < 2, "%zu", i);
		cr_expect(i % 3 != 0 || node_find(node, DNS_TYPE_A, &rrset));
		cr_expect(i % 3 != 1 || node_find(node, DNS_TYPE_TXT, &rrset));
	}
}

/* Owners whose ids share their lowest bits do not push each other out. */
Test(update_work, an_owner_is_compared_with_the_group_once)
{
	static const char *members[] = {"key:a", "key:c", "key:d-*", "key:e"};
	static const struct acl_group group = {"@g", true, {0}, 4, members};
	size_t steps = 0;
	struct who who;
	struct rule_memo memo = {.arena = &z.arena, .steps = &steps};
	struct update_owner ids;
	struct dns_name name = tempzone_name(&z, "pc1");
	for (unsigned i = 0; i < 40; i++)
		tempzone_run(&z, arena_print(&z.arena, "key:d-%u", i), 1000, "add pc1 60 TXT %");
	struct groups *groups = groups_of(&group, 1);
	struct snapshot snapshot = {.txn = &z.txn, .groups = groups};
	cr_assert_null(who_parse(&who, "key:a"));
	struct policy_asker asker = policy_asker_of(&who, NULL, false);
	asker.memo = &memo;
	cr_assert_not_null(update_ids(&snapshot, &asker, &ids, &z.arena));
	uint32_t first;
	cr_assert(principal_find(&z.txn, "key:d-0", &first));
	for (unsigned turn = 0; turn < 1000; turn++)
		cr_assert(update_owns(&ids, first + 16 * (turn % 2), &name));
	cr_expect_eq(steps, 2 * (UPDATE_NAME_STEPS + 4 + 4), "%zu", steps);
	groups_free(groups);
}

/* Records in order pass none that are there, others halve them. */
Test(update_work, the_steps_of_a_search_are_counted)
{
	struct edit_author author = {.owner_text = "key:a", .now = 2000, .class = RECORD_DYNAMIC};
	struct dns_name name = tempzone_name(&z, "many");
	for (unsigned turn = 0; turn < 2; turn++) {
		struct edit *edit = edit_open(&z.txn, &z.zone, &author, &z.arena);
		for (unsigned i = 0; i < 1000; i++) {
			unsigned value = turn == 0 ? i : (i * 607) % 1000;
			uint8_t address[4] = {10, 0, (uint8_t)(value >> 8), (uint8_t)value};
			cr_assert(edit_add(edit, &name, DNS_TYPE_A, 60, bytes_of(address, 4)));
		}
		size_t steps = edit_steps(edit);
		cr_expect(turn == 0 ? steps < 3000 : steps > 5000 && steps < 20000, "turn %u: %zu",
			  turn, steps);
	}
	struct edit *edit = edit_open(&z.txn, &z.zone, &author, &z.arena);
	for (uint16_t i = 0; i < 1000; i++)
		cr_assert(edit_add(edit, &name, (uint16_t)(1000 + i), 60, bytes_of("x", 1)));
	cr_expect(edit_steps(edit) > 1000, "types are counted: %zu", edit_steps(edit));
}
