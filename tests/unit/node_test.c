/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* What a node carries, and where a name stands in the due index. */
#include "dns/rdata.h"
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
		{.at = 0}, {77, 0x123456789a, false, true}, {78, 1, true, false}};
	static const struct node_record wanted = {.owner = 0x01020304,
						  .stamp = 0x1122334455,
						  .class = RECORD_DERIVED,
						  .is_guest = true,
						  .window = 0xfffe,
						  .rdata = {(const uint8_t *)"\012\0\0\1", 4}};
	static const struct node_client clients[] = {
		{0}, {4, {192, 0, 2, 1}}, {7, {0x20, 1, 0xd, 0xb8, 0, 1, 2}}};
	for (size_t i = 0; i < 3; i++) {
		uint8_t bytes[64];
		struct bytes_out out = bytes_out_of(bytes, sizeof bytes);
		struct node node;
		struct node_rrset rrset;
		struct node_record record;
		node_write_start(&out, 99, &hints[i], &clients[i]);
		node_write_rrset(&out, 1, 60, 1, NODE_RECORD_HEAD_LEN + 4);
		node_write_record(&out, &wanted);
		size_t len = bytes_out_len(&out);
		cr_assert_eq(len, NODE_HEAD_LEN + (i ? NODE_HINT_LEN + 1u + clients[i].len : 0) +
					  NODE_RRSET_HEAD_LEN + NODE_RECORD_HEAD_LEN + 4);
		cr_assert(node_open(&node, bytes_of(bytes, len)));
		cr_expect_eq(node.seq, 99);
		cr_expect_eq(node.hint.by, hints[i].by);
		cr_expect_eq(node.hint.at, hints[i].at);
		cr_expect_eq(node.hint.is_taken, hints[i].is_taken);
		cr_expect_eq(node.hint.has_others, hints[i].has_others);
		cr_expect_eq(node.client.len, clients[i].len);
		cr_expect_arr_eq(node.client.prefix, clients[i].prefix, NODE_CLIENT_MAX);
		cr_assert(node_find(&node, 1, &rrset));
		struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
		cr_assert(node_next_record(&in, &record));
		cr_expect(node_record_is_alike(&record, &wanted));
		cr_expect_eq(record.stamp, wanted.stamp);
		cr_expect(bytes_equal(record.rdata, wanted.rdata));
		/* What is said of a hint needs one; a renewal that refreshed may be one of several.
		 */
		uint8_t flags = bytes[8];
		bytes[8] = flags | 2 | 8;
		cr_expect_eq(node_open(&node, bytes_of(bytes, len)), hints[i].at != 0);
		/* A flag or mark of a later version is not passed over. */
		bytes[8] = flags | 16;
		cr_expect_not(node_open(&node, bytes_of(bytes, len)));
	}
}

Test(node, keeps_its_hint_through_edits_until_the_name_goes)
{
	struct dns_name name = tempzone_name(&t, "pc1");
	struct node node;
	tempzone_run(&t, "key:a", 1000, "add pc1 60 A 10.0.0.1");
	edit_see(tempzone_edit(&t, "key:a", 2000, "add pc1 60 A 10.0.0.2"), &name)->hint =
		(struct node_hint){.by = 5, .at = 1999};
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

/* A signature of ROOT. over a type. */
static struct bytes signature_of(uint8_t covered, uint8_t key_tag, uint8_t out[20])
{
	memset(out, 0, 20);
	out[1] = covered;
	out[2] = 13;
	out[17] = key_tag;
	out[19] = 1; /* of the signature: one byte */
	return bytes_of(out, 20);
}

/* The RRsets of a name: "46(1)x2 300, ..." by type, type covered, records, TTL. */
static void shown_sets(const char *name, char *out, size_t cap)
{
	struct dns_name at = tempzone_name(&t, name);
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	size_t len = 0;
	cr_assert(lookup_node(&t.txn, &t.zone, &at, &node));
	struct bytes_in in = bytes_in_of(node.rrsets.data, node.rrsets.len);
	while (node_next_rrset(&in, &rrset)) {
		struct bytes_in records = bytes_in_of(rrset.records.data, rrset.records.len);
		cr_assert(node_next_record(&records, &record));
		len += (size_t)snprintf(out + len, cap - len, "%s%u(%u)x%u %u", len ? ", " : "",
					rrset.type, dns_rdata_covered(rrset.type, record.rdata),
					rrset.count, rrset.ttl);
	}
}

Test(node, signatures_are_sets_by_what_they_cover_also_where_they_were_one)
{
	uint8_t value[256], key[ZONE_KEY_MAX], one[20], two[20], three[20];
	struct bytes data[] = {signature_of(1, 1, one), signature_of(1, 2, two),
			       signature_of(16, 1, three)};
	struct bytes_out out = bytes_out_of(value, sizeof value);
	struct dns_name name = tempzone_name(&t, "w");
	struct node_rrset rrset;
	struct node_record found;
	struct node node;
	char shown[100];
	/* As 0.1.0 wrote it. */
	node_write_start(&out, 1, &(struct node_hint){0}, &(struct node_client){0});
	node_write_rrset(&out, DNS_TYPE_RRSIG, 300, 3, 3 * (NODE_RECORD_HEAD_LEN + 20));
	for (size_t i = 0; i < 3; i++)
		node_write_record(&out, &(struct node_record){.rdata = data[i]});
	store_put(&t.txn, STORE_NODES, bytes_of(key, zone_key(key, &t.zone, &name)),
		  bytes_of(value, bytes_out_len(&out)));
	shown_sets("w", shown, sizeof shown);
	cr_expect_str_eq(shown, "46(1)x3 300");

	struct edit_author author = {.owner_text = "anonymous", .now = 9, .class = RECORD_DYNAMIC};
	struct edit *edit = edit_open(&t.txn, &t.zone, &author, &t.arena);
	size_t count;
	cr_assert(edit_add(edit, &name, DNS_TYPE_RRSIG, 300, data[0]));
	edit_diff(edit, &count);
	cr_expect_eq(count, 0, "it is the same");
	cr_assert(edit_add(edit, &name, DNS_TYPE_RRSIG, 60, data[2]));
	const struct edit_change *changes = edit_diff(edit, &count);
	cr_assert_eq(count, 1);
	cr_expect(bytes_equal(changes[0].change.rdata, data[2]));
	cr_expect_eq(changes[0].change.was.ttl, 300);
	cr_expect_eq(changes[0].change.is.ttl, 60);
	struct entry entry = {.kind = ENTRY_UPDATE, .time_us = 9000000, .principal = "anonymous"};
	cr_assert_neq(edit_commit(edit, &entry), 0);
	shown_sets("w", shown, sizeof shown);
	cr_expect_str_eq(shown, "46(1)x2 300, 46(16)x1 60");
	cr_assert(lookup_node(&t.txn, &t.zone, &name, &node));
	cr_assert(node_find_record(&node, DNS_TYPE_RRSIG, data[2], &rrset, &found));
	cr_expect_eq(rrset.ttl, 60);

	/* One that goes takes its set along. */
	edit = edit_open(&t.txn, &t.zone, &author, &t.arena);
	cr_assert(edit_remove_record(edit, &name, DNS_TYPE_RRSIG, data[1]));
	cr_assert(edit_remove_record(edit, &name, DNS_TYPE_RRSIG, data[0]));
	cr_assert_neq(edit_commit(edit, &entry), 0);
	shown_sets("w", shown, sizeof shown);
	cr_expect_str_eq(shown, "46(16)x1 60");
}
