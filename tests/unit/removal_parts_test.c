/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A large zone is deleted in parts: out of service at once, a few names in each transaction, with
 * the rest of the store as it was; a restart between two goes on; and at every moment the log,
 * replayed, makes the same store.
 */
#include "config.h"
#include "journal/dynamic.h"
#include "journal/journal.h"
#include "journal/run.h"
#include "scavenger/run_recovery.h"
#include "tests/unit/dump.h"
#include "tests/unit/tempzone.h"
#include "vault/removals.h"
#include "zonedb/deleted_zone.h"
#include "zonedb/removal_parts.h"
#include "zonedb/replay.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define NAMES 3000

static struct tempzone t;

static void begin(void)
{
	char script[200];
	tempzone_open_logged(&t, "corp.example");
	for (unsigned i = 0; i < NAMES; i++) {
		snprintf(script, sizeof script, "add h%u 60 A 10.0.%u.%u; add h%u 60 TXT x", i,
			 i / 250, i % 250 + 1, i);
		if (i % 100 == 0)
			snprintf(script + strlen(script), sizeof script - strlen(script),
				 "; add c%u 60 NS ns.elsewhere.", i);
		tempzone_run(&t, i % 2 ? "key:a" : "key:b", 1000 + i, script);
		arena_reset(&t.arena);
	}
}

static void end(void)
{
	tempzone_free(&t);
}

TestSuite(removal_parts, .init = begin, .fini = end);

/* The log made again into an empty store gives the same. */
static void expect_replayed(void)
{
	struct tempstore other;
	struct store_txn txn;
	struct replay_fault fault;
	struct arena arena = {0};
	struct entry entry;
	uint64_t first, last;
	tempstore_open(&other, 0);
	store_write_begin(other.store, &txn);
	journal_range(&t.txn, &first, &last);
	for (uint64_t seq = first; seq <= last; seq++) {
		cr_assert(journal_read(&t.txn, seq, &entry, &arena));
		cr_assert(replay_next(&txn, &entry, &fault), "seq %llu: %s",
			  (unsigned long long)seq, fault.text);
		run_note(&txn, &entry);
		arena_reset(&arena);
	}
	char *original = dump_store(&t.txn), *copy = dump_store(&txn);
	char *runs = dump_runs(&t.txn), *same_runs = dump_runs(&txn);
	cr_assert_str_eq(original, copy);
	cr_assert_str_eq(runs, same_runs);
	free(original);
	free(copy);
	free(runs);
	free(same_runs);
	arena_free(&arena);
	store_abort(&txn);
	tempstore_free(&other);
}

static void commit(void)
{
	cr_assert_eq(store_commit(&t.txn), STORE_OK);
	store_write_begin(t.temp.store, &t.txn);
}

static void restart(void)
{
	cr_assert_eq(store_commit(&t.txn), STORE_OK);
	tempstore_restart(&t.temp);
	store_write_begin(t.temp.store, &t.txn);
}

static void start_deleting(void)
{
	struct entry as = {.time_us = 9000000000,
			   .kind = ENTRY_ADMIN,
			   .principal = "local:root",
			   .has_zone = true,
			   .zone_id = t.zone.id,
			   .zone = t.zone.apex};
	as.serial_before = as.serial_after = zone_serial(&t.txn, &t.zone);
	removal_parts_begin(&t.txn, &t.zone, &as);
	cr_assert(zone_get(&t.txn, &t.zone.apex, &t.zone));
	cr_assert_neq(t.zone.deleting, 0);
	commit();
}

static size_t rows_left(enum store_table table)
{
	uint8_t prefix[4];
	struct bytes_out out = bytes_out_of(prefix, 4);
	struct store_walk walk;
	struct bytes key, value;
	size_t count = 0;
	bytes_out_u32(&out, t.zone.id);
	store_walk_from(&walk, &t.txn, table, bytes_of(prefix, 4), 4);
	while (store_walk_next(&walk, &key, &value))
		count++;
	store_walk_end(&walk);
	return count;
}

static bool part(uint64_t steps)
{
	struct writer_part of = writer_part_begin(steps);
	struct zone zone;
	cr_assert(removal_parts_next(&t.txn, &zone));
	bool is_gone = removal_part(&t.txn, &zone, 9000000000, &of);
	commit();
	return is_gone;
}

Test(removal_parts, small_zones_need_none)
{
	cr_expect_not(removal_is_small(&t.txn, &t.zone));
	tempzone_free(&t);
	tempzone_open(&t, "corp.example");
	cr_expect(removal_is_small(&t.txn, &t.zone));
	/* Few names, but many changes: the index of serials is long. */
	for (unsigned i = 0; i < 600; i++)
		tempzone_run(&t, "key:a", 1000 + i, i % 2 ? "del a A" : "add a 60 A 10.0.0.1");
	cr_expect_not(removal_is_small(&t.txn, &t.zone));
}

Test(removal_parts, no_client_finds_the_zone_from_the_first_part_on)
{
	start_deleting();
	struct zoneset *zones = zoneset_load(&t.txn);
	struct dns_name name = tempzone_name(&t, "h1");
	cr_expect_null(zoneset_exact(zones, &t.zone.apex));
	cr_expect_null(zoneset_find(zones, &name));
	cr_expect_eq(zoneset_count(zones), 1, "the log still tells of it");
	zoneset_free(zones);
}

Test(removal_parts, each_part_is_short_and_replays)
{
	size_t left = rows_left(STORE_NODES), parts = 0;
	start_deleting();
	expect_replayed();
	for (bool is_gone = false; !is_gone; parts++) {
		is_gone = part(1);
		size_t now = rows_left(STORE_NODES);
		cr_assert_leq(left - now, 400, "part %zu removed %zu names", parts, left - now);
		left = now;
		if (parts % 8 == 0)
			expect_replayed();
	}
	cr_expect_gt(parts, 20);
	static const enum store_table gone[] = {STORE_NODES, STORE_CUTS, STORE_DUE,
						STORE_LOG_SERIAL, STORE_ZONE_OWNERS};
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		cr_expect_eq(rows_left(gone[i]), 0, "%s", store_table_name(gone[i]));
	cr_expect_eq(rows_left(STORE_TOMBSTONES), NAMES + 31, "each name, and the apex");
	expect_replayed();
	struct zone zone;
	struct run run;
	struct deleted_zone deleted;
	cr_expect_not(removal_parts_next(&t.txn, &zone));
	cr_assert(run_get(&t.txn, t.zone.deleting, &run));
	cr_expect_eq(run.state, RUN_DONE);
	cr_expect_eq(run.removed, 2 * NAMES + 30 + 2);
	cr_assert(deleted_zone_last(&t.txn, &t.zone.apex, &deleted));
	cr_expect_eq(deleted.zone.deleting, 0);
	cr_expect_eq(deleted.first_seq, run.first_seq);
	cr_expect_eq(deleted.last_seq, run.last_seq);
}

Test(removal_parts, a_restart_goes_on)
{
	start_deleting();
	for (unsigned i = 0; i < 5; i++)
		part(1);
	restart();
	cr_expect_eq(run_recovery_abandon(&t.txn, 9000000000), 0, "it is not abandoned");
	commit();
	while (!part(0))
		;
	cr_expect_eq(rows_left(STORE_NODES), 0);
	expect_replayed();
}

/* What log maintenance does after a start. */
Test(removal_parts, what_was_interrupted_is_finished_at_the_next_start)
{
	_Atomic bool stop = false;
	struct clock clock;
	struct zone zone;
	clock_by_hand(&clock, 9000000000);
	start_deleting();
	part(1);
	cr_assert_eq(store_commit(&t.txn), STORE_OK);
	struct writer *writer = writer_start(t.temp.store, NULL, NULL);
	removals_finish(writer, &clock, &stop);
	writer_free(writer);
	store_write_begin(t.temp.store, &t.txn);
	cr_expect_not(zone_get(&t.txn, &t.zone.apex, &zone));
	expect_replayed();
}
