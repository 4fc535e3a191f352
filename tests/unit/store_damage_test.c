/* SPDX-License-Identifier: BSD-2-Clause */
/* Bits that flip in a store's file: a sentence, or right values; never a crash or a wrong one. */
#include "config.h"
#include "store/inspect.h"
#include "tests/unit/tempstore.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS     900
#define BIG_ROW  17 /* each of these is a value of several pages */
#define BIG_LEN  9000
#define PAGE     4096
#define PER_PAGE 4 /* 40 were tried, too */

static struct tempstore temp;
static char file[200];
static uint8_t *good;
static size_t size;

static struct bytes key_of(unsigned i, char out[16])
{
	snprintf(out, 16, "key%06u", i);
	return bytes_of(out, strlen(out));
}

static struct bytes value_of(unsigned i, uint8_t out[BIG_LEN])
{
	size_t len = i % BIG_ROW == 0 ? BIG_LEN : 20 + i % 60;
	for (size_t k = 0; k < len; k++)
		out[k] = (uint8_t)(i * 7 + k);
	return bytes_of(out, len);
}

static void put_rows(unsigned first, unsigned step, bool is_delete)
{
	char key[16];
	static uint8_t value[BIG_LEN];
	struct store_txn txn;
	store_write_begin(temp.store, &txn);
	for (unsigned i = first; i < ROWS; i += step) {
		if (is_delete)
			store_del(&txn, STORE_NODES, key_of(i, key));
		else
			store_put(&txn, STORE_NODES, key_of(i, key), value_of(i, value));
	}
	cr_assert_eq(store_commit(&txn), STORE_OK);
}

static void begin(void)
{
	struct stat st;
	tempstore_open(&temp, 0);
	put_rows(0, 1, false);
	/* Leaves a list of free pages. */
	put_rows(1, 3, true);
	put_rows(1, 3, false);
	tempstore_close(&temp);
	snprintf(file, sizeof file, "%s/data.mdb", temp.path);
	int fd = open(file, O_RDONLY);
	cr_assert_eq(fstat(fd, &st), 0);
	size = (size_t)st.st_size;
	good = malloc(size);
	cr_assert_eq(read(fd, good, size), (ssize_t)size);
	close(fd);
}

static void end(void)
{
	free(good);
	tempstore_free(&temp);
}

TestSuite(store_damage, .init = begin, .fini = end);

static void write_file(const uint8_t *bytes, size_t len)
{
	int fd = open(file, O_WRONLY | O_TRUNC);
	cr_assert_eq(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

/* What a reader and a writer may see: each row right, or an error. */
static void expect_no_lie(const char *where)
{
	char key[16];
	static uint8_t value[BIG_LEN];
	struct bytes found;
	struct store_txn txn;
	store_read_begin(temp.store, &txn);
	for (unsigned i = 0; i < ROWS; i++) {
		struct bytes wanted = value_of(i, value);
		bool is_there = store_get(&txn, STORE_NODES, key_of(i, key), &found);
		cr_assert(txn.error || (is_there && bytes_equal(found, wanted)), "%s: row %u",
			  where, i);
		if (txn.error)
			store_read_renew(&txn);
	}
	store_read_end(&txn);
	store_write_begin(temp.store, &txn);
	for (unsigned i = 5; i < ROWS; i += 50)
		store_put(&txn, STORE_NODES, key_of(i, key), value_of(i, value));
	store_commit(&txn);
}

static void try_file(const char *where, unsigned *refused, unsigned *opened)
{
	char error[STORE_ERROR_MAX] = "";
	struct store_options options = {.path = temp.path, .map_size = 64 << 20, .readers = 4};
	uint64_t schema = store_inspect_schema(file);
	cr_assert(schema == 0 || schema == STORE_SCHEMA_VERSION, "%s", where);
	temp.store = store_open(&options, error);
	cr_assert(!temp.store || schema, "%s", where);
	++*(temp.store ? opened : refused);
	if (temp.store)
		expect_no_lie(where);
	else
		cr_assert_not_null(strstr(error, temp.path), "%s: '%s'", where, error);
	tempstore_close(&temp);
}

static void flip(size_t at, unsigned bit, unsigned *refused, unsigned *opened)
{
	char where[64];
	snprintf(where, sizeof where, "page %zu, byte %zu, bit %u", at / PAGE, at % PAGE, bit);
	good[at] ^= (uint8_t)(1u << bit);
	write_file(good, size);
	good[at] ^= (uint8_t)(1u << bit);
	try_file(where, refused, opened);
}

Test(store_damage, no_flipped_bit_in_any_page_is_a_crash_or_a_lie, .timeout = 300)
{
	unsigned refused = 0, opened = 0;
	srand(5);
	cr_assert_gt(size / PAGE, 60);
	for (size_t page = 0; page < size / PAGE; page++) {
		/* Each byte of a page's head, then places anywhere in it. */
		for (size_t i = 0; i < 16; i += 5)
			flip(page * PAGE + i, (unsigned)(rand() % 8), &refused, &opened);
		for (unsigned i = 0; i < PER_PAGE; i++)
			flip(page * PAGE + (size_t)rand() % PAGE, (unsigned)(rand() % 8), &refused,
			     &opened);
	}
	cr_expect_gt(refused, 100, "%u", refused);
	cr_expect_gt(opened, 200, "%u", opened);
}

Test(store_damage, every_bit_of_the_heads, .timeout = 300)
{
	unsigned refused = 0, opened = 0;
	for (size_t page = 0; page < 2; page++)
		for (size_t i = 0; i < 16 + 136; i++)
			for (unsigned bit = 0; bit < 8; bit += 7)
				flip(page * PAGE + i, bit, &refused, &opened);
	cr_expect_gt(refused, 100, "%u", refused);
}

Test(store_damage, a_file_cut_short_anywhere_is_refused)
{
	unsigned refused = 0, opened = 0, cuts = 0;
	for (size_t len = 0; len + PAGE < size; len += len < 3 * PAGE ? 777 : 5 * PAGE + 100) {
		write_file(good, len);
		try_file("cut short", &refused, &opened);
		cuts++;
	}
	cr_expect_eq(refused, cuts, "%u of %u", refused, cuts);
}

Test(store_damage, an_empty_file_is_not_taken_for_a_new_store)
{
	char error[STORE_ERROR_MAX] = "";
	struct store_options options = {.path = temp.path};
	write_file(good, 0);
	cr_expect_null(store_open(&options, error));
	cr_expect_not_null(strstr(error, "is empty"), "%s", error);
	cr_expect_not_null(strstr(error, "tenurectl restore"), "%s", error);
}

static void count_found(void *context, const struct store_damage *damage)
{
	unsigned *rows = context;
	*rows += damage->is_row;
}

Test(store_damage, a_damaged_row_is_found_and_named)
{
	static const char text[] = "key000123";
	unsigned rows = 0;
	char error[STORE_ERROR_MAX];
	uint8_t *at = memmem(good, size, text, sizeof text - 1);
	cr_assert_not_null(at);
	/* Old copies of the page lie around: damage each of them. */
	for (; at; at = memmem(at + 1, size - (size_t)(at + 1 - good), text, sizeof text - 1))
		at[sizeof text + 3] ^= 0x10;
	write_file(good, size);
	struct store_inspection found = {.found = count_found, .context = &rows};
	cr_assert(store_inspect(file, &found, error), "%s", error);
	cr_expect_not(found.is_broken, "%s", found.first);
	cr_expect(found.is_whole);
	cr_expect_eq(rows, 1);
	cr_expect_eq(found.damaged_rows[STORE_NODES], 1);
	cr_expect_eq(found.rows[STORE_NODES], ROWS);
}

Test(store_damage, an_older_store_without_newer_tables_opens_read_only)
{
	/* Tables that a file lacks: as after an update of tenure. The newest has no row here. */
	char error[STORE_ERROR_MAX] = "", name[] = "runs";
	struct store_txn txn;
	struct bytes value;
	uint8_t *at = memmem(good, size, name, sizeof name - 1);
	cr_assert_not_null(at);
	for (; at; at = memmem(at + 1, size - (size_t)(at + 1 - good), name, sizeof name - 1))
		memcpy(at, "runz", 4);
	write_file(good, size);
	struct store_options options = {.path = temp.path, .is_read_only = true};
	temp.store = store_open(&options, error);
	cr_assert_not_null(temp.store, "%s", error);
	store_read_begin(temp.store, &txn);
	cr_expect_not(store_get(&txn, STORE_RUNS, bytes_of("x", 1), &value));
	cr_expect_eq(txn.error, STORE_OK);
	struct store_walk walk;
	struct bytes key;
	store_walk_from(&walk, &txn, STORE_RUNS, bytes_of(NULL, 0), 0);
	cr_expect_not(store_walk_next(&walk, &key, &value));
	store_walk_end(&walk);
	cr_expect_eq(txn.error, STORE_OK);
	store_read_end(&txn);
}

Test(store_damage, a_copy_reads_back_and_is_smaller)
{
	char error[STORE_ERROR_MAX] = "", path[220];
	struct stat st;
	snprintf(path, sizeof path, "%s/copy", temp.path);
	tempstore_restart(&temp);
	put_rows(2, 2, true);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	cr_assert_eq(store_copy(temp.store, fd), STORE_OK);
	cr_assert_eq(fstat(fd, &st), 0);
	cr_expect_lt(st.st_size, (off_t)size);
	close(fd);
	tempstore_close(&temp);
	struct store_options options = {.path = path, .is_read_only = true, .is_file = true};
	temp.store = store_open(&options, error);
	cr_assert_not_null(temp.store, "%s", error);
	struct store_usage usage;
	store_usage(temp.store, &usage);
	cr_expect_eq(usage.entries[STORE_NODES], ROWS / 2 + 1);
}

/* LMDB leaves such a value in its pages. */
Test(store_damage, a_value_that_became_shorter_in_one_transaction_is_whole)
{
	static const size_t lens[] = {BIG_LEN, 3 * BIG_LEN, BIG_LEN, 2 * PAGE, 100, 1};
	static uint8_t value[3 * BIG_LEN];
	char key[16], error[STORE_ERROR_MAX];
	struct store_inspection report = {0};
	struct store_options options = {.path = temp.path};
	struct store_txn txn;
	temp.store = store_open(&options, error);
	cr_assert_not_null(temp.store, "%s", error);
	store_write_begin(temp.store, &txn);
	for (unsigned row = 0; row < 6; row++) {
		for (unsigned i = 0; i <= row; i++)
			store_put(&txn, STORE_NODES, key_of(row, key), bytes_of(value, lens[i]));
	}
	cr_assert_eq(store_commit(&txn), STORE_OK);
	tempstore_close(&temp);
	cr_assert(store_inspect(file, &report, error), "%s", error);
	cr_expect_not(report.is_broken, "%s", report.first);
	cr_expect(report.is_whole);
	for (unsigned table = 0; table < STORE_TABLES; table++)
		cr_expect_eq(report.damaged_rows[table], 0);
}
