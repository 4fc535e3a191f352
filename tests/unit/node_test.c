/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* What a node carries, and where a name stands in the due index. */
#include "scavenger/plan.h"
#include "tests/unit/tempzone.h"
#include "zonedb/lookup.h"
#include "zonedb/record_window.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct tempzone t;

static void begin(void)
{
	tempzone_open(&t, "corp.example");
}

static void end(void)
{
	tempzone_free(&t);
}

TestSuite(node, .init = begin, .fini = end);

Test(node, gives_what_was_written)
{
	static const struct node_hint hints[] = {
		{0, 0, false}, {77, 0x123456789a, false}, {78, 1, true}};
	static const struct node_record wanted = {.owner = 0x01020304,
						  .stamp = 0x1122334455,
						  .class = RECORD_DERIVED,
						  .is_guest = true,
						  .window = 0xfffe,
						  .rdata = {(const uint8_t *)"\012\0\0\1", 4}};
	for (size_t i = 0; i < 3; i++) {
		uint8_t bytes[64];
		struct bytes_out out = bytes_out_of(bytes, sizeof bytes);
		struct node node;
		struct node_rrset rrset;
		struct node_record record;
		node_write_start(&out, 99, &hints[i]);
		node_write_rrset(&out, 1, 60, 1, NODE_RECORD_HEAD_LEN + 4);
		node_write_record(&out, &wanted);
		size_t len = bytes_out_len(&out);
		cr_assert_eq(len, NODE_HEAD_LEN + (i ? NODE_HINT_LEN : 0) + NODE_RRSET_HEAD_LEN +
					  NODE_RECORD_HEAD_LEN + 4);
		cr_assert(node_open(&node, bytes_of(bytes, len)));
		cr_expect_eq(node.seq, 99);
		cr_expect_eq(node.hint.by, hints[i].by);
		cr_expect_eq(node.hint.at, hints[i].at);
		cr_expect_eq(node.hint.is_taken, hints[i].is_taken);
		cr_assert(node_find(&node, 1, &rrset));
		struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
		cr_assert(node_next_record(&in, &record));
		cr_expect(node_record_is_alike(&record, &wanted));
		cr_expect_eq(record.stamp, wanted.stamp);
		cr_expect(bytes_equal(record.rdata, wanted.rdata));
		/* A flag or mark of a later version is not passed over. */
		bytes[8] |= 4;
		cr_expect_not(node_open(&node, bytes_of(bytes, len)));
	}
}

Test(node, keeps_its_hint_through_edits_until_the_name_goes)
{
	struct dns_name name = tempzone_name(&t, "pc1");
	struct node node;
	tempzone_run(&t, "key:a", 1000, "add pc1 60 A 10.0.0.1");
	edit_see(tempzone_edit(&t, "key:a", 2000, "add pc1 60 A 10.0.0.2"), &name)->hint =
		(struct node_hint){5, 1999, false};
	tempzone_commit(&t, NULL);
	tempzone_run(&t, "key:a", 3000, "add pc1 60 A 10.0.0.3");
	cr_assert(lookup_node(&t.txn, &t.zone, &name, &node));
	cr_expect_eq(node.hint.by, 5);
	cr_expect_eq(node.hint.at, 1999);
	tempzone_run(&t, "key:a", 4000, "del pc1");
	tempzone_run(&t, "key:a", 5000, "add pc1 60 A 10.0.0.3");
	cr_assert(lookup_node(&t.txn, &t.zone, &name, &node));
	cr_expect_eq(node.hint.at, 0);
}

Test(node, windows_are_numbered_once_and_the_zones_are_none)
{
	struct record_windows day = {86400, 86400}, week = {604800, 604800}, got;
	uint16_t number = 9;
	cr_expect(record_window_find(&t.txn, &(struct record_windows){0}, &number));
	cr_expect_eq(number, RECORD_WINDOW_ZONE);
	cr_expect_not(record_window_find(&t.txn, &day, &number));
	cr_expect_eq(record_window_intern(&t.txn, &day), 1);
	cr_expect_eq(record_window_intern(&t.txn, &week), 2);
	cr_expect_eq(record_window_intern(&t.txn, &day), 1);
	got = record_window_get(&t.txn, 2);
	cr_expect(got.no_refresh == week.no_refresh && got.refresh == week.refresh);
	got = record_window_or(&t.txn, 0, day);
	cr_expect_eq(got.refresh, day.refresh);
	record_window_get(&t.txn, 3);
	cr_expect_eq(t.txn.error, STORE_CORRUPT);
	t.txn.error = STORE_OK;
}

static bool note_item(void *context, const struct plan_item *item)
{
	char text[DNS_NAME_TEXT_MAX];
	snprintf(context, DNS_NAME_TEXT_MAX, "%s %llu", dns_name_show(&item->name, text),
		 (unsigned long long)item->stale_at);
	return true;
}

/* A record with windows of its own is stale by these, and is found by them; one name counts once,
 * whatever its records' windows are. */
Test(node, records_are_stale_by_their_own_windows)
{
	static const uint64_t own = 1 + TEMPZONE_NO_REFRESH + TEMPZONE_REFRESH + 1;
	struct age_windows zone = {100, 200}, late = {20000, 20000};
	char text[DNS_NAME_TEXT_MAX] = "";
	tempzone_run(&t, "key:a", 1, "windowed pc1 60 A 10.0.0.1; guest pc2 60 A 10.0.0.2");
	struct plan_count count = plan_walk(&t.txn, &t.zone, own - 1, &zone, note_item, text);
	cr_expect_eq(count.records, 1);
	cr_expect_str_eq(text, "pc2.corp.example 302");
	count = plan_walk(&t.txn, &t.zone, own, &late, note_item, text);
	cr_expect_eq(count.records, 1);
	cr_expect_str_eq(text, "pc1.corp.example 12002");
	tempzone_run(&t, "key:a", 1, "guest pc1 60 A 10.0.0.9");
	cr_expect_eq(due_count(&t.txn, &t.zone, 9), 3, "two of pc1");
	count = plan_walk(&t.txn, &t.zone, own, &zone, note_item, text);
	cr_expect_eq(count.records, 3);
	cr_expect_eq(count.names, 2);
	tempzone_run(&t, "key:a", 2, "del pc1; del pc2");
	cr_expect_eq(due_count(&t.txn, &t.zone, 9), 0);
	cr_expect_eq(t.txn.error, STORE_OK);
}
