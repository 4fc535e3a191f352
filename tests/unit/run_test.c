/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/rows.h"
#include "tests/unit/tempstore.h"
#include "journal/journal.h"
#include "journal/run.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct tempstore temp;
static struct store_txn txn;
static struct arena arena;

static void begin(void)
{
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
}

static void end(void)
{
	store_abort(&txn);
	tempstore_free(&temp);
	arena_free(&arena);
}

TestSuite(run, .init = begin, .fini = end);

static struct entry entry_of(enum entry_kind kind, uint64_t run)
{
	struct entry e = {.time_us = 1000 + run,
			  .kind = kind,
			  .has_zone = true,
			  .zone_id = 3,
			  .principal = "local:root",
			  .run = run};
	cr_assert_null(dns_name_parse_text(&e.zone, "corp.example"));
	return e;
}

static struct run full_run(void)
{
	struct run run = {.id = 7,
			  .kind = RUN_SCAVENGE,
			  .state = RUN_HELD,
			  .has_zone = true,
			  .zone_id = UINT32_MAX,
			  .started_us = 1,
			  .ended_us = 1, /* no entry of it is known */
			  .stale = 5,
			  .skipped = 7,
			  .contested = 12,
			  .overdue = 13,
			  .of_run = 6,
			  .undone_by = 8,
			  .judged_at = 9,
			  .judged_seq = 11,
			  .approved_us = 14,
			  .no_refresh = 10,
			  .refresh = UINT32_MAX};
	cr_assert_null(dns_name_parse_text(&run.zone, "corp.example"));
	memset(run.principal, 'p', sizeof(run.principal) - 1);
	memset(run.note, 'n', sizeof(run.note) - 1);
	for (uint16_t i = 0; i < RUN_KEEP_TYPES_MAX; i++)
		run.keep_types[i] = (uint16_t)(i + 1);
	return run;
}

static void expect_same(const struct run *a, const struct run *b)
{
	cr_expect_eq(a->id, b->id);
	cr_expect_eq(a->kind, b->kind);
	cr_expect_eq(a->state, b->state);
	cr_expect_eq(a->has_zone, b->has_zone);
	cr_expect_eq(a->zone_id, b->zone_id);
	cr_expect(!a->has_zone || dns_name_equal(&a->zone, &b->zone));
	cr_expect_str_eq(a->principal, b->principal);
	cr_expect_eq(a->started_us, b->started_us);
	cr_expect_eq(a->ended_us, b->ended_us);
	cr_expect_eq(a->first_seq, b->first_seq);
	cr_expect_eq(a->last_seq, b->last_seq);
	cr_expect_eq(a->stale, b->stale);
	cr_expect_eq(a->removed, b->removed);
	cr_expect_eq(a->skipped, b->skipped);
	cr_expect_eq(a->undone_by, b->undone_by);
	cr_expect_eq(a->contested, b->contested);
	cr_expect_eq(a->overdue, b->overdue);
	cr_expect_eq(a->of_run, b->of_run);
	cr_expect_str_eq(a->note, b->note);
	cr_expect_eq(a->judged_at, b->judged_at);
	cr_expect_eq(a->judged_seq, b->judged_seq);
	cr_expect_eq(a->approved_us, b->approved_us);
	cr_expect_eq(a->no_refresh, b->no_refresh);
	cr_expect_eq(a->refresh, b->refresh);
	cr_expect_arr_eq(a->keep_types, b->keep_types, sizeof(a->keep_types));
}

Test(run, the_time_for_which_it_was_held_is_no_work)
{
	static const struct {
		enum run_state state;
		uint64_t started, approved, ended, worked;
	} runs[] = {
		{RUN_DONE, 100, 0, 150, 50},     {RUN_DONE, 100, 900, 930, 30},
		{RUN_FAILED, 100, 900, 930, 30}, {RUN_UNDER_WAY, 100, 900, 900, 0},
		{RUN_HELD, 100, 0, 100, 0},      {RUN_CANCELLED, 100, 0, 900, 0},
		{RUN_DONE, 100, 0, 90, 0}, /* the clock was set back */
	};
	for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
		struct run run = {.state = runs[i].state,
				  .started_us = runs[i].started,
				  .approved_us = runs[i].approved,
				  .ended_us = runs[i].ended};
		cr_expect_eq(run_worked_us(&run), runs[i].worked, "row %zu", i);
	}
}

Test(run, reads_back_what_was_put)
{
	struct run full = full_run(), empty = {.id = 8}, read;
	rows_run_put(&txn, &full);
	rows_run_put(&txn, &empty);
	cr_assert(run_get(&txn, 7, &read));
	expect_same(&read, &full);
	cr_assert(run_get(&txn, 8, &read));
	expect_same(&read, &empty);
	cr_expect_not(run_get(&txn, 9, &read));
	cr_expect_eq(txn.error, STORE_OK);
}

Test(run, passes_over_fields_it_does_not_know)
{
	struct state_row_writer row = {.arena = &arena};
	uint8_t key[STATE_KEY_MAX];
	struct run run;
	state_row_put_text(&row, "colour", "green");
	state_row_put_text(&row, "kind", "import");
	state_row_put_number(&row, "stale", 9);
	state_settle(&txn, STATE_RUN, state_key_number(5, key), state_row_end(&row));
	cr_assert(run_get(&txn, 5, &run));
	cr_expect_eq(run.stale, 9);
	cr_expect_eq(run.kind, RUN_IMPORT);
	cr_expect_eq(run.state, RUN_DONE);
}

Test(run, a_damaged_row_is_an_error)
{
	static const char *const bad[][2] = {
		{"stale", "x"},         {"refresh", "4294967296"}, {"kind", "none"},
		{"state", "none"},      {"zone", "a..b."},         {"keep-types", "A NOTYPE"},
		{"keep-types", "A  A"},
	};
	uint8_t key[STATE_KEY_MAX];
	struct run run;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct state_row_writer row = {.arena = &arena};
		state_row_put_text(&row, bad[i][0], bad[i][1]);
		txn.error = STORE_OK;
		store_put(&txn, STORE_RUNS, state_key_number(5, key), state_row_end(&row));
		cr_expect_not(run_get(&txn, 5, &run), "row %zu", i);
		cr_expect_eq(txn.error, STORE_CORRUPT, "row %zu", i);
	}
}

Test(run, its_first_entry_makes_it)
{
	struct entry e = entry_of(ENTRY_IMPORT, 0), read;
	struct state_edit rows = state_edit_of(&txn, &arena);
	struct run run;
	run_begin(&rows, RUN_IMPORT, RUN_DONE, &e);
	cr_expect_eq(e.run, 1);
	cr_expect_not(run_get(&txn, 1, &run), "nothing is stored before");
	journal_append(&txn, &e, &arena);
	cr_assert(run_get(&txn, 1, &run));
	cr_expect_eq(run.kind, RUN_IMPORT);
	cr_expect_eq(run.first_seq, e.seq);
	cr_expect_eq(run.last_seq, e.seq);
	cr_expect_eq(run.started_us, e.time_us);
	cr_expect_eq(run.ended_us, e.time_us);
	cr_expect_eq(run.zone_id, 3);
	cr_expect_str_eq(run.principal, "local:root");
	cr_assert(journal_read(&txn, e.seq, &read, &arena));
	cr_assert_eq(read.row_count, 1);
	cr_expect_eq(read.rows[0].table, STATE_RUN);
	cr_expect_eq(run_new(&txn, RUN_IMPORT, RUN_DONE, &e).id, 2);
}

Test(run, a_number_is_given_once)
{
	struct entry e = entry_of(ENTRY_IMPORT, 0), late = entry_of(ENTRY_UPDATE, 40);
	uint64_t id = rows_run_begin(&txn, RUN_IMPORT, RUN_DONE, &e).id;
	ROWS_WRITE(&txn, run_del(rows, id));
	cr_expect_eq(run_new(&txn, RUN_IMPORT, RUN_DONE, &e).id, id + 1);
	/* An entry of a log that knew more of it. */
	run_note(&txn, &late);
	cr_expect_eq(run_new(&txn, RUN_IMPORT, RUN_DONE, &e).id, 41);
}

Test(run, its_entries_keep_its_span_and_its_count)
{
	struct change changes[3] = {
		{.what = CHANGE_REMOVED, .type = 1, .rdata = bytes_of("abcd", 4)},
		{.what = CHANGE_ADDED, .type = 1, .rdata = bytes_of("abce", 4)},
		{.what = CHANGE_REMOVED, .type = 1, .rdata = bytes_of("abcf", 4)}};
	struct entry e = entry_of(ENTRY_SCAVENGE, 0), other = entry_of(ENTRY_UPDATE, 0);
	struct run run = rows_run_begin(&txn, RUN_SCAVENGE, RUN_UNDER_WAY, &e);
	cr_expect_eq(run.id, 1);
	cr_assert(run_get(&txn, 1, &run));
	cr_expect_eq(run.first_seq, 0);
	e.run = run.id;
	for (size_t i = 0; i < 3; i++)
		changes[i].name = e.zone;
	e.changes = changes;
	e.change_count = 3;
	journal_append(&txn, &other, &arena);
	journal_append(&txn, &e, &arena);
	journal_append(&txn, &other, &arena);
	e.time_us = 5000;
	journal_append(&txn, &e, &arena);
	cr_assert(run_get(&txn, 1, &run));
	cr_expect_eq(run.state, RUN_UNDER_WAY, "an entry does not end a run");
	cr_expect_eq(run.first_seq, 2);
	cr_expect_eq(run.last_seq, 4);
	cr_expect_eq(run.removed, 4);
	cr_expect_eq(run.started_us, 1000);
	cr_expect_eq(run.ended_us, 5000);
}

Test(run, a_long_principal_is_cut)
{
	char principal[ENTRY_PRINCIPAL_MAX + 9];
	struct entry e = entry_of(ENTRY_ADMIN, 0);
	memset(principal, 'x', sizeof(principal) - 1);
	principal[sizeof(principal) - 1] = '\0';
	e.principal = principal;
	struct run run = rows_run_begin(&txn, RUN_OTHER, RUN_DONE, &e);
	cr_assert(run_get(&txn, run.id, &run));
	cr_expect_eq(strlen(run.principal), ENTRY_PRINCIPAL_MAX - 1);
}

Test(run, a_zone_knows_its_last_and_its_held_run)
{
	struct run one = full_run(), two = full_run();
	one.zone_id = two.zone_id = 3;
	two.id = 9;
	two.state = RUN_DONE;
	cr_expect_eq(run_held(&txn, 3), 0);
	cr_expect_eq(run_last(&txn, 3), 0);
	rows_run_put(&txn, &one);
	cr_expect_eq(run_held(&txn, 3), 7);
	rows_run_put(&txn, &two);
	cr_expect_eq(run_held(&txn, 3), 7, "another run ends nothing");
	cr_expect_eq(run_last(&txn, 3), 9);
	one.state = RUN_CANCELLED;
	rows_run_put(&txn, &one);
	cr_expect_eq(run_held(&txn, 3), 0);
	cr_expect_eq(run_last(&txn, 3), 9);
	ROWS_WRITE(&txn, run_del(rows, 9));
	cr_expect_eq(run_last(&txn, 3), 0);
}

Test(run, what_is_held_is_cancelled_when_its_zone_goes)
{
	struct run held = full_run(), other = full_run(), now;
	held.zone_id = 3;
	other.id = 8;
	other.zone_id = 4;
	rows_run_put(&txn, &held);
	rows_run_put(&txn, &other);
	ROWS_WRITE(&txn, run_cancel_held(rows, 3, "the zone was deleted"));
	cr_expect_eq(run_held(&txn, 3), 0);
	cr_assert(run_get(&txn, held.id, &now));
	cr_expect_eq(now.state, RUN_CANCELLED);
	cr_expect_str_eq(now.note, "the zone was deleted");
	cr_assert(run_get(&txn, other.id, &now));
	cr_expect_eq(now.state, RUN_HELD, "another zone's run waits on");
	cr_expect_eq(run_held(&txn, 4), 8);
}

Test(run, the_newest_that_is_under_way_is_found)
{
	static const enum run_state states[] = {RUN_UNDER_WAY, RUN_HELD, RUN_DONE, RUN_UNDER_WAY,
						RUN_DONE};
	struct entry e = entry_of(ENTRY_RUN, 0);
	struct run run;
	cr_expect_not(run_under_way(&txn, 9, &run));
	for (size_t i = 0; i < 5; i++)
		rows_run_begin(&txn, RUN_SCAVENGE, states[i], &e);
	cr_assert(run_under_way(&txn, UINT64_MAX - 1, &run));
	cr_expect_eq(run.id, 4);
	cr_assert(run_under_way(&txn, 3, &run));
	cr_expect_eq(run.id, 1);
	cr_expect_not(run_under_way(&txn, 0, &run));
}

struct seen {
	size_t count, wanted;
	uint64_t ids[4];
};

static bool see(void *context, const struct run *run)
{
	struct seen *seen = context;
	seen->ids[seen->count++] = run->id;
	return seen->count < seen->wanted;
}

Test(run, runs_are_walked_newest_first)
{
	struct seen all = {.wanted = 4}, two = {.wanted = 2}, none = {.wanted = 4};
	run_walk(&txn, see, &none);
	cr_expect_eq(none.count, 0);
	static const uint64_t ids[] = {1, 300, 2};
	for (size_t i = 0; i < 3; i++)
		rows_run_put(&txn, &(struct run){.id = ids[i]});
	run_walk(&txn, see, &all);
	cr_expect_eq(all.count, 3);
	cr_expect_eq(all.ids[0], 300);
	cr_expect_eq(all.ids[1], 2);
	cr_expect_eq(all.ids[2], 1);
	run_walk(&txn, see, &two);
	cr_expect_eq(two.count, 2);
}

Test(run, every_kind_and_state_has_its_word)
{
	cr_expect_str_eq(run_kind_name(RUN_SCAVENGE), "scavenge");
	cr_expect_str_eq(run_kind_name(RUN_REVERT), "revert");
	cr_expect_str_eq(run_state_name(RUN_DONE), "done");
	cr_expect_str_eq(run_state_name(RUN_FAILED), "failed");
}
