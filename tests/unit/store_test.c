/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "tests/unit/tempstore.h"
#include "store/settings.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>
#include <fcntl.h>

static struct tempstore temp;
static struct store_txn txn;

static void begin(void)
{
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
}

static void end(void)
{
	tempstore_free(&temp);
}

TestSuite(store, .init = begin, .fini = end);

static struct bytes word(const char *text)
{
	return bytes_of(text, strlen(text));
}

static void expect(struct bytes got, const char *text)
{
	cr_expect(bytes_equal(got, word(text)), "got %.*s, wanted %s", (int)got.len, got.data,
		  text);
}

static void put(const char *key, const char *value)
{
	store_put(&txn, STORE_NODES, word(key), word(value));
}

static void commit(void)
{
	cr_assert_eq(store_commit(&txn), STORE_OK);
}

/* The keys that a walk gives, one after another. */
static const char *walked(struct store_txn *t, const char *from, size_t prefix_len)
{
	static char out[256];
	struct store_walk walk;
	struct bytes key, value;
	size_t len = 0;
	store_walk_from(&walk, t, STORE_NODES, word(from), prefix_len);
	while (store_walk_next(&walk, &key, &value))
		len += (size_t)snprintf(out + len, sizeof out - len, "%.*s ", (int)key.len,
					key.data);
	store_walk_end(&walk);
	out[len] = '\0';
	return out;
}

Test(store, gives_back_what_was_put)
{
	struct bytes value;
	put("a", "one");
	put("b", "");
	cr_assert(store_get(&txn, STORE_NODES, word("a"), &value));
	expect(value, "one");
	cr_assert(store_get(&txn, STORE_NODES, word("b"), &value));
	cr_expect_eq(value.len, 0);
	cr_expect_not(store_get(&txn, STORE_NODES, word("c"), &value));
	cr_expect_not(store_get(&txn, STORE_ZONES, word("a"), &value), "tables are apart");
	cr_expect_not(store_get(&txn, STORE_NODES, word(""), &value));
	commit();
	tempstore_restart(&temp);
	store_read_begin(temp.store, &txn);
	cr_assert(store_get(&txn, STORE_NODES, word("a"), &value));
	expect(value, "one");
	store_read_end(&txn);
}

Test(store, takes_keys_and_values_of_every_size)
{
	static uint8_t key[STORE_ROW_KEY_MAX], big[200000];
	struct bytes value;
	memset(key, 7, sizeof key);
	memset(big, 9, sizeof big);
	for (size_t len = 1; len <= sizeof key; len++)
		store_put(&txn, STORE_NODES, bytes_of(key, len), bytes_of(big, len * 391));
	for (size_t len = 1; len <= sizeof key; len++) {
		cr_assert(store_get(&txn, STORE_NODES, bytes_of(key, len), &value));
		cr_assert(bytes_equal(value, bytes_of(big, len * 391)));
	}
	commit();
}

Test(store, deletes_and_says_whether_it_was_there)
{
	struct bytes value;
	put("a", "one");
	cr_expect(store_del(&txn, STORE_NODES, word("a")));
	cr_expect_not(store_del(&txn, STORE_NODES, word("a")));
	cr_expect_not(store_get(&txn, STORE_NODES, word("a"), &value));
	commit();
}

Test(store, appends_in_any_order)
{
	struct bytes value;
	const char *keys[] = {"b", "d", "a", "c", "e", "e"};
	for (size_t i = 0; i < 6; i++)
		store_append(&txn, STORE_NODES, word(keys[i]), word(i == 5 ? "new" : "old"));
	cr_expect_str_eq(walked(&txn, "", 0), "a b c d e ");
	cr_assert(store_get(&txn, STORE_NODES, word("e"), &value));
	expect(value, "new");
	commit();
}

Test(store, walks_from_a_key_within_a_prefix)
{
	const char *keys[] = {"1a", "1b", "1c", "2", "21", "22", "3"};
	for (size_t i = 0; i < 7; i++)
		put(keys[i], "x");
	commit();
	store_read_begin(temp.store, &txn);
	cr_expect_str_eq(walked(&txn, "", 0), "1a 1b 1c 2 21 22 3 ");
	cr_expect_str_eq(walked(&txn, "1b", 0), "1b 1c 2 21 22 3 ");
	cr_expect_str_eq(walked(&txn, "1b", 1), "1b 1c ");
	cr_expect_str_eq(walked(&txn, "2", 1), "2 21 22 ");
	cr_expect_str_eq(walked(&txn, "1d", 1), "");
	cr_expect_str_eq(walked(&txn, "9", 0), "");
	store_read_end(&txn);
}

Test(store, walks_twice_in_one_table_at_a_time)
{
	struct store_walk outer;
	struct bytes key, value;
	unsigned count = 0;
	put("a", "x");
	put("b", "x");
	commit();
	store_read_begin(temp.store, &txn);
	store_walk_from(&outer, &txn, STORE_NODES, word(""), 0);
	for (; store_walk_next(&outer, &key, &value); count++)
		cr_expect_str_eq(walked(&txn, "", 0), "a b ");
	store_walk_end(&outer);
	cr_expect_eq(count, 2);
	store_read_end(&txn);
}

Test(store, goes_on_after_a_deletion_under_a_walk)
{
	char text[8];
	struct store_walk walk;
	struct bytes key, value;
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof text, "%04d", i);
		put(text, "x");
	}
	strcpy(text, "0000");
	for (unsigned gone = 0;; gone++) {
		store_walk_from(&walk, &txn, STORE_NODES, word(text), 0);
		bool is_there = store_walk_next(&walk, &key, &value);
		if (is_there)
			memcpy(text, key.data, 4);
		store_walk_end(&walk);
		if (!is_there) {
			cr_expect_eq(gone, 1000);
			break;
		}
		store_del(&txn, STORE_NODES, word(text));
	}
	commit();
}

Test(store, finds_the_neighbours_of_a_key)
{
	static const struct {
		char key[4];
		size_t prefix_len;
		char below[4], at_or_above[4];
	} rows[] = {
		{"1b", 1, "1a", "1b"}, {"1a", 1, "", "1a"}, {"1z", 1, "1b", ""},
		{"1z", 0, "1b", "2a"}, {"2b", 1, "2a", ""}, {"9", 0, "2a", ""},
		{"0", 0, "", "1a"},    {"2", 1, "", "2a"},  {"3", 1, "", ""},
	};
	struct bytes below, at_or_above;
	put("1a", "x");
	put("1b", "x");
	put("2a", "x");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		store_neighbours(&txn, STORE_NODES, word(rows[i].key), rows[i].prefix_len, &below,
				 &at_or_above);
		expect(below, rows[i].below);
		expect(at_or_above, rows[i].at_or_above);
		cr_expect_eq(below.data == NULL, rows[i].below[0] == '\0');
	}
	commit();
}

Test(store, finds_the_last_key_of_a_prefix)
{
	struct bytes key, value;
	cr_expect_not(store_last(&txn, STORE_NODES, word(""), &key, &value));
	put("1a", "first");
	put("1b", "second");
	put("\xff\xff", "top");
	cr_assert(store_last(&txn, STORE_NODES, word("1"), &key, &value));
	expect(key, "1b");
	expect(value, "second");
	cr_assert(store_last(&txn, STORE_NODES, word("\xff"), &key, &value));
	expect(value, "top");
	cr_assert(store_last(&txn, STORE_NODES, word(""), &key, &value));
	expect(value, "top");
	cr_expect_not(store_last(&txn, STORE_NODES, word("2"), &key, &value));
	commit();
}

Test(store, commits_nothing_after_an_error)
{
	struct bytes value;
	put("a", "one");
	store_fail(&txn, STORE_CORRUPT);
	put("b", "two");
	cr_expect_not(store_get(&txn, STORE_NODES, word("a"), &value));
	cr_expect_str_eq(walked(&txn, "", 0), "");
	cr_expect_eq(store_commit(&txn), STORE_CORRUPT);
	store_read_begin(temp.store, &txn);
	cr_expect_not(store_get(&txn, STORE_NODES, word("a"), &value));
	cr_expect_eq(txn.error, STORE_OK);
	store_read_end(&txn);
}

Test(store, commits_only_what_is_dirty)
{
	struct store_usage usage;
	store_usage(temp.store, &usage);
	cr_expect_eq(usage.commits, 0);
	commit();
	store_write_begin(temp.store, &txn);
	put("a", "one");
	commit();
	store_usage(temp.store, &usage);
	cr_expect_eq(usage.commits, 1);
	cr_expect_eq(usage.entries[STORE_NODES], 1);
	cr_expect_eq(usage.size, 64u << 20);
	cr_expect_gt(usage.used, 0);
	cr_expect_lt(usage.used, 1u << 20);
}

Test(store, readers_see_their_snapshot_until_renewed)
{
	struct store_txn reader;
	struct bytes value;
	put("a", "one");
	commit();
	store_read_begin(temp.store, &reader);
	store_write_begin(temp.store, &txn);
	put("a", "two");
	commit();
	cr_assert(store_get(&reader, STORE_NODES, word("a"), &value));
	expect(value, "one");
	cr_expect_str_eq(walked(&reader, "", 0), "a ");
	store_read_reset(&reader);
	store_read_renew(&reader);
	cr_assert(store_get(&reader, STORE_NODES, word("a"), &value));
	expect(value, "two");
	cr_expect_str_eq(walked(&reader, "", 0), "a ");
	store_read_renew(&reader);
	cr_expect(store_get(&reader, STORE_NODES, word("a"), &value));
	store_read_end(&reader);
}

Test(store, keeps_numbers_and_the_settings_version)
{
	cr_expect_eq(store_number(&txn, "x"), 0);
	store_set_number(&txn, "x", UINT64_MAX);
	cr_expect_eq(store_number(&txn, "x"), UINT64_MAX);
	cr_expect_eq(store_settings_version(&txn), 0);
	store_settings_changed(&txn, 1, bytes_of("a", 1));
	store_settings_changed(&txn, 1, bytes_of("b", 1));
	cr_expect_eq(store_settings_version(&txn), 2);
	cr_expect_eq(store_number(&txn, "schema"), STORE_SCHEMA_VERSION);
	store_put(&txn, STORE_META, word("x"), word("short"));
	cr_expect_eq(store_number(&txn, "x"), 0);
	cr_expect_eq(txn.error, STORE_CORRUPT);
	store_abort(&txn);
}

/* Turns one bit in the file, at the first place where `text` stands. */
static void damage(const char *text)
{
	static char file[1 << 20];
	char path[160];
	snprintf(path, sizeof path, "%s/data.mdb", temp.path);
	int fd = open(path, O_RDWR);
	ssize_t len = read(fd, file, sizeof file);
	cr_assert_gt(len, 0);
	char *at = memmem(file, (size_t)len, text, strlen(text));
	cr_assert_not_null(at);
	at[2] ^= 0x10;
	cr_assert_eq(pwrite(fd, at, 4, at - file), 4);
	close(fd);
}

Test(store, sees_a_turned_bit_in_every_way_of_reading)
{
	struct bytes key = word("key"), value, other;
	struct store_walk walk;
	put("key", "a value that is unlike any other");
	commit();
	tempstore_close(&temp);
	damage("a value that is unlike");
	temp.store =
		store_open(&(struct store_options){.path = temp.path, .map_size = temp.map_size},
			   (char[STORE_ERROR_MAX]){0});
	for (unsigned way = 0; way < 4; way++) {
		store_read_begin(temp.store, &txn);
		store_walk_from(&walk, &txn, STORE_NODES, word(""), 0);
		if (way == 0)
			cr_expect_not(store_get(&txn, STORE_NODES, key, &value));
		else if (way == 1)
			cr_expect_not(store_walk_next(&walk, &other, &value));
		else if (way == 2)
			cr_expect_not(store_last(&txn, STORE_NODES, word(""), &other, &value));
		else
			store_neighbours(&txn, STORE_NODES, key, 0, &value, &other);
		store_walk_end(&walk);
		cr_expect_eq(txn.error, STORE_CORRUPT, "way %u", way);
		store_read_end(&txn);
	}
}
