/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* Random histories: the log played again into an empty store makes the same zones, and an entry
 * that does not fit is found. */
#include "journal/dynamic.h"
#include "journal/journal.h"
#include "tests/unit/dump.h"
#include "tests/unit/random_history.h"
#include "zonedb/dynamic_count.h"
#include "zonedb/replay.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static struct tempzone t;

static void replay_all(struct store_txn *to)
{
	struct replay_fault fault;
	struct arena arena = {0};
	struct entry entry;
	uint64_t first, last;
	journal_range(&t.txn, &first, &last);
	tempzone_settle(to, "corp.example");
	for (uint64_t seq = first; seq <= last; seq++) {
		cr_assert(journal_read(&t.txn, seq, &entry, &arena));
		bool is_well = replay_next(to, &entry, &fault);
		cr_assert(is_well, "seq %llu: %s", (unsigned long long)seq, fault.text);
		arena_reset(&arena);
	}
	arena_free(&arena);
}

Test(replay, the_log_of_a_random_history_makes_the_same_zones)
{
	struct tempstore other;
	struct store_txn txn;
	struct zone replayed;
	tempzone_open(&t, "corp.example");
	for (unsigned i = 0; i < 3000; i++)
		random_step(&t, i);
	tempstore_open(&other, 0);
	store_write_begin(other.store, &txn);
	replay_all(&txn);
	char *original = dump_store(&t.txn), *copy = dump_store(&txn);
	cr_assert_str_eq(original, copy);
	cr_assert(zone_get(&txn, &t.zone.apex, &replayed));
	cr_expect_eq(replayed.id, t.zone.id);
	cr_expect_eq(replayed.cut_count, t.zone.cut_count);
	cr_expect_eq(replayed.no_refresh, t.zone.no_refresh);
	uint64_t dynamic = 0;
	cr_expect(dynamic_count(&txn, replayed.id, &dynamic));
	cr_expect_eq(dynamic, dynamic_count_zone(&t.txn, &t.zone));
	free(original);
	free(copy);
	store_abort(&txn);
	tempstore_free(&other);
	tempzone_free(&t);
}

static const char *mismatch(const char *first, const char *second, void (*spoil)(struct entry *))
{
	static struct replay_fault fault;
	struct tempstore other;
	struct store_txn txn;
	struct entry entry;
	tempzone_open(&t, "corp.example");
	tempzone_run(&t, "key:a", 1000, first);
	tempzone_run(&t, "key:a", 9000000, second);
	tempstore_open(&other, 0);
	store_write_begin(other.store, &txn);
	tempzone_settle(&txn, "corp.example");
	for (uint64_t seq = 1; seq <= 3; seq++) {
		cr_assert(journal_read(&t.txn, seq, &entry, &t.arena));
		char *before = dump_store(&txn);
		if (seq == 3)
			spoil(&entry);
		bool is_well = replay_next(&txn, &entry, &fault);
		char *after = dump_store(&txn);
		cr_expect_eq(is_well, seq < 3);
		cr_expect(seq < 3 || strcmp(before, after) == 0, "nothing is written");
		free(before);
		free(after);
	}
	cr_expect_eq(fault.seq, 3);
	store_abort(&txn);
	tempstore_free(&other);
	tempzone_free(&t);
	return fault.text;
}

static struct change *first_change(struct entry *entry)
{
	return (struct change *)(uintptr_t)&entry->changes[0];
}

static void spoil_stamp(struct entry *entry)
{
	first_change(entry)->was.stamp++;
}
static void spoil_ttl(struct entry *entry)
{
	first_change(entry)->was.ttl++;
}
static void spoil_owner(struct entry *entry)
{
	first_change(entry)->was.owner = "key:b";
}
static void spoil_class(struct entry *entry)
{
	first_change(entry)->was.class = RECORD_PINNED;
}
static void spoil_previous(struct entry *entry)
{
	first_change(entry)->previous = 1;
}
static void spoil_data(struct entry *entry)
{
	first_change(entry)->rdata = bytes_of("\x0a\x00\x00\x09", 4);
}
static void spoil_what(struct entry *entry)
{
	first_change(entry)->what = CHANGE_ADDED;
}

Test(replay, the_first_change_that_does_not_fit_is_named_and_nothing_is_written)
{
	static const struct {
		void (*spoil)(struct entry *);
		const char *text;
	} rows[] = {
		{spoil_stamp, "www.corp.example A: has another stamp than the entry says"},
		{spoil_ttl, "www.corp.example A: has another TTL than the entry says"},
		{spoil_owner, "www.corp.example A: has another owner than the entry says"},
		{spoil_class, "www.corp.example A: has another class than the entry says"},
		{spoil_previous, "www.corp.example A: was changed last by another entry than the "
				 "one named"},
		{spoil_data, "www.corp.example A: is not there, and should be"},
		{spoil_what, "www.corp.example A: is there already"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		cr_expect_str_eq(mismatch("add www 60 A 10.0.0.1", "del www A", rows[i].spoil),
				 rows[i].text);
}
