/* SPDX-License-Identifier: BSD-2-Clause */
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
			  .ended_us = UINT64_MAX,
			  .first_seq = 3,
			  .last_seq = 4,
			  .stale = 5,
			  .removed = 6,
			  .skipped = 7,
			  .undone_by = 8,
			  .judged_at = 9,
			  .judged_seq = 11,
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
	cr_expect_str_eq(a->note, b->note);
	cr_expect_eq(a->judged_at, b->judged_at);
	cr_expect_eq(a->judged_seq, b->judged_seq);
	cr_expect_eq(a->no_refresh, b->no_refresh);
	cr_expect_eq(a->refresh, b->refresh);
	cr_expect_arr_eq(a->keep_types, b->keep_types, sizeof(a->keep_types));
}

Test(run, reads_back_what_was_put)
{
	struct run full = full_run(), empty = {.id = 8}, read;
	run_put(&txn, &full);
	run_put(&txn, &empty);
	cr_assert(run_get(&txn, 7, &read));
	expect_same(&read, &full);
	cr_assert(run_get(&txn, 8, &read));
	expect_same(&read, &empty);
	cr_expect_not(run_get(&txn, 9, &read));
	cr_expect_eq(txn.error, STORE_OK);
}

Test(run, passes_over_fields_it_does_not_know)
{
	static const uint8_t key[8] = {0, 0, 0, 0, 0, 0, 0, 5};
	static const uint8_t row[] = {0x7f, 0xff, 0, 1, 'x', 0, 24, 0, 8, 0, 0, 0, 0, 0, 0, 0, 9};
	struct run run;
	store_put(&txn, STORE_RUNS, bytes_of(key, 8), bytes_of(row, sizeof row));
	cr_assert(run_get(&txn, 5, &run));
	cr_expect_eq(run.removed, 9);
	cr_expect_eq(run.kind, RUN_OTHER);
}

Test(run, a_damaged_row_is_an_error)
{
	static const struct {
		const char *row;
		size_t len;
	} bad[] = {
		{"\0\x18\0\x08\0\0", 6},                /* ends early */
		{"\0\x18\0\x02\0\x01", 6},              /* a number of two bytes */
		{"\0\x10\0\x08\0\0\0\0\0\0\0\x09", 12}, /* a kind that is none */
		{"\0\x11\0\x08\0\0\0\0\0\0\0\x09", 12}, /* a state that is none */
		{"\0\x01\0\x02\x05x", 6},               /* a name that is none */
		{"\0\x04\0\x03\0\x01\0", 7},            /* half a type */
	};
	static const uint8_t key[8] = {0, 0, 0, 0, 0, 0, 0, 5};
	struct run run;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		txn.error = STORE_OK;
		store_put(&txn, STORE_RUNS, bytes_of(key, 8), bytes_of(bad[i].row, bad[i].len));
		cr_expect_not(run_get(&txn, 5, &run), "row %zu", i);
		cr_expect_eq(txn.error, STORE_CORRUPT, "row %zu", i);
	}
}

Test(run, the_deletion_of_a_zone_is_known_by_its_first_entry)
{
	struct run run;
	struct entry e = entry_of(ENTRY_ADMIN, journal_next_run(&txn));
	e.event = "zone-delete";
	journal_append(&txn, &e, &arena);
	struct entry part = entry_of(ENTRY_ADMIN, e.run);
	journal_append(&txn, &part, &arena);
	cr_assert(run_get(&txn, e.run, &run));
	cr_expect_eq(run.kind, RUN_ZONE_DELETE);
	cr_expect_eq(run.first_seq, e.seq);
	cr_expect_eq(run.last_seq, part.seq);
}

Test(run, an_entry_that_names_a_run_makes_its_row)
{
	static const struct {
		enum entry_kind kind;
		enum run_kind wanted;
	} kinds[] = {{ENTRY_SCAVENGE, RUN_SCAVENGE},
		     {ENTRY_IMPORT, RUN_IMPORT},
		     {ENTRY_RESTORE, RUN_REVERT},
		     {ENTRY_UPDATE, RUN_OTHER}};
	struct run run;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct entry e = entry_of(kinds[i].kind, journal_next_run(&txn));
		journal_append(&txn, &e, &arena);
		cr_assert(run_get(&txn, e.run, &run));
		cr_expect_eq(run.kind, kinds[i].wanted);
		cr_expect_eq(run.state, RUN_DONE);
		cr_expect_eq(run.first_seq, e.seq);
		cr_expect_eq(run.last_seq, e.seq);
		cr_expect_eq(run.started_us, e.time_us);
		cr_expect_eq(run.zone_id, 3);
		cr_expect_str_eq(run.principal, "local:root");
	}
}

Test(run, its_entries_keep_its_span_and_its_count)
{
	struct change changes[3] = {
		{.what = CHANGE_REMOVED, .type = 1, .rdata = bytes_of("abcd", 4)},
		{.what = CHANGE_ADDED, .type = 1, .rdata = bytes_of("abce", 4)},
		{.what = CHANGE_REMOVED, .type = 1, .rdata = bytes_of("abcf", 4)}};
	struct entry e = entry_of(ENTRY_SCAVENGE, 0), other = entry_of(ENTRY_UPDATE, 0);
	struct run run = run_begin(&txn, RUN_SCAVENGE, RUN_UNDER_WAY, &e);
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
	struct run run = run_begin(&txn, RUN_OTHER, RUN_DONE, &e);
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
	run_put(&txn, &one);
	cr_expect_eq(run_held(&txn, 3), 7);
	run_put(&txn, &two);
	cr_expect_eq(run_held(&txn, 3), 7, "another run ends nothing");
	cr_expect_eq(run_last(&txn, 3), 9);
	one.state = RUN_CANCELLED;
	run_put(&txn, &one);
	cr_expect_eq(run_held(&txn, 3), 0);
	cr_expect_eq(run_last(&txn, 3), 9);
	run_forget_zone(&txn, 3);
	cr_expect_eq(run_last(&txn, 3), 0);
}

Test(run, what_is_held_is_cancelled_when_its_zone_goes)
{
	struct run held = full_run(), other = full_run(), now;
	held.zone_id = 3;
	other.id = 8;
	other.zone_id = 4;
	run_put(&txn, &held);
	run_put(&txn, &other);
	run_forget_zone(&txn, 3);
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
		run_begin(&txn, RUN_SCAVENGE, states[i], &e);
	cr_assert(run_under_way(&txn, UINT64_MAX - 1, &run));
	cr_expect_eq(run.id, 4);
	cr_assert(run_under_way(&txn, 3, &run));
	cr_expect_eq(run.id, 1);
	cr_expect_not(run_under_way(&txn, 0, &run));
}

Test(run, rows_go_with_the_last_of_their_entries)
{
	struct run run = {.id = 1, .last_seq = 4}, held = {.id = 2, .last_seq = 5}, read;
	held.state = RUN_HELD;
	run_put(&txn, &run);
	run_put(&txn, &held);
	run = (struct run){.id = 3, .last_seq = 9};
	run_put(&txn, &run);
	run = (struct run){.id = 4, .last_seq = 12};
	run_put(&txn, &run);
	cr_expect_eq(run_prune(&txn, 4, 100), 0);
	cr_expect_eq(run_prune(&txn, 12, 100), 2);
	cr_expect_not(run_get(&txn, 1, &read));
	cr_expect(run_get(&txn, 2, &read), "what is held stays");
	cr_expect_not(run_get(&txn, 3, &read));
	cr_expect(run_get(&txn, 4, &read));
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
		run_put(&txn, &(struct run){.id = ids[i]});
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
