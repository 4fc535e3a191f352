/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* journal/state, journal/state_at: rows collected for an entry, stored with it, and as they were.
 */
#include "journal/state_at.h"
#include "journal/journal.h"
#include "journal/prune.h"
#include "tests/unit/tempzone.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct tempzone t;

static void begin_state(void)
{
	tempzone_open_logged(&t, "corp.example");
}

static void end_state(void)
{
	tempzone_free(&t);
}

TestSuite(state, .init = begin_state, .fini = end_state);

static struct bytes text_row(const char *text)
{
	struct state_row_writer row = {.arena = &t.arena};
	state_row_put_text(&row, "text", text);
	return state_row_end(&row);
}

static struct bytes word(const char *text)
{
	return state_key_word(text);
}

/* Entry by entry; NULL takes the row away. */
static uint64_t log_group(const char *name, const char *text)
{
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	if (text)
		state_put(&rows, STATE_GROUP, word(name), text_row(text));
	else
		state_del(&rows, STATE_GROUP, word(name));
	return tempzone_put_rows(&t, &rows, 1000);
}

static bool is_row(struct bytes row, const char *text)
{
	return bytes_equal(row, text_row(text));
}

Test(state, changes_are_seen_before_they_are_stored)
{
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	struct bytes row;
	size_t count;
	state_put(&rows, STATE_GROUP, word("a"), text_row("1"));
	cr_expect(state_see(&rows, STATE_GROUP, word("a"), &row) && is_row(row, "1"));
	cr_expect_not(state_get(&t.txn, STATE_GROUP, word("a"), &row));
	cr_expect_not(state_del(&rows, STATE_GROUP, word("none")));
	cr_expect(state_del(&rows, STATE_GROUP, word("a")));
	cr_expect_not(state_see(&rows, STATE_GROUP, word("a"), &row));
	state_edit_changes(&rows, &count);
	cr_expect_eq(count, 0, "what comes and goes is no change");
}

Test(state, a_row_that_is_put_twice_counts_once_and_one_that_is_as_it_was_does_not)
{
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	size_t count;
	log_group("a", "1");
	log_group("b", "1");
	state_put(&rows, STATE_GROUP, word("a"), text_row("2"));
	state_put(&rows, STATE_GROUP, word("a"), text_row("3"));
	state_put(&rows, STATE_GROUP, word("b"), text_row("2"));
	state_put(&rows, STATE_GROUP, word("b"), text_row("1"));
	const struct state_change *changes = state_edit_changes(&rows, &count);
	cr_assert_eq(count, 1);
	cr_expect(is_row(changes[0].old, "1") && is_row(changes[0].new, "3"));
	cr_expect(changes[0].has_old && changes[0].has_new);
}

Test(state, what_is_not_as_the_change_says_is_named)
{
	struct state_change changes[2] = {
		{.table = STATE_GROUP, .key = word("a"), .has_new = true},
		{.table = STATE_GROUP, .key = word("b"), .has_new = true}};
	size_t wrong = 9;
	cr_expect(state_check(&t.txn, changes, 2, &wrong));
	log_group("b", "1");
	cr_expect_not(state_check(&t.txn, changes, 2, &wrong));
	cr_expect_eq(wrong, 1, "it is there");
	changes[1].has_old = true;
	changes[1].old = text_row("2");
	cr_expect_not(state_check(&t.txn, changes, 2, &wrong), "it is another");
	changes[1].old = text_row("1");
	cr_expect(state_check(&t.txn, changes, 2, &wrong));
	changes[0].has_old = true;
	cr_expect_not(state_check(&t.txn, changes, 2, &wrong));
	cr_expect_eq(wrong, 0, "it is not there");
}

Test(state, a_row_whose_fields_cannot_be_walked_is_an_error)
{
	struct bytes key = word("bad"), row;
	struct state_walk walk;
	store_put(&t.txn, STORE_GROUPS, key, bytes_of("\5text", 5));
	cr_expect_not(state_get(&t.txn, STATE_GROUP, key, &row));
	cr_expect_eq(t.txn.error, STORE_CORRUPT);
	t.txn.error = STORE_OK;
	state_walk_from(&walk, &t.txn, STATE_GROUP, bytes_of(NULL, 0));
	cr_expect_not(state_walk_next(&walk, &key, &row));
	state_walk_end(&walk);
	cr_expect_eq(t.txn.error, STORE_CORRUPT);
	t.txn.error = STORE_OK;
}

Test(state, tables_that_share_one_of_the_store_are_walked_apart)
{
	uint8_t buffer[STATE_KEY_MAX];
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	struct state_row_writer row = {.arena = &t.arena};
	struct state_walk walk;
	struct bytes key, found;
	enum state_table table;
	state_row_put_number(&row, "id", 7);
	struct bytes deleted = state_key_deleted(&t.zone.apex, 7, buffer);
	state_put(&rows, STATE_DELETED_ZONE, deleted, state_row_end(&row));
	tempzone_put_rows(&t, &rows, 1000);
	for (unsigned i = 0; i < 2; i++) {
		unsigned count = 0;
		table = i ? STATE_DELETED_ZONE : STATE_ZONE;
		state_walk_above(&walk, &t.txn, table, bytes_of(NULL, 0));
		while (state_walk_next(&walk, &key, &found))
			count++;
		state_walk_end(&walk);
		cr_expect_eq(count, 1, "%s", state_table_name(table));
	}
	cr_expect(state_of_stored(STORE_ZONES, bytes_of("dx", 2), &table, &key));
	cr_expect(table == STATE_DELETED_ZONE && bytes_equal(key, bytes_of("x", 1)));
	cr_expect_not(state_of_stored(STORE_ZONES, bytes_of("i\0\0\0\1", 5), &table, &key));
	cr_expect_not(state_of_stored(STORE_ZONES, bytes_of(NULL, 0), &table, &key));
	cr_expect_not(state_of_stored(STORE_LOG, bytes_of("x", 1), &table, &key));
	cr_expect_eq(state_stored_in(STATE_RESERVATION), STORE_RESERVED);
}

Test(state, keys_are_printed_whatever_they_hold)
{
	char text[STATE_KEY_TEXT_MAX];
	uint8_t bytes[STATE_KEY_MAX - 1];
	for (enum state_table table = STATE_ZONE; table < STATE_TABLES; table++) {
		for (size_t len = 0; len < sizeof(bytes); len += len < 12 ? 1 : 83) {
			for (unsigned fill = 0; fill < 256; fill += 51) {
				memset(bytes, (int)fill, sizeof(bytes));
				state_key_print(table, bytes_of(bytes, len), &t.zone.apex, text);
				cr_expect_lt(strlen(text), sizeof(text));
				state_key_zone(table, bytes_of(bytes, len));
			}
		}
	}
}

/* --- as they were */

static void expect_then(uint64_t seq, const char *name, const char *text)
{
	struct state_at *state_at = state_at_open(&t.txn, seq);
	struct state_at_row found;
	struct bytes row;
	bool was = state_at_get(state_at, STATE_GROUP, word(name), &row);
	cr_expect_eq(was, text != NULL, "%s as of %u", name, (unsigned)seq);
	cr_expect(!was || !text || is_row(row, text), "%s as of %u", name, (unsigned)seq);
	state_at_close(state_at);
	cr_assert(state_at_find(&t.txn, seq, 0, STATE_GROUP, word(name), &t.arena, &found));
	cr_expect_eq(found.was_there, text != NULL, "%s as of %u", name, (unsigned)seq);
	cr_expect(!text || is_row(found.row, text), "%s as of %u", name, (unsigned)seq);
	cr_expect_eq(found.unknown, 0);
}

Test(state, a_row_is_found_as_it_was)
{
	uint64_t before = journal_head(&t.txn).seq;
	uint64_t one = log_group("a", "1"), two = log_group("a", "2"), gone = log_group("a", NULL);
	uint64_t other = log_group("b", "x"), again = log_group("a", "3");
	expect_then(before, "a", NULL);
	expect_then(one, "a", "1");
	expect_then(two, "a", "2");
	expect_then(gone, "a", NULL);
	expect_then(other, "a", NULL);
	expect_then(again, "a", "3");
	expect_then(gone, "b", NULL);
	expect_then(other, "b", "x");
	struct state_at_row found;
	cr_assert(state_at_find(&t.txn, one, 0, STATE_GROUP, word("a"), &t.arena, &found));
	cr_expect_eq(found.until, two);
	cr_assert(state_at_find(&t.txn, again, 0, STATE_GROUP, word("a"), &t.arena, &found));
	cr_expect_eq(found.until, 0, "it is so still");
}

Test(state, a_walk_gives_what_was_there_in_order)
{
	static const char *const names[] = {"b", "d", "a", "c", "e"};
	struct state_at_walk walk;
	struct bytes key, row;
	char seen[64] = "";
	for (size_t i = 0; i < 5; i++)
		log_group(names[i], "1");
	uint64_t seq = journal_head(&t.txn).seq;
	log_group("b", NULL);
	log_group("c", "2");
	log_group("bb", "1");
	log_group("bb", "2");
	struct state_at *state_at = state_at_open(&t.txn, seq);
	state_at_walk_from(&walk, state_at, STATE_GROUP, bytes_of(NULL, 0));
	while (state_at_walk_next(&walk, &key, &row)) {
		cr_expect(is_row(row, "1"));
		strncat(seen, (const char *)key.data, key.len);
	}
	state_at_walk_end(&walk);
	cr_expect_str_eq(seen, "abcde");
	state_at_walk_from(&walk, state_at, STATE_GROUP, word("b"));
	cr_expect(state_at_walk_next(&walk, &key, &row) && key.len == 1);
	cr_expect_not(state_at_walk_next(&walk, &key, &row), "bb was not there");
	state_at_walk_end(&walk);
	state_at_close(state_at);
}

Test(state, more_rows_than_are_gathered_at_once)
{
	char name[16];
	for (unsigned i = 0; i < 700; i++) {
		snprintf(name, sizeof(name), "g%03u", i * 389 % 700);
		log_group(name, "1");
	}
	uint64_t seq = journal_head(&t.txn).seq;
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 700; i++) {
			snprintf(name, sizeof(name), "g%03u", i * 211 % 700);
			log_group(name, round == 1 && i % 3 == 0 ? NULL : "2");
		}
	}
	struct state_at *state_at = state_at_open(&t.txn, seq);
	for (unsigned i = 0; i < 700; i++) {
		struct bytes row;
		snprintf(name, sizeof(name), "g%03u", i);
		cr_assert(state_at_get(state_at, STATE_GROUP, word(name), &row), "%s", name);
		cr_expect(is_row(row, "1"), "%s", name);
	}
	state_at_close(state_at);
}

Test(state, of_a_zone_only_its_own_entries_are_read)
{
	uint8_t key[STATE_KEY_MAX];
	struct state_at_row found;
	struct state_edit rows = state_edit_of(&t.txn, &t.arena);
	struct bytes apex = state_key_apex(&t.zone.apex, key);
	uint64_t before = journal_head(&t.txn).seq;
	t.zone.is_frozen = true;
	zone_put(&rows, &t.zone);
	uint64_t frozen = tempzone_put_rows(&t, &rows, 1000);
	cr_assert(state_at_find(&t.txn, before, t.zone.id, STATE_ZONE, apex, &t.arena, &found));
	cr_expect(found.was_there && found.until == frozen);
	cr_assert(state_at_find(&t.txn, before, 77, STATE_ZONE, apex, &t.arena, &found));
	cr_expect_eq(found.until, 0, "another zone's entries say nothing of it");
}

Test(state, what_is_older_than_the_log_cannot_be_asked)
{
	static const struct entry pruner = {.time_us = 2000000000, .principal = "system:retention"};
	struct prune_rule rule = {
		.before_us = UINT64_MAX, .bytes = UINT64_MAX, .keep_us = UINT64_MAX};
	struct prune_result result = {0};
	struct state_at_row found;
	log_group("a", "1");
	log_group("a", "2");
	journal_prune(&t.txn, &rule, journal_head(&t.txn).seq - 1, &pruner, &result);
	uint64_t base = journal_base(&t.txn).seq;
	cr_assert_gt(base, 1);
	cr_expect_not(state_at_find(&t.txn, base - 1, 0, STATE_GROUP, word("a"), &t.arena, &found));
	cr_expect_eq(t.txn.error, STORE_CORRUPT);
	t.txn.error = STORE_OK;
	cr_expect(state_at_find(&t.txn, base, 0, STATE_GROUP, word("a"), &t.arena, &found));
	cr_expect(found.was_there);
}
