/* SPDX-License-Identifier: BSD-2-Clause */
/* zonedb/revert_rows: decided state is taken back field by field. */
#include "tests/unit/tempstore.h"
#include "journal/journal.h"
#include "zonedb/revert_rows.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct tempstore temp;
static struct store_txn txn;
static struct arena arena;
static struct revert_rows *reverted;
static char seen[1024];

static void setup(void)
{
	tempstore_open(&temp, 1 << 24);
	store_write_begin(temp.store, &txn);
	reverted = revert_rows_open();
	seen[0] = '\0';
}

static void teardown(void)
{
	revert_rows_free(reverted);
	store_abort(&txn);
	arena_free(&arena);
	tempstore_free(&temp);
}

TestSuite(revert_rows, .init = setup, .fini = teardown);

static struct bytes row_of(const char *const *words)
{
	struct state_row_writer row = {.arena = &arena};
	for (; *words; words += 2)
		state_row_put_text(&row, words[0], words[1]);
	return state_row_end(&row);
}
#define ROW(...) row_of((const char *const[]){__VA_ARGS__, NULL})

/* The row is as `new` from now on (empty: there is none); with `is_taken` that is to be undone. */
static uint64_t set(enum state_table table, const char *word, struct bytes new, bool is_taken)
{
	struct state_edit rows = state_edit_of(&txn, &arena);
	struct entry entry = {.kind = ENTRY_ADMIN, .principal = is_taken ? "key:bad" : "key:good"};
	if (new.len)
		state_put(&rows, table, state_key_word(word), new);
	else
		state_del(&rows, table, state_key_word(word));
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	uint64_t seq = journal_append(&txn, &entry, &arena);
	if (is_taken)
		revert_rows_take(reverted, &entry);
	return seq;
}

static void tell(void *context, const struct revert_row *row)
{
	static const char *const words[] = {"restore", "remove", "set", "conflict"};
	size_t len = strlen(seen);
	(void)context;
	snprintf(seen + len, sizeof(seen) - len, "%s %s %s %s>%s %llu %s; ", words[row->what],
		 row->key, row->field ? row->field : "-", row->now ? row->now : "-",
		 row->then ? row->then : "-", (unsigned long long)row->seq,
		 row->by ? row->by : "-");
}

static struct revert_rows_result turn(struct state_edit *rows)
{
	struct revert_rows_listener listener = {.tell = tell};
	struct revert_rows_result result;
	revert_rows_make(reverted, rows, 0, &listener, &result);
	return result;
}

#define NONE bytes_of(NULL, 0)

Test(revert_rows, of_a_row_only_what_was_taken_goes_back)
{
	set(STATE_SERVER, "retention", ROW("age", "1", "size", "1"), false);
	set(STATE_SERVER, "retention", ROW("age", "2", "size", "1"), true);
	set(STATE_SERVER, "retention", ROW("age", "2", "size", "9"), false);
	set(STATE_SERVER, "retention", ROW("age", "3", "size", "9"), true);
	struct state_edit rows = state_edit_of(&txn, &arena);
	struct revert_rows_result result = turn(&rows);
	cr_expect_str_eq(seen, "set retention age 3s>1s 0 -; ");
	cr_expect_eq(result.altered, 1);
	struct bytes row;
	uint64_t age = 0, size = 0;
	cr_assert(state_see(&rows, STATE_SERVER, state_key_word("retention"), &row));
	cr_expect(state_row_number(row, "age", &age) && age == 1);
	cr_expect(state_row_number(row, "size", &size) && size == 9);
}

Test(revert_rows, a_later_change_of_the_field_is_named)
{
	set(STATE_SERVER, "bin", ROW("keeps", "1"), true);
	uint64_t later = set(STATE_SERVER, "bin", ROW("keeps", "2"), false);
	char wanted[64];
	struct state_edit rows = state_edit_of(&txn, &arena);
	struct revert_rows_result result = turn(&rows);
	snprintf(wanted, sizeof(wanted), "conflict bin keeps ->- %llu key:good; ",
		 (unsigned long long)later);
	cr_expect_str_eq(seen, wanted);
	cr_expect_eq(result.conflicts, 1);
	size_t count;
	state_edit_changes(&rows, &count);
	cr_expect_eq(count, 0);
	/* A change after the first look is seen by the second. */
	later = set(STATE_SERVER, "bin", ROW("keeps", "3"), false);
	seen[0] = '\0';
	turn(&rows);
	snprintf(wanted, sizeof(wanted), "conflict bin keeps ->- %llu key:good; ",
		 (unsigned long long)later);
	cr_expect_str_eq(seen, wanted);
}

Test(revert_rows, what_was_between_two_taken_changes_stays)
{
	set(STATE_SERVER, "bin", ROW("keeps", "1"), false);
	set(STATE_SERVER, "bin", ROW("keeps", "2"), true);
	set(STATE_SERVER, "bin", ROW("keeps", "3"), false);
	set(STATE_SERVER, "bin", ROW("keeps", "4"), true);
	struct state_edit rows = state_edit_of(&txn, &arena);
	turn(&rows);
	cr_expect_str_eq(seen, "set bin keeps 4s>3s 0 -; ");
}

Test(revert_rows, members_of_a_group_count_one_by_one)
{
	set(STATE_GROUP, "web", ROW("acting", "off", "member", "key:a"), false);
	set(STATE_GROUP, "web", ROW("acting", "off", "member", "key:a", "member", "key:b"), true);
	set(STATE_GROUP, "web", ROW("acting", "off", "member", "key:b", "member", "key:c"), false);
	struct state_edit rows = state_edit_of(&txn, &arena);
	turn(&rows);
	cr_expect_str_eq(seen, "set @web member key:b>- 0 -; ");
}

Test(revert_rows, a_row_that_went_comes_back_and_one_that_came_goes)
{
	set(STATE_GROUP, "old", ROW("acting", "off", "member", "key:a"), false);
	set(STATE_GROUP, "old", NONE, true);
	set(STATE_GROUP, "new", ROW("acting", "on", "member", "key:b"), true);
	set(STATE_GROUP, "brief", ROW("acting", "on"), true);
	set(STATE_GROUP, "brief", NONE, true);
	struct state_edit rows = state_edit_of(&txn, &arena);
	struct revert_rows_result result = turn(&rows);
	cr_expect_str_eq(seen, "restore @old - ->key:a 0 -; remove @new - key:b>- 0 -; ");
	cr_expect_eq(result.standing, 1);
}

Test(revert_rows, a_secret_does_not_come_back_and_a_state_does)
{
	uint8_t name[] = {'k'};
	struct bytes was = ROW("secret", "00", "disabled", "off");
	struct state_change row = {
		.table = STATE_KEY, .key = bytes_of(name, 1), .has_old = true, .old = was};
	struct entry entry = {.seq = 1, .rows = &row, .row_count = 1};
	revert_rows_take(reverted, &entry);
	struct state_edit rows = state_edit_of(&txn, &arena);
	cr_expect_eq(turn(&rows).conflicts, 1);
	cr_expect(strncmp(seen, "conflict", 8) == 0);
	size_t count;
	state_edit_changes(&rows, &count);
	cr_expect_eq(count, 0);
	revert_rows_free(reverted);
	reverted = revert_rows_open();
	set(STATE_KEY, "k", was, false);
	set(STATE_KEY, "k", ROW("secret", "00", "disabled", "on"), true);
	seen[0] = '\0';
	cr_expect_eq(turn(&rows).altered, 1);
	cr_expect_not_null(strstr(seen, "disabled on>off"), "%s", seen);
}

Test(revert_rows, what_the_server_keeps_is_not_taken)
{
	set(STATE_SERVER, "schedule", ROW("next", "1"), true);
	set(STATE_SERVER, "clock", ROW("jumped-at", "1"), true);
	cr_expect_eq(revert_rows_count(reverted), 0);
}
