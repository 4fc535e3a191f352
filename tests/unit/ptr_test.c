/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Derived PTR below the commands: reverse names as addresses, what the index holds, work that a
 * crash interrupts, and faults that a check has to find. What they have to be in all is the matter
 * of tests/model/ptr_history and the scenarios.
 */
#include "config.h"
#include "dns/type.h"
#include "journal/journal.h"
#include "journal/state_derived.h"
#include "tests/unit/tempzone.h"
#include "vault/removals.h"
#include "zonedb/lookup.h"
#include "zonedb/ptr_sync.h"
#include "zonedb/ptr_verify.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct tempzone t;
static struct zone reverse;

/* A reverse zone beside corp.example, with an SOA and NS. */
static void begin(void)
{
	struct dns_name apex;
	tempzone_open_logged(&t, "corp.example");
	cr_assert_null(dns_name_parse_text(&apex, "10.in-addr.arpa"));
	reverse = zone_default(&apex);
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	zone_create(&rows, &reverse);
	tempzone_put_rows(&t, &rows, 1);
	static const uint8_t soa[] = "\2ns\0\2ho\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1";
	struct edit_author author = {.owner_text = "anonymous", .now = 1};
	struct edit *edit = edit_open(&t.txn, &reverse, &author, &t.arena);
	cr_assert(edit_add(edit, &apex, DNS_TYPE_SOA, 60, bytes_of(soa, sizeof soa - 1)));
	cr_assert(edit_add(edit, &apex, DNS_TYPE_NS, 60, bytes_of("\2ns", 4)));
	struct entry entry = {.time_us = 1000000, .kind = ENTRY_ADMIN, .principal = "local:root"};
	cr_assert_gt(edit_commit(edit, &entry), 0);
	cr_assert_eq(t.txn.error, STORE_OK);
}

static void end(void)
{
	tempzone_free(&t);
}

TestSuite(ptr, .init = begin, .fini = end);

/* The settings of the forward zone, without the work that they ask for. */
static void set_ptr(bool makes_ptr)
{
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	t.zone.makes_ptr = makes_ptr;
	t.zone.ptr_from[0] = (struct prefix){{10}, 4, 8};
	zone_put(&rows, &t.zone);
	tempzone_put_rows(&t, &rows, 2);
	cr_assert(zone_get(&t.txn, &t.zone.apex, &t.zone));
}

static void expect_ptr(const char *address, const char *target)
{
	struct ptr_there there;
	struct dns_name name;
	char shown[DNS_NAME_TEXT_MAX] = "none";
	cr_assert_null(dns_name_parse_text(&name, address));
	ptr_look(&t.txn, &reverse, &name, &there);
	if (there.is_derived)
		dns_name_show(&there.target, shown);
	cr_expect_str_eq(shown, target, "%s: %s", address, shown);
}

static const char *fault(void)
{
	struct dns_name at;
	const char *wrong = ptr_verify_store(&t.txn, &at);
	return wrong ? wrong : "none";
}

static unsigned index_rows(void)
{
	struct store_walk walk;
	struct bytes key, value;
	unsigned count = 0;
	store_walk_from(&walk, &t.txn, STORE_ADDRESSES, bytes_of(NULL, 0), 0);
	while (store_walk_next(&walk, &key, &value))
		count++;
	store_walk_end(&walk);
	return count;
}

Test(ptr, a_reverse_name_is_an_address_or_none)
{
	static const struct {
		const char *name;
		bool is_address;
	} cases[] = {
		{"7.0.0.10.in-addr.arpa", true},
		{"255.255.255.255.in-addr.arpa", true},
		{"0.0.0.0.in-addr.arpa", true},
		{"256.0.0.10.in-addr.arpa", false},
		{"007.0.0.10.in-addr.arpa", false},
		{"07.0.0.10.in-addr.arpa", false},
		{"0.0.10.in-addr.arpa", false},
		{"1.7.0.0.10.in-addr.arpa", false},
		{"7-8.0.0.10.in-addr.arpa", false},
		{"+7.0.0.10.in-addr.arpa", false},
		{"7.0.0.10.in-addr.arpb", false},
		{"7.0.0.10.corp.example", false},
		{"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", true},
		{"g.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", false},
		{"11.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa",
		 false},
		{"0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", false},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dns_name name, again;
		struct ptr_address address;
		cr_assert_null(dns_name_parse_text(&name, cases[i].name));
		bool is_address = ptr_address_of_name(&name, &address);
		cr_expect_eq(is_address, cases[i].is_address, "%s", cases[i].name);
		if (!is_address)
			continue;
		again = dns_name_of_address(address.bytes, address.len);
		cr_expect(dns_name_equal(&name, &again), "%s", cases[i].name);
	}
}

/* Names that are no host's, and those whose key would be longer than the store takes. */
Test(ptr, odd_names_are_not_in_the_index)
{
	char script[2048] = "add ", *at = script + strlen(script);
	set_ptr(true);
	tempzone_run(&t, "key:a", 10, "add *.x 60 A 10.0.0.1; add a 60 A 10.0.0.2");
	cr_expect_eq(index_rows(), 1);
	for (unsigned i = 0; i < 237; i++)
		at += sprintf(at, "%s\\001", i && i % 60 == 0 ? "." : "");
	sprintf(at, " 60 A 10.0.0.3");
	tempzone_run(&t, "key:a", 11, script);
	cr_expect_eq(index_rows(), 1);
	tempzone_run(&t, "key:a", 12, "del a");
	cr_expect_eq(index_rows(), 0);
	cr_expect_eq(t.txn.error, STORE_OK);
}

/* What log maintenance does after a start. */
Test(ptr, what_was_interrupted_is_made_at_the_next_start)
{
	_Atomic bool stop = false;
	struct clock clock;
	struct ptr_sync of = {.may = NULL};
	char script[64];
	for (unsigned i = 0; i < 300; i++) {
		snprintf(script, sizeof script, "add h%u 60 A 10.0.%u.%u", i, i / 200, i % 200);
		tempzone_run(&t, "key:a", 100, script);
	}
	set_ptr(true);
	cr_expect_eq(state_ptr_pending(&t.txn), 1);
	/* A part of it, and the process is killed. */
	struct writer_part part = writer_part_begin(1);
	cr_expect(ptr_sync_part(&of, &t.txn, 3000000, &part));
	expect_ptr("99.1.0.10.in-addr.arpa", "none");
	cr_expect_str_eq(fault(), "none", "while it is under way nothing is missed");
	cr_assert_eq(store_commit(&t.txn), STORE_OK);

	clock_by_hand(&clock, 9000000000);
	struct writer *writer = writer_start(t.temp.store, NULL, NULL);
	removals_make_ptr(writer, &clock, &(struct ptr_sync){.may = NULL}, &stop);
	writer_free(writer);
	store_write_begin(t.temp.store, &t.txn);
	cr_expect_eq(state_ptr_pending(&t.txn), 0);
	expect_ptr("99.1.0.10.in-addr.arpa", "h299.corp.example");
	expect_ptr("0.0.0.10.in-addr.arpa", "h0.corp.example");
	cr_expect_eq(index_rows(), 300);
	cr_expect_str_eq(fault(), "none");
}

Test(ptr, a_check_finds_what_is_wrong)
{
	struct ptr_address address = {4, {10, 0, 0, 1}};
	struct store_walk walk;
	struct bytes key, value;
	uint8_t row[STORE_ROW_KEY_MAX];
	set_ptr(true);
	struct ptr_sync of = {.may = NULL};
	struct writer_part part = writer_part_begin(0);
	while (ptr_sync_part(&of, &t.txn, 3000000, &part))
		;
	cr_assert(zone_get(&t.txn, &t.zone.apex, &t.zone));
	tempzone_run(&t, "key:a", 10, "add a 60 A 10.0.0.1; add b 60 A 10.0.0.2");
	cr_assert_str_eq(fault(), "none");
	/* A row of the index goes. */
	store_walk_from(&walk, &t.txn, STORE_ADDRESSES, bytes_of(NULL, 0), 0);
	cr_assert(store_walk_next(&walk, &key, &value));
	memcpy(row, key.data, key.len);
	size_t len = key.len;
	store_walk_end(&walk);
	store_del(&t.txn, STORE_ADDRESSES, bytes_of(row, len));
	cr_expect_str_eq(fault(), "a derived PTR points to a name that has not the address");
	store_put(&t.txn, STORE_ADDRESSES, bytes_of(row, len), bytes_of("\0\0\0\x3c", 4));
	cr_assert_str_eq(fault(), "none");
	/* One that is of no address. */
	row[4] = 77;
	store_put(&t.txn, STORE_ADDRESSES, bytes_of(row, len), bytes_of("\0\0\0\x3c", 4));
	cr_expect_str_eq(fault(), "there is no such address record");
	store_del(&t.txn, STORE_ADDRESSES, bytes_of(row, len));
	/* A PTR that nothing is behind: what it follows goes from the index alone. */
	struct ptr_work work = {.txn = &t.txn, .arena = &t.arena, .time_us = 20000000};
	struct dns_name name = dns_name_of_address(address.bytes, address.len);
	row[4] = 1;
	store_del(&t.txn, STORE_ADDRESSES, bytes_of(row, len));
	ptr_settle(&work, &address);
	ptr_end(&work);
	cr_expect_eq(work.removed, 1);
	struct node node;
	cr_expect_not(lookup_node(&t.txn, &reverse, &name, &node));
	store_put(&t.txn, STORE_ADDRESSES, bytes_of(row, len), bytes_of("\0\0\0\x3c", 4));
	cr_expect_str_eq(fault(), "an address has neither a derived PTR nor a registered one");
}

Test(ptr, the_closest_zone_is_found_among_neighbours)
{
	static const char *const apexes[] = {"example", "a.b.corp.example", "c.corp.example",
					     "corp.examplf", "z.example"};
	static const struct {
		const char *name, *zone; /* empty: none */
	} cases[] = {
		{"corp.example", "corp.example"},
		{"x.corp.example", "corp.example"},
		{"b.corp.example", "corp.example"},
		{"y.a.b.corp.example", "a.b.corp.example"},
		{"a.b.corp.example", "a.b.corp.example"},
		{"ab.b.corp.example", "corp.example"},
		{"d.corp.example", "corp.example"},
		{"c.corp.example", "c.corp.example"},
		{"corq.example", "example"},
		{"zz.example", "example"},
		{"a.z.example", "z.example"},
		{"corp.examplg", ""},
		{"x.corp.examplf", "corp.examplf"},
		{"examplf", ""},
		{"aaa", ""},
		{"zzz", ""},
		{"1.2.3.10.in-addr.arpa", "10.in-addr.arpa"},
		{"1.2.3.11.in-addr.arpa", ""},
	};
	for (size_t i = 0; i < sizeof apexes / sizeof *apexes; i++) {
		struct dns_name apex;
		cr_assert_null(dns_name_parse_text(&apex, apexes[i]));
		struct zone zone = zone_default(&apex);
		struct state_edit rows = state_edit_of(&t.txn, &t.arena);
		zone_create(&rows, &zone);
		tempzone_put_rows(&t, &rows, 3);
	}
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct dns_name name, apex;
		char shown[DNS_NAME_TEXT_MAX] = "";
		cr_assert_null(dns_name_parse_text(&name, cases[i].name));
		unsigned labels = name.labels;
		if (state_zone_closest(&t.txn, &name, &labels)) {
			apex = dns_name_last(&name, labels);
			dns_name_show(&apex, shown);
		}
		cr_expect_str_eq(shown, cases[i].zone, "%s: %s", cases[i].name, shown);
	}
}
