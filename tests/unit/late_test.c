/* SPDX-License-Identifier: BSD-2-Clause */
/* Rows that are put late: nobody sees a difference, but for the pages that a commit writes. */
#include "config.h"
#include "tests/unit/tempstore.h"
#include "store/late.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct tempstore temp;
static struct store_txn txn;

static void late_test_begin(void)
{
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
}

static void late_test_end(void)
{
	tempstore_free(&temp);
}

TestSuite(late, .init = late_test_begin, .fini = late_test_end);

static struct bytes late_word(const char *text)
{
	return bytes_of(text, strlen(text));
}

static void late_test_put(const char *key, const char *value)
{
	store_put(&txn, STORE_META, late_word(key), late_word(value));
}

static void expect_row(struct store_txn *t, const char *key, const char *wanted)
{
	struct bytes value;
	bool is_there = store_get(t, STORE_META, late_word(key), &value);
	cr_expect_eq(is_there, wanted != NULL, "%s", key);
	if (is_there && wanted)
		cr_expect(bytes_equal(value, late_word(wanted)), "%s: got %.*s, wanted %s", key,
			  (int)value.len, value.data, wanted);
}

static void late_test_commit(void)
{
	cr_assert_eq(store_commit(&txn), STORE_OK);
	store_write_begin(temp.store, &txn);
}

/* How many rows with this beginning a walk meets. */
static unsigned late_walked(const char *prefix)
{
	struct store_walk walk;
	struct bytes key, value;
	unsigned count = 0;
	store_walk_from(&walk, &txn, STORE_META, late_word(prefix), strlen(prefix));
	while (store_walk_next(&walk, &key, &value))
		count++;
	store_walk_end(&walk);
	return count;
}

Test(late, rows_are_read_as_they_were_put_last)
{
	late_test_put("x-a", "one");
	late_test_put("x-a", "another");
	late_test_put("x-b", "");
	expect_row(&txn, "x-a", "another");
	expect_row(&txn, "x-b", "");
	expect_row(&txn, "x-c", NULL);
	late_test_put("x-c", "after it was looked for");
	expect_row(&txn, "x-c", "after it was looked for");
	late_test_commit();
	expect_row(&txn, "x-a", "another");
	store_abort(&txn);
	tempstore_restart(&temp);
	store_read_begin(temp.store, &txn);
	expect_row(&txn, "x-a", "another");
	expect_row(&txn, "x-b", "");
	expect_row(&txn, "x-c", "after it was looked for");
	store_read_end(&txn);
}

Test(late, rows_that_are_deleted_are_gone)
{
	late_test_put("x-kept", "1");
	late_test_put("x-old", "1");
	late_test_commit();
	late_test_put("x-new", "1");
	cr_expect(store_del(&txn, STORE_META, late_word("x-new")), "it was never in LMDB");
	cr_expect_not(store_del(&txn, STORE_META, late_word("x-new")));
	expect_row(&txn, "x-old", "1");
	late_test_put("x-old", "2");
	cr_expect(store_del(&txn, STORE_META, late_word("x-old")));
	expect_row(&txn, "x-old", NULL);
	late_test_commit();
	expect_row(&txn, "x-new", NULL);
	expect_row(&txn, "x-old", NULL);
	expect_row(&txn, "x-kept", "1");
	late_test_put("x-old", "3");
	late_test_commit();
	expect_row(&txn, "x-old", "3");
	store_abort(&txn);
}

Test(late, an_aborted_transaction_leaves_nothing)
{
	late_test_put("x", "before");
	late_test_commit();
	late_test_put("x", "never");
	late_test_put("y", "never");
	store_abort(&txn);
	store_write_begin(temp.store, &txn);
	expect_row(&txn, "x", "before");
	expect_row(&txn, "y", NULL);
	store_abort(&txn);
}

Test(late, walks_meet_what_was_put)
{
	struct store_walk walk;
	struct bytes key, value;
	late_test_put("x-1", "1");
	late_test_put("x-2", "2");
	cr_expect_eq(late_walked("x-"), 2);
	store_walk_from(&walk, &txn, STORE_META, late_word("x-"), 2);
	cr_assert(store_walk_next(&walk, &key, &value));
	late_test_put("x-3", "put during the walk");
	store_walk_end(&walk);
	store_walk_from(&walk, &txn, STORE_META, late_word("x-2"), 2);
	cr_assert(store_walk_next(&walk, &key, &value));
	late_test_put("x-4", "put during the walk");
	late_test_put("x-4", "and again");
	cr_assert(store_has(&txn, STORE_META, late_word("x-4")));
	store_walk_end(&walk);
	expect_row(&txn, "x-4", "and again");
	cr_expect_eq(late_walked("x-"), 4);
	store_abort(&txn);
}

Test(late, a_table_that_is_emptied_is_empty)
{
	late_test_put("x-1", "1");
	store_empty(&txn, STORE_META);
	expect_row(&txn, "x-1", NULL);
	cr_expect_eq(late_walked("x-"), 0);
	late_test_put("x-2", "2");
	cr_expect_eq(late_walked("x-"), 1);
	store_abort(&txn);
}

/* What has no room is put at once. */
Test(late, many_and_long_rows_are_all_there)
{
	char key[LATE_KEY_MAX + 16], value[LATE_VALUE_MAX + 16];
	const unsigned count = LATE_ROWS_MAX + 100;
	for (unsigned i = 0; i < count; i++) {
		snprintf(key, sizeof key, "x-%u", i);
		late_test_put(key, "old");
		late_test_put(key, key);
	}
	memset(value, 'v', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	memset(key, 'k', sizeof key - 1);
	key[sizeof key - 1] = '\0';
	late_test_put(key, "of a long key");
	late_test_put("x-0", value);
	expect_row(&txn, "x-0", value);
	late_test_put("x-0", "short again");
	late_test_commit();
	expect_row(&txn, key, "of a long key");
	expect_row(&txn, "x-0", "short again");
	cr_expect_eq(late_walked("x-"), count);
	for (unsigned i = 1; i < count; i++) {
		snprintf(key, sizeof key, "x-%u", i);
		expect_row(&txn, key, key);
	}
	store_abort(&txn);
}

/* The point of it: one put in LMDB, however often a row was put. */
static void note_put(struct store_txn *t, enum store_table table, struct bytes key,
		     struct bytes value)
{
	(void)t;
	(void)table;
	(void)key;
	cr_expect(bytes_equal(value, late_word("99")));
}

Test(late, rows_are_put_once)
{
	struct late_rows *late = late_new();
	char value[8];
	for (unsigned i = 0; i < 100; i++) {
		snprintf(value, sizeof value, "%u", i);
		cr_expect(late_put(late, STORE_META, late_word("x"), late_word(value)));
	}
	late_settle(late, note_put, NULL);
	late_settle(late, NULL, NULL);
	late_free(late);
	store_abort(&txn);
}
