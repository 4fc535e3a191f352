/* SPDX-License-Identifier: BSD-2-Clause */
#include "zonedb/ticket.h"
#include "dns/type.h"
#include "tests/unit/tempzone.h"
#include "zonedb/due.h"
#include "zonedb/lookup.h"
#include <criterion/criterion.h>
#include <string.h>

#define INTERIM  "31c9cb1e9d4d3a5bcdef0123456789abcd"
#define INTERIM2 "00C9CB1E9D4D3A5BCDEF0123456789ABCD"

static bool is_text_ticket(const char *text, size_t strings)
{
	uint8_t rdata[512];
	struct bytes_out out = bytes_out_of(rdata, sizeof rdata);
	for (size_t i = 0; i < strings; i++) {
		bytes_out_u8(&out, (uint8_t)strlen(text));
		bytes_out_put(&out, text, strlen(text));
	}
	return ticket_is(DNS_TYPE_TXT, bytes_of(rdata, bytes_out_len(&out)));
}

Test(ticket, is_a_dhcid_or_a_text_of_34_digits)
{
	cr_expect(ticket_is(DNS_TYPE_DHCID, bytes_of("\0\1\1", 3)));
	cr_expect(is_text_ticket(INTERIM, 1));
	cr_expect(is_text_ticket(INTERIM2, 1));
	cr_expect_not(is_text_ticket(INTERIM, 2));
	cr_expect_not(is_text_ticket(INTERIM "0", 1));
	cr_expect_not(is_text_ticket("31c9cb1e9d4d3a5bcdef0123456789abc", 1));
	cr_expect_not(is_text_ticket("31c9cb1e9d4d3a5bcdef0123456789abcg", 1));
	cr_expect_not(is_text_ticket("31c9cb1e9d4d3a5bcdef0123456789abc\0", 1));
	cr_expect_not(ticket_is(DNS_TYPE_A, bytes_of("\12\0\0\1", 4)));
	cr_expect_not(ticket_is(DNS_TYPE_TXT, bytes_of("", 0)));
}

Test(ticket, ages_by_the_newest_of_its_own_stamp_and_its_addresses)
{
	static const struct {
		enum record_class class;
		struct ticket_guarded guarded;
		bool ages;
		uint64_t stamp;
		uint16_t window;
	} rows[] = {
		{RECORD_DYNAMIC, {false, 0, 0}, true, 1000, 2},
		{RECORD_DYNAMIC, {false, 999, 3}, true, 1000, 2},
		{RECORD_DYNAMIC, {false, 1001, 3}, true, 1001, 3},
		{RECORD_DYNAMIC, {true, 0, 0}, false, 0, 0},
		{RECORD_DYNAMIC, {true, 1001, 3}, false, 0, 0},
		{RECORD_STATIC, {false, 0, 0}, false, 0, 0},
		{RECORD_PINNED, {false, 1001, 3}, false, 0, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct node_record ticket = {.stamp = 1000,
					     .class = rows[i].class,
					     .window = 2,
					     .rdata = bytes_of("\0\1\1", 3)};
		struct ticket_age age = {0};
		cr_expect_eq(ticket_ages(&rows[i].guarded, DNS_TYPE_DHCID, &ticket, &age),
			     rows[i].ages, "row %zu", i);
		cr_expect(!rows[i].ages || age.stamp == rows[i].stamp, "row %zu", i);
		cr_expect(!rows[i].ages || age.window == rows[i].window, "row %zu", i);
		/* Any other record ages by itself. */
		bool ages = ticket_ages(&rows[i].guarded, DNS_TYPE_MX, &ticket, &age);
		cr_expect_eq(ages, rows[i].class == RECORD_DYNAMIC, "row %zu", i);
		cr_expect(!ages || (age.stamp == 1000 && age.window == 2), "row %zu", i);
	}
}

static struct tempzone t;

/* The oldest stamp in the index; 0: none. `count`: how many names are in it. */
static uint64_t first_due(uint64_t *count)
{
	struct due_walk walk;
	struct due_place at;
	uint64_t first = 0;
	due_walk_from(&walk, &t.txn, &t.zone, &(struct due_moment){.when = UINT64_MAX});
	for (*count = 0; due_walk_next(&walk, &at); ++*count)
		first = *count ? first : at.entry.stamp;
	due_walk_end(&walk);
	return first;
}

Test(ticket, stands_in_the_due_index_by_what_it_guards)
{
	static const struct {
		const char *script;
		uint64_t stamp; /* 0: not in the index */
	} rows[] = {
		{"add pc1 60 DHCID AAEB; add pc1 60 A 10.0.0.1", 1000},
		{"add pc1 60 AAAA fd00::1", 1000}, /* the A is the oldest */
		{"del pc1 A", 2000},               /* the ticket is as new as the AAAA */
		{"add pc1 60 A 10.0.0.2", 2000},   /* and now as the A */
		{"del pc1 AAAA", 4000},
		{"static pc1 60 AAAA fd00::2", 4000}, /* the A ages, and the ticket does not */
		{"del pc1 A", 0},
		{"del pc1 AAAA", 1000}, /* by its own stamp */
		{"add pc1 60 PTR pc1", 9000},
		{"del pc1 DHCID; add pc1 60 TXT " INTERIM, 9000},
		{"del pc1 PTR", 10000},
		{"del pc1", 0},
	};
	tempzone_open(&t, "corp.example");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint64_t count;
		tempzone_run(&t, "key:a", (i + 1) * 1000, rows[i].script);
		cr_expect_eq(first_due(&count), rows[i].stamp, "row %zu: %llu", i,
			     (unsigned long long)first_due(&count));
		cr_expect_eq(count, rows[i].stamp ? 1 : 0, "row %zu", i);
		cr_expect_eq(due_count(&t.txn, &t.zone, 9), count);
	}
	tempzone_free(&t);
}
