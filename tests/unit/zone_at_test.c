/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* Every past moment of a random history is what the zone was then: the whole zone, and each name.
 */
#include "dns/rdata.h"
#include "journal/history.h"
#include "journal/prune.h"
#include "tests/unit/dump.h"
#include "tests/unit/random_history.h"
#include "zonedb/lookup.h"
#include "zonedb/name_history.h"
#include "zonedb/walk.h"
#include "zonedb/zone_at.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#define STEPS 1100

static struct tempzone t;

struct memory {
	uint64_t seq;
	uint32_t id;
	char *zone;
};

static size_t change_count(uint64_t from, uint64_t to, const struct dns_name *name, uint32_t id)
{
	struct arena arena = {0};
	struct entry entry;
	size_t count = 0;
	for (uint64_t seq = from; seq <= to; seq++) {
		arena_reset(&arena);
		cr_assert(journal_read(&t.txn, seq, &entry, &arena));
		bool is_of = false;
		for (size_t i = 0; i < entry.change_count; i++)
			is_of |=
				entry.zone_id == id && dns_name_equal(&entry.changes[i].name, name);
		count += is_of;
	}
	arena_free(&arena);
	return count;
}

struct seen {
	uint64_t last;
	size_t count;
};

static bool see(void *context, const struct entry *entry)
{
	struct seen *seen = context;
	cr_assert_gt(entry->seq, seen->last);
	seen->last = entry->seq;
	seen->count++;
	return true;
}

/* The chain of a name holds each entry that changed it, and no other. */
static void expect_chain(const char *text, uint64_t last)
{
	struct name_history_zone at = {0};
	struct dns_name name = tempzone_name(&t, text);
	struct seen seen = {0};
	size_t wanted = 0;
	while (name_history_next(&t.txn, &t.zone.apex, &at)) {
		uint64_t head = name_history_head(&t.txn, &at.zone, &name);
		uint64_t pruned =
			history_walk(&t.txn, &name, head, &(struct history_span){0}, see, &seen);
		cr_expect_eq(pruned, 0);
		wanted += change_count(1, last, &name, at.zone.id);
	}
	cr_expect_eq(seen.count, wanted, "%s", text);
}

static void expect_name(const struct memory *was, const char *text)
{
	struct dns_name name = tempzone_name(&t, text), at;
	struct arena arena = {0};
	struct node node, of_zone;
	struct zone zone;
	cr_assert(name_history_place_at(&t.txn, &name, was->seq, &zone));
	cr_assert_eq(zone.id, was->id);
	bool has = zone_at_node(&t.txn, &zone, &name, was->seq, &arena, &node), is_same = !has;
	struct zone_at *zone_at = zone_at_open(&t.txn, &zone, was->seq);
	while (zone_at_next(zone_at, &at, &of_zone)) {
		if (dns_name_equal(&at, &name))
			is_same = has && bytes_equal(node.rrsets, of_zone.rrsets);
	}
	cr_expect(is_same, "%s as of %llu", text, (unsigned long long)was->seq);
	zone_at_close(zone_at);
	arena_free(&arena);
}

static const struct entry pruner = {.time_us = 1, .principal = "system:retention"};

Test(zone_at, each_moment_of_a_random_history_is_what_the_zone_was)
{
	static const char *const names[] = {"a", "b.a", "c.b.a", "d", "*.d", "@", "e.d", "h7"};
	static struct memory memory[STEPS];
	tempzone_open(&t, "corp.example");
	for (unsigned i = 0; i < STEPS; i++) {
		random_step(&t, i);
		uint64_t first;
		journal_range(&t.txn, &first, &memory[i].seq);
		memory[i].id = t.zone.id;
		memory[i].zone = dump_zone(&t.txn, &t.zone);
	}
	for (unsigned i = 0; i < STEPS; i += 1 + random_pick(40)) {
		struct zone zone;
		cr_assert(name_history_zone_at(&t.txn, &t.zone.apex, memory[i].seq, &zone));
		cr_assert_eq(zone.id, memory[i].id);
		char *then = dump_zone_at(&t.txn, &zone, memory[i].seq);
		cr_assert_str_eq(then, memory[i].zone, "step %u", i);
		free(then);
		expect_name(&memory[i], names[random_pick(8)]);
	}
	cr_expect_not(name_history_zone_at(&t.txn, &t.zone.apex, 0, &t.zone),
		      "it was not made yet");
	for (unsigned i = 0; i < 8; i++)
		expect_chain(names[i], memory[STEPS - 1].seq);
	for (unsigned i = 0; i < STEPS; i++)
		free(memory[i].zone);
	cr_expect_eq(t.txn.error, STORE_OK);
	tempzone_free(&t);
}

static size_t entries_back(uint64_t head, uint64_t *pruned)
{
	struct history history;
	struct dns_name name = tempzone_name(&t, "www");
	size_t count = 0;
	history_start(&history, &t.txn, &name, head);
	while (history_back(&history))
		count++;
	*pruned = history.pruned;
	history_end(&history);
	return count;
}

Test(zone_at, a_chain_says_where_it_was_pruned_and_a_broken_one_is_an_error)
{
	struct dns_name name;
	struct seen seen = {0};
	uint64_t pruned, first, last;
	tempzone_open(&t, "corp.example");
	for (unsigned i = 0; i < 3000; i++)
		tempzone_run(&t, "key:a", 1000 + i, i % 2 ? "del www A" : "add www 60 A 10.0.0.1");
	journal_range(&t.txn, &first, &last);
	name = tempzone_name(&t, "www");
	uint64_t head = name_history_head(&t.txn, &t.zone, &name);
	cr_expect_eq(head, last);
	cr_expect_eq(entries_back(head, &pruned), 3000);
	cr_expect_eq(pruned, 0);
	/* tempzone_open wrote the first entry, so www's are 2 to 3001. */
	for (unsigned gone = 1; gone <= 999; gone++)
		store_del(&t.txn, STORE_LOG,
			  bytes_of((uint8_t[8]){0, 0, 0, 0, 0, 0, (uint8_t)(gone >> 8),
						(uint8_t)gone},
				   8));
	cr_expect_eq(entries_back(head, &pruned), 2002);
	cr_expect_eq(pruned, 999);
	pruned = history_walk(&t.txn, &name, head, &(struct history_span){0}, see, &seen);
	cr_expect_eq(seen.count, 2002);
	cr_expect_eq(pruned, 999);
	/* A hole is no end. */
	store_del(&t.txn, STORE_LOG, bytes_of((uint8_t[8]){0, 0, 0, 0, 0, 0, 9, 0}, 8));
	entries_back(head, &pruned);
	cr_expect_eq(t.txn.error, STORE_CORRUPT);
	tempzone_free(&t);
}

Test(zone_at, what_a_deleted_zone_left_goes_with_its_last_entry)
{
	struct deleted_zone deleted_zone;
	struct prune_rule rule = {.bytes = 1, .keep_us = UINT64_MAX};
	tempzone_open(&t, "corp.example");
	for (unsigned i = 0; i < STEPS; i++) {
		random_step(&t, i);
		arena_reset(&t.arena);
	}
	cr_assert(deleted_zone_last(&t.txn, &t.zone.apex, &deleted_zone),
		  "the history deletes the zone");
	while (deleted_zone_next(&t.txn, &t.zone.apex, 0, &deleted_zone)) {
		struct deleted_zone next;
		struct prune_result result = {0};
		struct journal_link base = journal_base(&t.txn);
		cr_assert_lt(base.seq, deleted_zone.last_seq, "it must have gone before");
		journal_prune(&t.txn, &rule, deleted_zone.last_seq - base.seq - 1, &pruner,
			      &result);
		base = journal_base(&t.txn);
		if (base.seq + 1 < deleted_zone.last_seq)
			continue;
		cr_assert(deleted_zone_next(&t.txn, &t.zone.apex, 0, &next));
		cr_expect_eq(next.zone.id, deleted_zone.zone.id, "it can still be brought back");
		journal_prune(&t.txn, &rule, 1, &pruner, &result);
		cr_expect(!deleted_zone_next(&t.txn, &t.zone.apex, 0, &next) ||
			  next.zone.id > deleted_zone.zone.id);
	}
	tempzone_free(&t);
}

Test(zone_at, the_serial_before_a_deletion_is_the_one_that_stood_there)
{
	unsigned restored = 0;
	tempzone_open(&t, "corp.example");
	for (unsigned i = 0; i < 20; i++) {
		uint32_t id = t.zone.id;
		struct zone then = t.zone;
		struct dns_name apex = t.zone.apex;
		struct arena arena = {0};
		struct node node;
		struct node_rrset soa;
		struct node_record record;
		tempzone_run(&t, "key:a", 1000 + i, i % 2 ? "add www 60 A 10.0.0.1" : "del www");
		uint32_t serial = zone_serial(&t.txn, &t.zone);
		uint64_t seq = journal_next_seq(&t.txn) - 1;
		char *before = dump_zone(&t.txn, &t.zone);
		random_step(&t, 500 * (i + 1) - 1); /* deleted, and made anew or brought back */
		char *after = dump_zone_at(&t.txn, &then, seq);
		cr_expect_str_eq(before, after);
		free(before);
		free(after);
		cr_assert(zone_at_node(&t.txn, &then, &apex, seq, &arena, &node));
		cr_assert(node_find(&node, DNS_TYPE_SOA, &soa));
		struct bytes_in in = bytes_in_of(soa.records.data, soa.records.len);
		cr_assert(node_next_record(&in, &record));
		cr_expect_eq(dns_soa_serial(record.rdata), serial);
		restored += t.zone.id == id;
		arena_free(&arena);
	}
	cr_expect_gt(restored, 0);
	tempzone_free(&t);
}
