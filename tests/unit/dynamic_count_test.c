/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/type.h"
#include "journal/dynamic.h"
#include "journal/journal.h"
#include "tests/unit/rows.h"
#include "tests/unit/tempzone.h"
#include "zonedb/dynamic_count.h"
#include "zonedb/load.h"
#include "zonedb/removal.h"
#include <criterion/criterion.h>

static struct tempzone t;

static void begin(void)
{
	tempzone_open(&t, "corp.example");
}

static void end(void)
{
	tempzone_free(&t);
}

TestSuite(dynamic_count, .init = begin, .fini = end);

/* What was kept is what a walk counts, and is `wanted`. */
static void expect_count(uint64_t wanted)
{
	uint64_t kept = 99;
	cr_assert(dynamic_count(&t.txn, t.zone.id, &kept));
	cr_expect_eq(kept, wanted, "kept %llu, wanted %llu", (unsigned long long)kept,
		     (unsigned long long)wanted);
	cr_expect_eq(dynamic_count_zone(&t.txn, &t.zone), wanted);
}

Test(dynamic_count, the_count_follows_every_edit)
{
	static const struct {
		const char *script;
		uint64_t wanted;
	} steps[] = {
		{"add a 60 A 10.0.0.1; add a 60 A 10.0.0.2; add b 60 TXT x", 3},
		{"add a 60 A 10.0.0.1", 3}, /* a refresh */
		{"add a 90 A 10.0.0.1", 3}, /* another TTL */
		{"static s 60 A 10.0.0.3; pinned p 60 A 10.0.0.4", 3},
		{"static a 90 A 10.0.0.1", 2}, /* it was dynamic */
		{"del a A 10.0.0.1", 2},       /* a static one */
		{"del a A 10.0.0.2; add c 60 A 10.0.0.5", 2},
		{"del b; add b 60 TXT x", 2}, /* nets to nothing */
		{"del b; del c", 0},
	};
	expect_count(0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		tempzone_run(&t, "key:a", 1000 + i * 1000000, steps[i].script);
		expect_count(steps[i].wanted);
	}
}

static void load(const char *const *names, size_t count, enum record_class class)
{
	struct load *load = load_open(&t.zone.apex);
	struct edit_author author = {.owner = 1, .owner_text = "key:a", .now = 5, .class = class};
	struct entry entry = {.principal = "local:root"};
	struct load_result result;
	struct bytes soa;
	uint32_t ttl;
	unsigned line;
	cr_assert(zone_soa(&t.txn, &t.zone, &soa, &ttl));
	cr_assert_null(load_add(load, &t.zone.apex, DNS_TYPE_SOA, ttl, soa, 0));
	cr_assert_null(load_add(load, &t.zone.apex, DNS_TYPE_NS, 60, bytes_of("\1x\0", 3), 0));
	for (size_t i = 0; i < count; i++) {
		struct dns_name name = tempzone_name(&t, names[i]);
		cr_assert_null(load_add(load, &name, DNS_TYPE_A, 60, bytes_of("abcd", 4), 0));
	}
	cr_assert_null(load_check(load, &line, NULL, NULL));
	load_apply(load, &t.txn, &t.zone, &author, &entry, &result);
	load_free(load);
}

Test(dynamic_count, the_count_follows_imports_and_deletion)
{
	static const char *const names[] = {"a", "b", "c"};
	tempzone_run(&t, "key:a", 1000, "add a 60 A 10.0.0.1; add d 60 A 10.0.0.2");
	load(names, 3, RECORD_STATIC);
	expect_count(0);
	struct entry entry = {.kind = ENTRY_ADMIN,
			      .has_zone = true,
			      .zone_id = t.zone.id,
			      .zone = t.zone.apex,
			      .principal = "local:root"};
	uint64_t count;
	tempzone_run(&t, "key:a", 1000, "add d 60 A 10.0.0.2");
	removal_records(&t.txn, &t.zone, &entry);
	cr_assert(dynamic_count(&t.txn, t.zone.id, &count));
	cr_expect_eq(count, 0);
	rows_zone_delete(&t.txn, &t.zone);
	cr_expect_not(dynamic_count(&t.txn, t.zone.id, &count));
}

Test(dynamic_count, the_first_load_of_dynamic_records_counts)
{
	static const char *const names[] = {"a", "b"};
	struct zone zone = t.zone;
	rows_zone_delete(&t.txn, &t.zone);
	t.zone = zone_default(&zone.apex);
	rows_zone_create(&t.txn, &t.zone);
	struct load *load = load_open(&t.zone.apex);
	struct edit_author author = {
		.owner = 1, .owner_text = "key:a", .now = 5, .class = RECORD_DYNAMIC};
	struct entry entry = {.principal = "local:root"};
	struct load_result result;
	unsigned line;
	for (size_t i = 0; i < 2; i++) {
		struct dns_name name = tempzone_name(&t, names[i]);
		cr_assert_null(load_add(load, &name, DNS_TYPE_A, 60, bytes_of("abcd", 4), 0));
	}
	cr_assert_null(load_add(load, &t.zone.apex, DNS_TYPE_NS, 60, bytes_of("\1x\0", 3), 0));
	cr_assert_null(load_add(load, &t.zone.apex, DNS_TYPE_SOA, 60,
				bytes_of("\1x\0\1x\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1", 26),
				0));
	cr_assert_null(load_check(load, &line, NULL, NULL));
	load_apply(load, &t.txn, &t.zone, &author, &entry, &result);
	load_free(load);
	expect_count(4);
}

Test(dynamic_count, a_store_without_the_number_is_counted_once)
{
	uint64_t count;
	tempzone_run(&t, "key:a", 1000, "add a 60 A 10.0.0.1; add d 60 A 10.0.0.2");
	dynamic_forget(&t.txn, t.zone.id);
	tempzone_run(&t, "key:a", 1000, "add e 60 A 10.0.0.1");
	cr_expect_not(dynamic_count(&t.txn, t.zone.id, &count), "half a number is none");
	dynamic_count_settle(&t.txn);
	expect_count(3);
	dynamic_set(&t.txn, t.zone.id, 7);
	dynamic_count_settle(&t.txn);
	cr_assert(dynamic_count(&t.txn, t.zone.id, &count));
	cr_expect_eq(count, 7, "what is known is not counted again");
}
