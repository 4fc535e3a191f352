/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/type.h"
#include "journal/diff.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#define RECORDS 40

static struct diff diff;

static void open(void)
{
	diff_open(&diff, &(struct hash_key){{1, 2}}, 1 << 20);
}

static void done(void)
{
	diff_close(&diff);
}

TestSuite(diff, .init = open, .fini = done);

static struct change change_of(enum change_what what, unsigned record, uint32_t was, uint32_t is)
{
	static uint8_t data[4];
	struct change change = {.what = what, .type = DNS_TYPE_A};
	data[3] = (uint8_t)record;
	change.name = dns_name_root();
	change.rdata = bytes_of(data, sizeof data);
	change.was.ttl = was;
	change.is.ttl = is;
	return change;
}

static void add(enum change_what what, unsigned record, uint32_t was, uint32_t is)
{
	struct change change = change_of(what, record, was, is);
	diff_add(&diff, &change);
}

static unsigned removed(void)
{
	unsigned count = 0;
	for (const struct diff_record *r = diff.first; r; r = r->next)
		count += diff_is_removed(r);
	return count;
}

static unsigned added(void)
{
	unsigned count = 0;
	for (const struct diff_record *r = diff.first; r; r = r->next)
		count += diff_is_added(r);
	return count;
}

Test(diff, what_came_and_went_is_nothing)
{
	add(CHANGE_ADDED, 1, 0, 60);
	add(CHANGE_REMOVED, 1, 60, 0);
	cr_expect_eq(removed() + added(), 0);
	cr_expect_eq(diff_size(&diff), 0);
}

Test(diff, what_went_and_came_is_nothing_unless_its_ttl_differs)
{
	add(CHANGE_REMOVED, 1, 60, 0);
	add(CHANGE_ADDED, 1, 0, 60);
	cr_expect_eq(removed() + added(), 0);
	add(CHANGE_ALTERED, 1, 60, 90);
	cr_expect_eq(removed(), 1);
	cr_expect_eq(added(), 1);
	cr_expect_eq(diff_size(&diff), 2 * (1 + 10 + 4));
	cr_expect_eq(diff.first->was_ttl, 60);
	cr_expect_eq(diff.first->is_ttl, 90);
}

Test(diff, refreshes_and_owners_are_no_data)
{
	add(CHANGE_REFRESHED, 1, 60, 60);
	add(CHANGE_ALTERED, 2, 60, 60);
	cr_expect_eq(diff.table.count, 0);
}

Test(diff, above_its_memory_it_is_over_and_empty)
{
	diff.limit = 4096;
	for (unsigned i = 0; i < 256; i++)
		add(CHANGE_ADDED, i, 0, 60);
	cr_expect(diff.is_over);
	cr_expect_null(diff.first);
	cr_expect_eq(diff_size(&diff), 0);
}

/* Any walk of changes: the net applied to the start gives the end. */
Test(diff, the_start_with_the_net_is_the_end)
{
	uint32_t start[RECORDS], now[RECORDS];
	srand(7);
	for (unsigned i = 0; i < RECORDS; i++)
		start[i] = now[i] = rand() % 2 ? 60 : 0;
	for (unsigned i = 0; i < 2000; i++) {
		unsigned r = (unsigned)rand() % RECORDS;
		uint32_t ttl = rand() % 2 ? 60 : 90;
		if (now[r] && rand() % 2) {
			add(CHANGE_ALTERED, r, now[r], ttl);
			now[r] = ttl;
		} else if (now[r]) {
			add(CHANGE_REMOVED, r, now[r], 0);
			now[r] = 0;
		} else {
			add(CHANGE_ADDED, r, 0, ttl);
			now[r] = ttl;
		}
	}
	for (const struct diff_record *r = diff.first; r; r = r->next) {
		unsigned i = r->rdata.data[3];
		if (diff_is_removed(r)) {
			cr_assert_eq(start[i], r->was_ttl, "%u", i);
			start[i] = 0;
		}
		if (diff_is_added(r)) {
			cr_assert_eq(start[i], 0, "%u", i);
			start[i] = r->is_ttl;
		}
	}
	for (unsigned i = 0; i < RECORDS; i++)
		cr_expect_eq(start[i], now[i], "%u", i);
}
