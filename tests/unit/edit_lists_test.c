/* SPDX-License-Identifier: BSD-2-Clause */
/* Long lists of an edit: searches halve them, and they hold what a simple list would. */
#include <criterion/criterion.h>
#include "dns/type.h"
#include "tests/unit/tempzone.h"
#include "zonedb/edit.h"
#include <stdio.h>
#include <string.h>

#define VALUES 300
#define TYPES  120
#define FIRST  40000 /* a type that is nothing else */

static struct tempzone z;
static struct dns_name name;
static const struct edit_author author = {
	.owner_text = "key:a", .now = 2000, .class = RECORD_DYNAMIC};

static void set_up(void)
{
	tempzone_open(&z, "corp.example");
	name = tempzone_name(&z, "many");
}

static void tear_down(void)
{
	tempzone_free(&z);
}

TestSuite(edit_lists, .init = set_up, .fini = tear_down);

static struct bytes value_of(uint8_t room[4], unsigned value)
{
	room[0] = 10;
	room[1] = 0;
	room[2] = (uint8_t)(value >> 8);
	room[3] = (uint8_t)value;
	return bytes_of(room, 4);
}

static struct edit *edit_of_test(void)
{
	return edit_open(&z.txn, &z.zone, &author, &z.arena);
}

/* Near to n log n, not to its square. */
Test(edit_lists, searches_in_long_lists_are_near_linear)
{
	enum { COUNT = 4000 };
	uint8_t room[4];
	size_t steps[2];
	for (unsigned turn = 0; turn < 2; turn++) {
		unsigned count = turn == 0 ? COUNT / 2 : COUNT;
		struct edit *edit = edit_of_test();
		for (unsigned i = 0; i < count; i++) {
			unsigned value = i * 607 % COUNT;
			cr_assert(edit_add(edit, &name, DNS_TYPE_A, 60, value_of(room, value)));
			cr_assert(edit_add(edit, &name, (uint16_t)(FIRST + value), 60,
					   bytes_of("x", 1)));
		}
		for (unsigned i = count; i-- > 0;)
			cr_assert(edit_remove_record(edit, &name, DNS_TYPE_A,
						     value_of(room, i * 607 % COUNT)));
		steps[turn] = edit_steps(edit);
	}
	cr_expect_lt(steps[1], COUNT * 40, "%zu", steps[1]);
	cr_expect_lt(steps[1], steps[0] * 5 / 2, "%zu, of half as many %zu", steps[1], steps[0]);
}

/* What is stored is removed, and added again from behind. */
Test(edit_lists, a_search_for_what_was_stored_is_near_linear)
{
	enum { COUNT = 2000 };
	uint8_t room[4];
	size_t count;
	struct edit *edit = edit_of_test();
	struct entry entry = {.kind = ENTRY_UPDATE, .principal = "key:a", .time_us = 2000000000};
	for (unsigned i = 0; i < COUNT; i++)
		cr_assert(edit_add(edit, &name, DNS_TYPE_A, 60, value_of(room, i)));
	cr_assert_neq(edit_commit(edit, &entry), 0);
	edit = edit_of_test();
	edit_see(edit, &name);
	size_t read = edit_steps(edit);
	cr_assert(edit_remove_name(edit, &name));
	for (unsigned i = COUNT; i-- > 0;)
		cr_assert(edit_add(edit, &name, DNS_TYPE_A, 60, value_of(room, i)));
	cr_expect_lt(edit_steps(edit) - read, COUNT * 24, "%zu", edit_steps(edit) - read);
	edit_diff(edit, &count);
	cr_expect_eq(count, 0, "it is as before, by its owners and stamps too: %zu", count);
}

static void check_list(struct edit *edit, const bool has[TYPES][VALUES])
{
	uint8_t room[4];
	const struct edit_rrset *rrset = edit_see(edit, &name)->rrsets;
	for (unsigned type = 0; type < TYPES; type++) {
		const struct edit_record *record = NULL;
		size_t count = 0;
		for (unsigned value = 0; value < VALUES; value++) {
			if (!has[type][value])
				continue;
			if (!record) {
				cr_assert(rrset && rrset->type == FIRST + type);
				cr_assert_eq(edit_find(edit_see(edit, &name), rrset->type), rrset);
				record = rrset->records;
			}
			cr_assert(bytes_equal(record->rdata, value_of(room, value)));
			record = record->next;
			count++;
		}
		cr_assert(!record);
		if (count == 0) {
			cr_assert(!edit_find(edit_see(edit, &name), (uint16_t)(FIRST + type)));
			continue;
		}
		cr_assert_eq(rrset->count, count);
		rrset = rrset->next;
	}
	cr_assert(!rrset);
}

static bool keeps_even(void *context, struct edit_record *record)
{
	(void)context;
	return record->rdata.data[3] % 2 == 0;
}

static void remove_odd(struct edit *edit, uint16_t type, bool has[VALUES])
{
	edit_remove_but(edit, &name, type, keeps_even, NULL);
	for (unsigned value = 1; value < VALUES; value += 2)
		has[value] = false;
}

Test(edit_lists, hold_what_a_simple_list_would)
{
	static bool has[TYPES][VALUES];
	uint8_t room[4];
	uint64_t random = 88172645463325252u;
	struct edit *edit = edit_of_test();
	for (unsigned turn = 0; turn < 60000; turn++) {
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		/* Few types have most values. */
		unsigned what = (unsigned)(random >> 40) % 1000, value = (unsigned)random % VALUES;
		unsigned type = (random >> 20) % 4 ? (unsigned)(random >> 30) % 3
						   : (unsigned)(random >> 30) % TYPES;
		uint16_t number = (uint16_t)(FIRST + type);
		if (what < 600) {
			cr_assert(edit_add(edit, &name, number, 60, value_of(room, value)));
			has[type][value] = true;
		} else if (what < 990) {
			cr_assert_eq(edit_remove_record(edit, &name, number, value_of(room, value)),
				     has[type][value]);
			has[type][value] = false;
		} else if (what < 995) {
			edit_remove_rrset(edit, &name, number);
			memset(has[type], 0, sizeof has[type]);
		} else if (what < 999) {
			remove_odd(edit, number, has[type]);
		} else if (turn % 4 == 0) {
			edit_remove_name(edit, &name);
			memset(has, 0, sizeof has);
		}
		if (turn % 500 == 0)
			check_list(edit, has);
	}
	check_list(edit, has);
}

/* The difference is not made where it takes too much, and is later where it may. */
Test(edit_lists, a_difference_is_made_within_its_bound)
{
	uint8_t room[4];
	size_t count;
	struct edit *edit = edit_of_test();
	for (unsigned i = 0; i < 100; i++) {
		char text[16];
		snprintf(text, sizeof text, "h%u", i);
		struct dns_name at = tempzone_name(&z, text);
		cr_assert(edit_add(edit, &at, DNS_TYPE_A, 60, value_of(room, i)));
	}
	cr_expect_not(edit_diff_within(edit, 50 * EDIT_CHANGE_STEPS));
	cr_expect_lt(edit_steps(edit), 60 * EDIT_CHANGE_STEPS, "it ends where it is too much");
	cr_expect(edit_diff_within(edit, 101 * (EDIT_CHANGE_STEPS + 1)));
	edit_diff(edit, &count);
	cr_expect_eq(count, 100);
	cr_expect_gt(edit_steps(edit), 100 * EDIT_CHANGE_STEPS);
}
