/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/rows.h"
#include "tests/unit/tempzone.h"
#include "zonedb/due.h"
#include "zonedb/load.h"
#include "zonedb/lookup.h"
#include "zonedb/principal.h"
#include "dns/rdata.h"
#include "journal/journal.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static struct tempstore temp;
static struct store_txn txn;
static struct arena arena;
static struct zone zone;
static char warnings[2048];

static void begin(void)
{
	struct dns_name apex;
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
	cr_assert_null(dns_name_parse_text(&apex, "corp.example"));
	zone = zone_default(&apex);
	rows_zone_create(&txn, &zone);
}

static void end(void)
{
	arena_free(&arena);
	store_abort(&txn);
	tempstore_free(&temp);
}

TestSuite(load, .init = begin, .fini = end);

/* One record of a text whose lines are NAME TTL TYPE DATA. NULL, or what load_add says. */
static const char *add_line(struct load *load, char *line, unsigned number)
{
	char *save, *name = strtok_r(line, " ", &save), *ttl = strtok_r(NULL, " ", &save);
	char *word = strtok_r(NULL, " ", &save), *data = strtok_r(NULL, "", &save);
	struct dns_name owner;
	uint16_t type;
	uint8_t rdata[1024];
	unsigned column;
	struct bytes_out out = bytes_out_of(rdata, sizeof rdata);
	cr_assert_null(dns_name_parse(&owner, name, strlen(name), &zone.apex));
	cr_assert(dns_type_parse(word, strlen(word), &type));
	const char *error = dns_rdata_parse_text(type, data, &zone.apex, &out, &column);
	cr_assert_null(error, "%s: %s", data, error);
	return load_add(load, &owner, type, (uint32_t)strtoul(ttl, NULL, 10),
			bytes_of(rdata, bytes_out_len(&out)), number);
}

static struct load *load_text(const char *text)
{
	struct load *load = load_open(&zone.apex);
	char *copy = arena_text(&arena, text, strlen(text)), *save;
	unsigned number = 0;
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		const char *error = add_line(load, line, ++number);
		cr_assert_null(error, "%s", error);
	}
	return load;
}

static void warn(void *context, unsigned line, const char *text)
{
	(void)context;
	size_t len = strlen(warnings);
	snprintf(warnings + len, sizeof warnings - len, "%u %s\n", line, text);
}

#define APEX  "@ 60 SOA ns.x. a.x. 10 1 1 1 60\n@ 60 NS ns.x.\n"
#define NSEC3 " 60 NSEC3 1 0 1 ab 2t7b4g4vsa5smi47k61mv5bv1a22bojr A\n"
#define RRSIG " 60 RRSIG NSEC3 8 3 60 20300101000000 20200101000000 1 x. AAAA\n"

Test(load, names_what_is_wrong_with_its_line)
{
	static const struct {
		const char *text, *error;
		unsigned line;
	} rows[] = {
		{"a 60 A 10.0.0.1\n", "no SOA at the apex corp.example", 0},
		{"@ 60 NS ns.x.\n", "no SOA at the apex corp.example", 1},
		{"@ 60 SOA ns.x. a.x. 10 1 1 1 60\n", "no NS at the apex corp.example", 1},
		{APEX "@ 60 SOA ns.x. a.x. 11 1 1 1 60\n", "more than one SOA at corp.example", 3},
		{APEX "a 60 SOA ns.x. a.x. 11 1 1 1 60\n", "SOA below the apex, at a.corp.example",
		 3},
		{APEX "a 60 CNAME b\na 60 A 10.0.0.1\n",
		 "other data beside the CNAME of a.corp.example", 4},
		{APEX "a 60 CNAME b\na 60 CNAME c\n", "more than one CNAME at a.corp.example", 4},
		{APEX "w 60 DNAME x.\nw 60 DNAME y.\n", "more than one DNAME at w.corp.example", 4},
		{APEX "x.w 60 A 10.0.0.1\nw 60 DNAME y.\n",
		 "x.w.corp.example is below the DNAME of w.corp.example", 3},
		{APEX "@ 60 DNAME y.\na 60 A 10.0.0.1\n",
		 "a.corp.example is below the DNAME of corp.example", 4},
		{APEX "@ 60 DNAME y.\na" NSEC3 "a 60 A 10.0.0.1\n",
		 "a.corp.example is below the DNAME of corp.example", 5},
		{APEX "@ 60 DNAME y.\nb.a" NSEC3,
		 "b.a.corp.example is below the DNAME of corp.example", 4},
		{APEX "w 60 DNAME y.\na.w" NSEC3,
		 "a.w.corp.example is below the DNAME of w.corp.example", 4},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct load *load = load_text(rows[i].text);
		unsigned line = 99;
		const char *error = load_check(load, &line, NULL, NULL);
		cr_assert(error, "%s", rows[i].text);
		cr_expect_str_eq(error, rows[i].error, "%s: %s", rows[i].text, error);
		cr_expect_eq(line, rows[i].line, "%s: line %u", rows[i].text, line);
		load_free(load);
	}
}

/* RFC 5155 7.1 */
Test(load, nsec3_stands_one_label_below_a_dname_of_the_apex)
{
	unsigned line = 99;
	struct load *load = load_text(APEX "@ 60 DNAME y.\na" NSEC3 "a" RRSIG "b" NSEC3);
	cr_expect_null(load_check(load, &line, NULL, NULL));
	load_free(load);
}

Test(load, refuses_records_that_cannot_be_in_the_zone)
{
	struct load *load = load_open(&zone.apex);
	struct dns_name outside;
	cr_assert_null(dns_name_parse_text(&outside, "xcorp.example"));
	cr_expect_str_eq(load_add(load, &outside, DNS_TYPE_A, 60, bytes_of("abcd", 4), 1),
			 "outside of zone corp.example");
	cr_expect_str_eq(load_add(load, &zone.apex, DNS_TYPE_ANY, 60, bytes_of("", 0), 1),
			 "record type ANY cannot be stored");
	cr_expect_str_eq(load_add(load, &zone.apex, DNS_TYPE_OPT, 60, bytes_of("", 0), 1),
			 "record type OPT cannot be stored");
	cr_expect_str_eq(load_add(load, &zone.apex, DNS_TYPE_A, 60, bytes_of("abc", 3), 1),
			 "data does not have the shape of A");
	cr_expect_eq(load_count(load), 0);
	load_free(load);
}

/* RFC 4034 3: the TTL of a signature is that of what it covers. */
Test(load, signatures_have_a_ttl_for_each_type_that_they_cover)
{
#define SIGNED(type, tag) "RRSIG " type " 8 3 60 20300101000000 20200101000000 " tag " x. AAAA\n"
	unsigned line = 99;
	struct load *load = load_text(APEX "a 300 A 10.0.0.1\na 300 " SIGNED(
		"A", "1") "a 200 " SIGNED("A", "2") "a 86400 TXT x\na 86400 " SIGNED("TXT", "1"));
	cr_expect_null(load_check(load, &line, warn, NULL));
	cr_expect_str_eq(warnings, "5 a.corp.example RRSIG: TTL differs within the RRset; the "
				   "lowest is taken\n");
	load_free(load);
}

Test(load, warns_of_what_is_odd_and_goes_on)
{
	struct load *load = load_text(APEX "a 60 A 10.0.0.1\na 30 A 10.0.0.2\na 60 A 10.0.0.1\n"
					   "@ 60 NS gone\ns 60 NS ns.s\nns.s 60 A 10.0.0.3\n"
					   "ns.s 60 TXT x\nt.s 60 NS far.x.\n"
					   "k 60 CNAME a\nk 60 RRSIG A 8 2 60 20300101000000 "
					   "20200101000000 1 x. AAAA\n");
	unsigned line;
	const char *error = load_check(load, &line, warn, NULL);
	cr_assert_null(error, "%s", error);
	static const char *const wanted[] = {
		"5 a.corp.example A: is there twice\n",
		"4 a.corp.example A: TTL differs within the RRset; the lowest is taken\n",
		"6 corp.example NS: the name server has no address in the zone\n",
		"9 ns.s.corp.example TXT: is below a delegation, and not glue\n",
		"10 t.s.corp.example NS: is below a delegation, and not glue\n",
	};
	size_t len = 0;
	for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
		cr_expect(strstr(warnings, wanted[i]), "%s", wanted[i]);
		len += strlen(wanted[i]);
	}
	cr_expect_eq(strlen(warnings), len, "%s", warnings);
	cr_expect_eq(load_count(load), 11);
	load_free(load);
}

static struct load_result apply(const char *text, enum record_class class, uint64_t now)
{
	struct load *load = load_text(text);
	unsigned line;
	cr_assert_null(load_check(load, &line, NULL, NULL));
	struct edit_author author = {.owner = principal_intern(&txn, "local:root"),
				     .owner_text = "local:root",
				     .now = now,
				     .class = class};
	struct entry entry = {.kind = ENTRY_IMPORT, .principal = "local:root", .time_us = 1};
	struct load_result result;
	load_apply(load, &txn, &zone, &author, &entry, &result);
	cr_assert_eq(txn.error, STORE_OK);
	load_free(load);
	return result;
}

static const char content[] = APEX "a 60 A 10.0.0.1\na 60 TXT x\nb 60 A 10.0.0.2\n"
				   "s 60 NS ns.s\nns.s 60 A 10.0.0.3\nw 60 DNAME x.\n";

Test(load, fills_a_new_zone_and_a_second_time_changes_nothing)
{
	struct load_result first = apply(content, RECORD_STATIC, 1000);
	cr_expect_eq(first.names, 6);
	cr_expect_eq(first.records, 8);
	cr_expect_eq(first.added, 8);
	cr_expect_eq(first.serial_before, 0);
	cr_expect_eq(first.serial_after, 10);
	cr_expect_eq(zone.cut_count, 2);
	struct zone stored;
	cr_assert(zone_get(&txn, &zone.apex, &stored));
	cr_expect_eq(stored.cut_count, 2);
	cr_expect_eq(zone_serial(&txn, &zone), 10);

	uint64_t next = journal_next_seq(&txn);
	struct load_result again = apply(content, RECORD_STATIC, 2000);
	cr_expect_eq(again.added + again.removed + again.altered, 0);
	cr_expect_eq(again.serial_before, 10);
	cr_expect_eq(again.serial_after, 10);
	cr_expect_eq(again.names, 6);
	cr_expect_eq(journal_next_seq(&txn), next);
}

Test(load, changes_only_what_differs)
{
	apply(content, RECORD_STATIC, 1000);
	struct load_result result = apply(APEX "a 60 A 10.0.0.1\na 60 TXT y\nb 90 A 10.0.0.2\n"
					       "w 60 DNAME x.\nn 60 A 10.0.0.9\n",
					  RECORD_PINNED, 2000);
	cr_expect_eq(result.added, 2);
	cr_expect_eq(result.removed, 3);
	cr_expect_eq(result.altered, 1);
	cr_expect_eq(result.serial_before, 10);
	cr_expect_eq(result.serial_after, 11);
	cr_expect_eq(zone.cut_count, 1);
	struct dns_name name;
	struct node node;
	struct node_rrset rrset;
	struct node_record record;
	cr_assert_null(dns_name_parse_text(&name, "a.corp.example"));
	cr_assert(lookup_node(&txn, &zone, &name, &node));
	cr_assert(node_find(&node, DNS_TYPE_A, &rrset));
	struct bytes_in in = bytes_in_of(rrset.records.data, rrset.records.len);
	cr_assert(node_next_record(&in, &record));
	cr_expect_eq(record.stamp, 1000);
	cr_expect_eq(record.class, RECORD_STATIC);
	cr_assert(node_find(&node, DNS_TYPE_TXT, &rrset));
	in = bytes_in_of(rrset.records.data, rrset.records.len);
	cr_assert(node_next_record(&in, &record));
	cr_expect_eq(record.stamp, 2000);
	cr_expect_eq(record.class, RECORD_PINNED);
	cr_assert_null(dns_name_parse_text(&name, "ns.s.corp.example"));
	cr_expect_not(lookup_node(&txn, &zone, &name, &node));
}

Test(load, takes_a_serial_that_is_ahead_and_never_goes_back)
{
	static const struct {
		uint32_t loaded;
		bool differs;
		uint32_t before, after;
	} steps[] = {
		{10, false, 0, 10},         {9, false, 10, 10},  {9, true, 10, 11},
		{11, true, 11, 12},         {20, false, 12, 20}, {30, true, 20, 30},
		{4000000000, true, 30, 31},
	};
	unsigned extra = 0;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		extra += steps[i].differs;
		const char *text = arena_print(&arena,
					       "@ 60 SOA ns.x. a.x. %u 1 1 1 60\n@ 60 NS ns.x.\n"
					       "a 60 A 10.0.0.%u\n",
					       steps[i].loaded, extra + 1);
		struct load_result result = apply(text, RECORD_STATIC, 1000);
		cr_expect_eq(result.serial_before, steps[i].before, "step %zu", i);
		cr_expect_eq(result.serial_after, steps[i].after, "step %zu: %u", i,
			     result.serial_after);
		cr_expect_eq(zone_serial(&txn, &zone), steps[i].after, "step %zu", i);
	}
}

Test(load, dynamic_records_are_in_the_due_index)
{
	apply(content, RECORD_DYNAMIC, 1000);
	struct due_walk walk;
	struct due_place at;
	size_t count = 0;
	due_walk_from(&walk, &txn, &zone, &(struct due_moment){.when = 1000});
	cr_expect_not(due_walk_next(&walk, &at));
	due_walk_end(&walk);
	due_walk_from(&walk, &txn, &zone, &(struct due_moment){.when = 1001});
	for (; due_walk_next(&walk, &at); count++)
		cr_expect_eq(at.entry.stamp, 1000);
	due_walk_end(&walk);
	cr_expect_eq(count, 6);
}

Test(load, large_zones_become_several_entries_of_one_run)
{
	size_t cap = 40 * 20000;
	char *text = malloc(cap);
	size_t len = (size_t)snprintf(text, cap, "%s", APEX);
	for (unsigned i = 0; i < 10000; i++)
		len += (size_t)snprintf(text + len, cap - len, "h%u 60 A 10.0.%u.%u\n", i, i >> 8,
					i & 255);
	uint64_t first = journal_next_seq(&txn);
	struct load_result result = apply(text, RECORD_STATIC, 1000);
	cr_expect_eq(result.added, 10002);
	cr_expect_gt(journal_next_seq(&txn), first + 2);
	first = journal_next_seq(&txn);
	result = apply(text, RECORD_STATIC, 2000);
	cr_expect_eq(journal_next_seq(&txn), first);
	/* And away again, in several entries, with one step of the serial. */
	result = apply(APEX, RECORD_STATIC, 3000);
	cr_expect_eq(result.removed, 10000);
	cr_expect_eq(result.serial_before, 10);
	cr_expect_eq(result.serial_after, 11);
	cr_expect_gt(journal_next_seq(&txn), first + 2);
	free(text);
}

/* A zone of many names, and below the name that sorts last what an import will change. */
static char *many(const char *last)
{
	size_t cap = 40 * 6000;
	char *text = malloc(cap);
	size_t len = (size_t)snprintf(text, cap, "%s", APEX);
	for (unsigned i = 0; i < 3000; i++)
		len += (size_t)snprintf(text + len, cap - len, "h%u 60 A 10.0.%u.%u\n", i, i >> 8,
					i & 255);
	snprintf(text + len, cap - len, "%s", last);
	return text;
}

/* The import of a file that says what each record's class is. */
static struct load_result apply_as(const char *text, enum record_class class, uint64_t now)
{
	struct load *load = load_open(&zone.apex);
	char *copy = arena_text(&arena, text, strlen(text)), *save;
	struct load_state state = {.owner = "key:dhcp", .class = class, .stamp = now};
	unsigned line = 0;
	for (char *at = strtok_r(copy, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
		cr_assert_null(add_line(load, at, ++line));
		load_add_state(load, &state);
	}
	cr_assert_null(load_check(load, &line, NULL, NULL));
	struct edit_author author = {.owner_text = "anonymous", .now = now};
	struct entry entry = {.principal = "local:root", .time_us = 1};
	struct load_result result;
	load_apply(load, &txn, &zone, &author, &entry, &result);
	cr_assert_eq(txn.error, STORE_OK);
	load_free(load);
	return result;
}

Test(load, the_serial_moves_with_the_data_whatever_part_it_is_in)
{
	char *text = many("");
	apply(text, RECORD_STATIC, 1000);
	free(text);
	/* The first parts change owners and classes, and only the last one data. */
	uint64_t first = journal_next_seq(&txn);
	text = many("z 60 A 10.0.0.1\n");
	struct load_result result = apply_as(text, RECORD_DYNAMIC, 2000);
	cr_expect_eq(result.altered, 3002);
	cr_expect_eq(result.added, 1);
	cr_expect_gt(journal_next_seq(&txn), first + 1);
	cr_expect_eq(result.serial_before, 10);
	cr_expect_eq(result.serial_after, 11);
	cr_expect_eq(zone_serial(&txn, &zone), 11);
	/* Stamps alone are no data, in however many parts. */
	result = apply_as(text, RECORD_DYNAMIC, 3000);
	cr_expect_eq(result.serial_before, 11);
	cr_expect_eq(result.serial_after, 11);
	cr_expect_eq(zone_serial(&txn, &zone), 11);
	free(text);
}
