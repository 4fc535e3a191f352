/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that are stated: replay puts them, they were so before, and nothing is reverted. */
#include "config.h"
#include "vault/restate.h"
#include "journal/dynamic.h"
#include "journal/journal.h"
#include "journal/state_at.h"
#include "tests/unit/rows.h"
#include "tests/unit/tempzone.h"
#include "vault/check.h"
#include "zonedb/replay.h"
#include "zonedb/revert_rows.h"
#include "zonedb/state_digest.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct tempzone t;
static struct report report;

static void commit(void)
{
	cr_assert_eq(store_commit(&t.txn), STORE_OK);
}

static void put_groups(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const char *members[] = {"key:a", "key:b"};
		struct acl_group group = {.count = 2, .members = members};
		snprintf(group.name, sizeof(group.name), "@group%u", i);
		ROWS_WRITE(&t.txn, group_put(rows, &group));
	}
}

static void begin(void)
{
	report = (struct report){0};
	tempzone_open(&t, "corp.example");
	tempzone_run(&t, "key:a", 1000, "add www 60 A 10.0.0.1; add pc 60 A 10.0.0.2");
	put_groups(3);
	commit();
	cr_assert(restate_rows(t.temp.store, 2000, &report), "%s", report.error);
	store_write_begin(t.temp.store, &t.txn);
}

static void end(void)
{
	tempzone_free(&t);
}

TestSuite(restate, .init = begin, .fini = end);

static struct entry entry_at(uint64_t seq)
{
	struct entry entry;
	cr_assert(journal_read(&t.txn, seq, &entry, &t.arena));
	return entry;
}

static void digest_of(struct store_txn *txn, uint8_t out[DIGEST_LEN])
{
	struct state_digest_result result;
	struct state_digest_options options = {.at = journal_head(txn).seq};
	cr_assert(state_digest(txn, &options, &result));
	memcpy(out, result.digest, DIGEST_LEN);
}

Test(restate, is_one_run_whose_first_entry_makes_it)
{
	uint64_t head = journal_head(&t.txn).seq, checked, bad;
	struct entry first = entry_at(head - 1), last = entry_at(head);
	struct run run;
	cr_expect(journal_verify(&t.txn, &checked, &bad));
	cr_expect(first.run && first.run == last.run);
	cr_expect_not(entry_is_statement(&first));
	cr_expect(entry_is_statement(&last));
	cr_expect_eq(last.event, EVENT_SCHEMA_MIGRATE);
	cr_expect_eq(last.time_us, 2000000000ull);
	cr_expect_eq(last.row_count, 4, "a zone and three groups: %zu", last.row_count);
	cr_expect(run_get(&t.txn, first.run, &run) && run.state == RUN_DONE);
}

Test(restate, is_never_older_than_the_entry_before)
{
	commit();
	cr_assert(restate_rows(t.temp.store, 5, &report), "%s", report.error);
	store_write_begin(t.temp.store, &t.txn);
	cr_expect_eq(entry_at(journal_head(&t.txn).seq).time_us, 2000000000ull);
}

Test(restate, takes_several_entries_where_rows_are_many)
{
	put_groups(8000);
	uint64_t before = journal_head(&t.txn).seq, stated = 0;
	commit();
	cr_assert(restate_rows(t.temp.store, 3000, &report), "%s", report.error);
	store_write_begin(t.temp.store, &t.txn);
	uint64_t head = journal_head(&t.txn).seq;
	cr_expect_gt(head, before + 2);
	for (uint64_t seq = before + 2; seq <= head; seq++)
		stated += entry_at(seq).row_count;
	cr_expect_eq(stated, 8002, "with the zone and the first run");
}

static uint8_t row_at(uint64_t seq, enum state_table table, struct bytes key)
{
	struct bytes row;
	struct state_at *state_at = state_at_open(&t.txn, seq);
	uint8_t is_there = state_at_get(state_at, table, key, &row);
	cr_expect_eq(state_at_unknown(state_at), 0);
	state_at_close(state_at);
	return is_there;
}

Test(restate, before_it_rows_were_as_it_states_them)
{
	uint64_t head = journal_head(&t.txn).seq;
	struct state_at_row found;
	cr_expect(row_at(head, STATE_GROUP, bytes_of("group1", 6)));
	cr_expect(row_at(head - 2, STATE_GROUP, bytes_of("group1", 6)));
	cr_assert(state_at_find(&t.txn, head - 2, 0, STATE_GROUP, bytes_of("group1", 6), &t.arena,
				&found));
	cr_expect(found.was_there && !found.unknown);
	/* The run is new. */
	uint8_t key[STATE_KEY_MAX];
	uint64_t run = entry_at(head).run;
	cr_expect(row_at(head - 1, STATE_RUN, state_key_number(run, key)));
	cr_expect_not(row_at(head - 2, STATE_RUN, state_key_number(run, key)));
}

Test(restate, replay_puts_the_rows_onto_what_is_there)
{
	struct replay_fault fault;
	uint8_t before[DIGEST_LEN], after[DIGEST_LEN];
	uint64_t dynamic = 0;
	struct entry entry = entry_at(journal_head(&t.txn).seq);
	digest_of(&t.txn, before);
	cr_assert(replay_next(&t.txn, &entry, &fault), "%s", fault.text);
	digest_of(&t.txn, after);
	cr_expect_arr_eq(before, after, DIGEST_LEN);
	cr_expect(dynamic_count(&t.txn, t.zone.id, &dynamic) && dynamic == 2,
		  "a zone that is stated is not a new one");
}

Test(restate, replay_puts_a_row_that_was_another)
{
	struct replay_fault fault;
	uint8_t before[DIGEST_LEN], after[DIGEST_LEN];
	struct entry entry = entry_at(journal_head(&t.txn).seq);
	const char *members[] = {"key:other"};
	struct acl_group group = {.name = "@group1", .count = 1, .members = members};
	digest_of(&t.txn, before);
	ROWS_WRITE(&t.txn, group_put(rows, &group));
	ROWS_WRITE(&t.txn, group_del(rows, "@group2"));
	cr_assert(replay_next(&t.txn, &entry, &fault), "%s", fault.text);
	digest_of(&t.txn, after);
	cr_expect_arr_eq(before, after, DIGEST_LEN);
}

Test(restate, there_is_nothing_to_revert)
{
	struct revert_rows *rows = revert_rows_open();
	struct entry entry = entry_at(journal_head(&t.txn).seq);
	revert_rows_take(rows, &entry);
	cr_expect_eq(revert_rows_count(rows), 0);
	revert_rows_free(rows);
}

Test(restate, leaves_a_store_that_is_whole)
{
	struct check_counts counts;
	commit();
	cr_expect(check_store(t.temp.store, &report, &counts), "%s", report.error);
	cr_expect_eq(report.findings, 0);
	store_write_begin(t.temp.store, &t.txn);
}
