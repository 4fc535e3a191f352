/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/tempzone.h"
#include "zonedb/lookup.h"
#include "dns/rdata.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define DAY 86400ull
#define T0  (1000 * DAY)

static struct tempzone t;

static void begin(void)
{
	tempzone_open(&t, "corp.example");
	tempzone_run(&t, "key:pc1", T0,
		     "add pc1 60 A 10.0.0.1; add pc1 60 TXT hello;"
		     "add two 60 A 10.0.0.2; static two 60 A 10.0.0.3; pinned pin 60 A 10.0.0.4;"
		     "add mail 60 MX 10 Mail.Corp.Example.;"
		     "static res 60 A 10.0.0.5");
	tempzone_run(&t, "key:pc2", T0, "add two 60 A 10.0.0.9");
}

static void end(void)
{
	tempzone_free(&t);
}

TestSuite(edit, .init = begin, .fini = end);

static void expect(const char *got, const char *wanted, const char *what)
{
	cr_expect_str_eq(got, wanted, "%s: got '%s'", what, got);
}

/* What counts as an update and what as a refresh (tenurectl(8), AGING), with windows of 7 days. */
struct row {
	const char *what, *who;
	uint64_t after;
	const char *script, *diff;
};

static const struct row rows[] = {
	{"nothing at all", "key:pc1", DAY, "", ""},
	{"absent, then added", "key:pc1", DAY, "add new 60 A 10.0.0.7", "+new A 10.0.0.7 60"},
	{"identical, young", "key:pc1", DAY, "add pc1 60 A 10.0.0.1", ""},
	{"identical, as old as no-refresh", "key:pc1", 7 * DAY, "add pc1 60 A 10.0.0.1", ""},
	{"identical, older", "key:pc1", 7 * DAY + 1, "add pc1 60 A 10.0.0.1", "!pc1 A 10.0.0.1"},
	{"identical, stamp in the future", "key:pc1", -DAY, "add pc1 60 A 10.0.0.1",
	 "!pc1 A 10.0.0.1"},
	{"identical, stale", "key:pc1", 99 * DAY, "add pc1 60 A 10.0.0.1", "!pc1 A 10.0.0.1"},
	{"delete and add again, young", "key:pc1", DAY, "del pc1 A; add pc1 60 A 10.0.0.1", ""},
	{"delete and add again, older", "key:pc1", 8 * DAY, "del pc1 A; add pc1 60 A 10.0.0.1",
	 "!pc1 A 10.0.0.1"},
	{"delete the name and add all again", "key:pc1", 8 * DAY,
	 "del pc1; add pc1 60 A 10.0.0.1; add pc1 60 TXT hello",
	 "!pc1 A 10.0.0.1; !pc1 TXT \"hello\""},
	{"by another, older", "key:pc2", 8 * DAY, "add pc1 60 A 10.0.0.1", ""},
	{"delete and add again by another", "key:pc2", 8 * DAY, "del pc1 A; add pc1 60 A 10.0.0.1",
	 ""},
	{"probe, young", "key:pc1", DAY, "touch pc1 A", ""},
	{"probe, older", "key:pc1", 8 * DAY, "touch pc1 A", "!pc1 A 10.0.0.1"},
	{"prerequisite, the set goes", "key:pc1", 8 * DAY, "touch pc1 A; del pc1 A",
	 "-pc1 A 10.0.0.1 60"},
	{"probe by another", "key:pc2", 8 * DAY, "touch pc1 A", ""},
	{"probe of what is not there", "key:pc1", 8 * DAY, "touch pc1 AAAA", ""},
	{"TTL differs", "key:pc1", DAY, "add pc1 90 A 10.0.0.1", "~pc1 A 10.0.0.1 60>90"},
	{"delete and add with another TTL", "key:pc1", DAY, "del pc1; add pc1 90 A 10.0.0.1",
	 "~pc1 A 10.0.0.1 60>90; -pc1 TXT \"hello\" 60"},
	{"TTL of the whole RRset", "key:pc1", DAY, "add two 90 A 10.0.0.2",
	 "~two A 10.0.0.2 60>90; ~two A 10.0.0.3 60>90; ~two A 10.0.0.9 60>90"},
	{"a sibling's TTL with a new record", "key:pc1", DAY, "add pc1 90 A 10.0.0.8",
	 "~pc1 A 10.0.0.1 60>90; +pc1 A 10.0.0.8 90"},
	{"static, identical, old", "local:root", 99 * DAY, "add res 60 A 10.0.0.5", ""},
	{"pinned, identical, old", "local:root", 99 * DAY, "add pin 60 A 10.0.0.4", ""},
	{"static, deleted and added", "local:root", 99 * DAY, "del res; add res 60 A 10.0.0.5", ""},
	{"only the case of a name in the data", "key:pc1", DAY,
	 "add mail 60 MX 10 mail.corp.example.", ""},
	{"case, deleted and added", "key:pc1", DAY,
	 "del mail; add mail 60 MX 10 mail.corp.example.", ""},
	{"address changes", "key:pc1", DAY, "del pc1 A; add pc1 60 A 10.0.0.6",
	 "-pc1 A 10.0.0.1 60; +pc1 A 10.0.0.6 60"},
	{"one of two goes", "key:pc1", DAY, "del two A 10.0.0.2", "-two A 10.0.0.2 60"},
	{"delete what is not there", "key:pc1", DAY, "del gone; del pc1 AAAA; del pc1 A 10.9.9.9",
	 ""},
	{"add and delete again", "key:pc1", DAY, "add x 60 A 10.0.0.1; del x", ""},
	{"a singleton replaces", "key:pc1", DAY, "add c 60 CNAME a.; add c 60 CNAME b.",
	 "+c CNAME b. 60"},
	{"owner is taken over", "key:pc1", DAY, "static pc1 60 A 10.0.0.1",
	 "~pc1 A 10.0.0.1 60>60"},
	{"stamp set back to what it was", "local:root", 8 * DAY, "static res 60 A 10.0.0.5", ""},
};

Test(edit, nets_as_the_table_of_aging_says)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		tempzone_edit(&t, rows[i].who, T0 + rows[i].after, rows[i].script);
		expect(tempzone_diff(&t), rows[i].diff, rows[i].what);
	}
}

Test(edit, nets_the_same_when_aging_is_off_or_on)
{
	t.zone.is_aging = true;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		tempzone_edit(&t, rows[i].who, T0 + rows[i].after, rows[i].script);
		expect(tempzone_diff(&t), rows[i].diff, rows[i].what);
	}
}

Test(edit, moves_the_serial_only_when_data_changes)
{
	static const struct {
		const char *script;
		uint64_t at;
		uint32_t before, after;
		enum entry_kind kind;
	} steps[] = {
		{"add a 60 A 10.0.0.1", T0, 3, 4, ENTRY_UPDATE},
		{"add a 60 A 10.0.0.1", T0 + 8 * DAY, 4, 4, ENTRY_REFRESH},
		{"add a 90 A 10.0.0.1", T0 + 8 * DAY, 4, 5, ENTRY_UPDATE},
		{"static a 90 A 10.0.0.1", T0 + 8 * DAY, 5, 5, ENTRY_UPDATE},
		{"del a", T0 + 8 * DAY, 5, 6, ENTRY_UPDATE},
		{"add @ 3600 SOA ns.elsewhere. admin.elsewhere. 100 1 1 1 60", T0, 6, 100,
		 ENTRY_UPDATE},
		{"add @ 3600 SOA ns.elsewhere. other.elsewhere. 50 1 1 1 60", T0, 100, 101,
		 ENTRY_UPDATE},
		{"add @ 3600 SOA ns.elsewhere. other.elsewhere. 2147483748 1 1 1 60", T0, 101,
		 2147483748, ENTRY_UPDATE},
		{"add @ 3600 SOA ns.elsewhere. other.elsewhere. 4294967295 1 1 1 60", T0,
		 2147483748, 4294967295, ENTRY_UPDATE},
		{"add b 60 A 10.0.0.1", T0, 4294967295, 1, ENTRY_UPDATE},
	};
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		enum entry_kind kind;
		struct edit *edit = tempzone_edit(&t, "key:pc1", steps[i].at, steps[i].script);
		cr_expect_neq(tempzone_commit(&t, &kind), 0, "%s", steps[i].script);
		cr_expect_eq(edit_serial_before(edit), steps[i].before, "%s: %u", steps[i].script,
			     edit_serial_before(edit));
		cr_expect_eq(edit_serial_after(edit), steps[i].after, "%s: %u", steps[i].script,
			     edit_serial_after(edit));
		cr_expect_eq(zone_serial(&t.txn, &t.zone), steps[i].after);
		cr_expect_eq(kind, steps[i].kind, "%s", steps[i].script);
	}
}

Test(edit, writes_nothing_when_nothing_changes)
{
	struct node before, after;
	struct dns_name name = tempzone_name(&t, "pc1");
	lookup_node(&t.txn, &t.zone, &name, &before);
	tempzone_edit(&t, "key:pc1", T0 + DAY,
		      "del pc1; add pc1 60 A 10.0.0.1; add pc1 60 TXT hello");
	cr_expect_eq(tempzone_commit(&t, NULL), 0);
	lookup_node(&t.txn, &t.zone, &name, &after);
	cr_expect_eq(before.seq, after.seq);
	cr_expect_eq(zone_serial(&t.txn, &t.zone), 3);
}

static void expect_record(const char *name, const char *data, const char *wanted)
{
	const char *got = tempzone_record(&t, name, "A", data);
	cr_expect_str_eq(got, wanted, "%s %s: got '%s'", name, data, got);
}

Test(edit, keeps_owner_and_class_and_stamps_what_is_registered)
{
	expect_record("pc1", "10.0.0.1", "60 key:pc1 86400000 dynamic");
	tempzone_run(&t, "key:pc1", T0 + DAY, "add pc1 60 A 10.0.0.1");
	expect_record("pc1", "10.0.0.1", "60 key:pc1 86400000 dynamic");
	tempzone_run(&t, "key:pc1", T0 + 8 * DAY, "del pc1 A; add pc1 60 A 10.0.0.1");
	expect_record("pc1", "10.0.0.1", "60 key:pc1 87091200 dynamic");
	tempzone_run(&t, "key:pc2", T0 + 9 * DAY, "del pc1 A; add pc1 90 A 10.0.0.1");
	expect_record("pc1", "10.0.0.1", "90 key:pc1 87177600 dynamic");
	/* A TTL goes through the RRset; static stays static, another's record is not fresher. */
	tempzone_run(&t, "key:pc1", T0 + 10 * DAY, "add two 90 A 10.0.0.2");
	expect_record("two", "10.0.0.2", "90 key:pc1 87264000 dynamic");
	expect_record("two", "10.0.0.3", "90 local:root 1 static");
	expect_record("two", "10.0.0.9", "90 key:pc2 86400000 dynamic");
}

Test(edit, keeps_the_case_that_was_stored)
{
	char text[256];
	struct dns_name name = tempzone_name(&t, "mail");
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	tempzone_run(&t, "key:pc1", T0 + 8 * DAY, "del mail; add mail 90 MX 10 MAIL.corp.example.");
	cr_assert(lookup_node(&t.txn, &t.zone, &name, &node));
	cr_assert(node_find(&node, DNS_TYPE_MX, &rrset));
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	cr_assert(node_next_record(&in, &record));
	dns_rdata_print(DNS_TYPE_MX, record.rdata, text, sizeof text);
	cr_expect_str_eq(text, "10 Mail.Corp.Example.");
}

static bool is_ninth(void *context, struct edit_record *record)
{
	unsigned *asked = context;
	++*asked;
	return record->rdata.data[3] == 9;
}

Test(edit, removes_an_rrset_but_what_is_to_stay)
{
	unsigned asked = 0;
	struct dns_name name = tempzone_name(&t, "two");
	struct edit *edit = tempzone_edit(&t, "key:pc1", T0 + DAY, "");
	cr_expect_eq(edit_remove_but(edit, &name, DNS_TYPE_A, is_ninth, &asked), 1);
	cr_expect_eq(asked, 3);
	expect(tempzone_diff(&t), "-two A 10.0.0.2 60; -two A 10.0.0.3 60", "one stays");
	cr_expect_eq(edit_remove_but(edit, &name, DNS_TYPE_TXT, is_ninth, &asked), 0);
	cr_assert(edit_add(edit, &name, DNS_TYPE_A, 60, bytes_of("\12\0\0\6", 4)));
	tempzone_commit(&t, NULL);
	expect_record("two", "10.0.0.9", "60 key:pc2 86400000 dynamic");
	expect_record("two", "10.0.0.2", "none");

	name = tempzone_name(&t, "pc1");
	edit = tempzone_edit(&t, "key:pc1", T0 + DAY, "");
	cr_expect_eq(edit_remove_but(edit, &name, DNS_TYPE_A, is_ninth, &asked), 0);
	cr_expect_null(edit_find(edit_see(edit, &name), DNS_TYPE_A), "no empty RRset is left");
}

Test(edit, an_administrator_may_set_a_stamp)
{
	struct node_record as = {
		.stamp = T0 + 5, .class = RECORD_DYNAMIC, .rdata = bytes_of("\12\0\0\1", 4)};
	struct dns_name name = tempzone_name(&t, "pc1");
	struct edit *edit = tempzone_edit(&t, "key:pc1", T0 + DAY, "");
	as.owner = edit_see(edit, &name)->rrsets->records->owner;
	cr_assert(edit_add_as(edit, &name, DNS_TYPE_A, 60, &as));
	expect(tempzone_diff(&t), "!pc1 A 10.0.0.1", "stamp set");
	struct entry entry = {.kind = ENTRY_ADMIN, .principal = "local:root"};
	cr_expect_neq(edit_commit(edit, &entry), 0);
	cr_expect_eq(entry.kind, ENTRY_ADMIN);
	cr_expect_eq(edit_serial_after(edit), 3);
	expect_record("pc1", "10.0.0.1", "60 key:pc1 86400005 dynamic");
}

Test(edit, chains_the_changes_of_a_name_through_its_tombstone)
{
	tempzone_edit(&t, "key:pc1", T0, "add n 60 A 10.0.0.1");
	uint64_t first = tempzone_commit(&t, NULL);
	tempzone_edit(&t, "key:pc1", T0, "del n");
	uint64_t second = tempzone_commit(&t, NULL);
	struct edit *edit = tempzone_edit(&t, "key:pc1", T0, "add n 60 A 10.0.0.1");
	size_t count;
	cr_expect_eq(edit_diff(edit, &count)[0].change.previous, second);
	uint64_t third = tempzone_commit(&t, NULL);
	struct dns_name name = tempzone_name(&t, "n");
	struct node node;
	cr_assert(lookup_node(&t.txn, &t.zone, &name, &node));
	cr_expect_eq(node.seq, third);
	cr_expect_lt(first, second);
	/* The apex was only given a serial: its own last change stays the zone's making. */
	cr_assert(lookup_node(&t.txn, &t.zone, &t.zone.apex, &node));
	cr_expect_eq(node.seq, 1);
}

Test(edit, counts_the_cuts)
{
	static const struct {
		const char *script;
		uint32_t cuts;
	} steps[] = {
		{"add s 60 NS ns.s; add d 60 DNAME x.", 2},
		{"add s 60 NS ns2.s", 2},
		{"add s 60 DNAME y.", 2},
		{"del s NS", 2},
		{"del s DNAME", 1},
		{"add @ 3600 NS ns2.elsewhere.", 1},
		{"add @ 60 DNAME z.", 2},
		{"del @ DNAME; del d", 0},
	};
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		tempzone_run(&t, "local:root", T0, steps[i].script);
		cr_expect_eq(t.zone.cut_count, steps[i].cuts, "%s: %u", steps[i].script,
			     t.zone.cut_count);
	}
}

Test(edit, refuses_an_rrset_that_no_message_can_carry)
{
	struct edit *edit = tempzone_edit(&t, "key:pc1", T0, "");
	struct dns_name name = tempzone_name(&t, "large");
	uint8_t text[256];
	memset(text, 'x', sizeof text);
	text[0] = 255;
	unsigned added = 0;
	for (unsigned i = 0; i < 1000; i++, added++) {
		text[1] = (uint8_t)(i >> 8);
		text[2] = (uint8_t)i;
		if (!edit_add(edit, &name, DNS_TYPE_TXT, 60, bytes_of(text, sizeof text)))
			break;
	}
	cr_expect_gt(added, 200);
	cr_expect_lt(added, 65536 / (256 + 12));
	cr_expect(edit_remove_name(edit, &name));
	cr_expect(edit_add(edit, &name, DNS_TYPE_TXT, 60, bytes_of(text, sizeof text)));
}

Test(edit, divides_a_large_change_into_entries_of_one_run)
{
	struct edit *edit = tempzone_edit(&t, "key:pc1", T0, "");
	uint8_t text[256];
	memset(text, 'x', sizeof text);
	text[0] = 255;
	for (unsigned i = 0; i < 2000; i++) {
		char label[32];
		snprintf(label, sizeof label, "n%u", i);
		struct dns_name name = tempzone_name(&t, label);
		cr_assert(edit_add(edit, &name, DNS_TYPE_TXT, 60, bytes_of(text, sizeof text)));
	}
	struct entry entry = {.kind = ENTRY_UPDATE, .principal = "key:pc1"};
	uint64_t seq = edit_commit(edit, &entry);
	cr_expect_neq(entry.run, 0);
	cr_expect_eq(entry.seq, seq);
	cr_expect_eq(entry.serial_before, 3);
	cr_expect_eq(entry.serial_after, 4);
	cr_expect_lt(entry.change_count, 2000);
	cr_expect_eq(zone_serial(&t.txn, &t.zone), 4);
	struct dns_name first = tempzone_name(&t, "n0"), last = tempzone_name(&t, "n1999");
	struct node node;
	cr_assert(lookup_node(&t.txn, &t.zone, &first, &node));
	cr_expect_eq(node.seq, seq);
	cr_assert(lookup_node(&t.txn, &t.zone, &last, &node));
	cr_expect_gt(node.seq, seq);
}

/* What is added again then is new; what else the name holds stays as it is. */
Test(edit, supposes_that_something_went_before)
{
	struct dns_name two = tempzone_name(&t, "two"), pc1 = tempzone_name(&t, "pc1");
	struct edit *edit = tempzone_edit(&t, "key:pc2", T0 + DAY, "");
	edit_suppose_gone(edit, &two, DNS_TYPE_ANY);
	edit_suppose_gone(edit, &pc1, DNS_TYPE_TXT);
	cr_expect_not(edit_see(edit, &two)->is_stored);
	cr_expect(edit_see(edit, &pc1)->is_stored);
	expect(tempzone_diff(&t), "", "what is supposed is no change");
	cr_assert(edit_add(edit, &two, DNS_TYPE_A, 60, bytes_of("\12\0\0\2", 4)));
	cr_assert(edit_add(edit, &pc1, DNS_TYPE_A, 60, bytes_of("\12\0\0\1", 4)));
	cr_assert(edit_add(edit, &pc1, DNS_TYPE_TXT, 60, bytes_of("\5hello", 6)));
	expect(tempzone_diff(&t), "+two A 10.0.0.2 60; +pc1 TXT \"hello\" 60", "it is new");
	cr_expect_eq(edit_find(edit_see(edit, &two), DNS_TYPE_A)->count, 1);
}
