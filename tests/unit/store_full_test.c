/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/bad_disk.h"
#include "store/writer.h"
#include "tests/unit/tempstore.h"
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tempstore temp;

static void begin(void)
{
	tempstore_open(&temp, 0);
}

static void end(void)
{
	tempstore_free(&temp);
}

TestSuite(store_full, .init = begin, .fini = end);

static enum store_error put_number(unsigned number, size_t len, bool may_use_reserve)
{
	static uint8_t value[65536];
	struct store_txn txn;
	char key[16];
	snprintf(key, sizeof key, "%08u", number);
	store_write_begin(temp.store, &txn);
	if (may_use_reserve)
		store_use_reserve(&txn);
	store_put(&txn, STORE_NODES, bytes_of(key, 8), bytes_of(value, len));
	return store_commit(&txn);
}

static enum store_error del_number(unsigned number)
{
	struct store_txn txn;
	char key[16];
	snprintf(key, sizeof key, "%08u", number);
	store_write_begin(temp.store, &txn);
	store_del(&txn, STORE_NODES, bytes_of(key, 8));
	return store_commit(&txn);
}

static bool has_number(struct store_txn *reader, unsigned number)
{
	char key[16];
	struct bytes value;
	snprintf(key, sizeof key, "%08u", number);
	store_read_renew(reader);
	bool is_there = store_get(reader, STORE_NODES, bytes_of(key, 8), &value);
	cr_expect_eq(reader->error, STORE_OK);
	store_read_reset(reader);
	return is_there;
}

static unsigned fill(size_t len)
{
	unsigned count = 0;
	while (put_number(count, len, false) == STORE_OK)
		count++;
	cr_assert_gt(count, 10);
	return count;
}

Test(store_full, a_full_map_refuses_puts_and_takes_deletes)
{
	struct store_txn reader;
	tempstore_free(&temp);
	tempstore_open(&temp, 1 << 20);
	store_read_begin(temp.store, &reader);
	unsigned count = fill(1500);
	cr_expect_eq(put_number(count, 1500, false), STORE_FULL);
	cr_expect(has_number(&reader, 0));
	cr_expect_not(has_number(&reader, count));
	cr_expect_eq(put_number(count, 10, true), STORE_OK, "the reserve is for who asks");
	for (unsigned i = 0; i < count; i++)
		cr_assert_eq(del_number(i), STORE_OK, "deleting %u of %u", i, count);
	cr_expect_eq(put_number(0, 1500, false), STORE_OK);
	cr_expect(has_number(&reader, 0));
	store_read_end(&reader);
}

Test(store_full, a_reserve_that_is_used_up_still_takes_deletes)
{
	tempstore_free(&temp);
	tempstore_open(&temp, 1 << 20);
	unsigned count = fill(1500), more = 0;
	while (put_number(count + more, 1500, true) == STORE_OK)
		more++;
	cr_expect_gt(more, 0);
	cr_expect_eq(del_number(0), STORE_OK);
	cr_expect_eq(del_number(1), STORE_OK);
}

Test(store_full, a_large_transaction_does_not_eat_the_reserve)
{
	static uint8_t value[900];
	struct store_txn txn;
	char key[16];
	store_write_begin(temp.store, &txn);
	unsigned count = 0;
	for (; !txn.error; count++) {
		snprintf(key, sizeof key, "%08u", count);
		store_append(&txn, STORE_NODES, bytes_of(key, 8), bytes_of(value, sizeof value));
	}
	cr_expect_lt(count, (60u << 20) / 900);
	cr_expect_gt(count, (50u << 20) / 900);
	cr_expect_eq(store_commit(&txn), STORE_FULL);
	cr_expect_eq(put_number(1, 10, false), STORE_OK, "nothing of it is left");
}

Test(store_full, a_full_disk_is_survived)
{
	static const struct {
		enum bad_disk where;
		int code;
		enum store_error error;
	} rows[] = {
		{BAD_DISK_PAGES, ENOSPC, STORE_DISK_FULL},
		{BAD_DISK_PAGES, EDQUOT, STORE_DISK_FULL},
		{BAD_DISK_PAGES, EIO, STORE_BROKEN},
		{BAD_DISK_PAGES, EROFS, STORE_READ_ONLY},
		{BAD_DISK_HEAD, ENOSPC, STORE_DISK_FULL},
		{BAD_DISK_HEAD, EIO, STORE_BROKEN},
		{BAD_DISK_HEAD, EROFS, STORE_READ_ONLY},
		{BAD_DISK_SYNC, EIO, STORE_BROKEN},
		{BAD_DISK_SYNC, ENOSPC, STORE_DISK_FULL},
	};
	struct store_txn reader;
	store_read_begin(temp.store, &reader);
	store_read_reset(&reader);
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		cr_assert_eq(put_number(2 * i, 5000, false), STORE_OK);
		bad_disk_set(rows[i].where, rows[i].code, 1);
		cr_expect_eq(put_number(2 * i + 1, 5000, false), rows[i].error, "row %u", i);
		bad_disk_set(BAD_DISK_NEVER, 0, 0);
		cr_expect(has_number(&reader, 2 * i), "row %u", i);
		cr_expect_not(has_number(&reader, 2 * i + 1), "row %u", i);
	}
	cr_expect_eq(put_number(1, 5000, false), STORE_OK);
	cr_expect(has_number(&reader, 1));
	store_read_end(&reader);
	tempstore_restart(&temp);
	store_read_begin(temp.store, &reader);
	cr_expect(has_number(&reader, 1));
	cr_expect_not(has_number(&reader, 3));
	store_read_end(&reader);
}

Test(store_full, a_file_that_may_not_grow_is_a_full_disk)
{
	struct store_txn reader;
	struct rlimit limit, old;
	struct stat st;
	char path[200];
	signal(SIGXFSZ, SIG_IGN);
	snprintf(path, sizeof path, "%s/data.mdb", temp.path);
	cr_assert_eq(put_number(0, 60000, false), STORE_OK);
	cr_assert_eq(stat(path, &st), 0);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	limit.rlim_cur = (rlim_t)st.st_size + 10000;
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	unsigned count = 1;
	enum store_error error;
	while ((error = put_number(count, 60000, false)) == STORE_OK)
		count++;
	cr_expect_eq(error, STORE_DISK_FULL);
	cr_expect_eq(put_number(count, 60000, false), STORE_DISK_FULL);
	store_read_begin(temp.store, &reader);
	cr_expect(has_number(&reader, count - 1));
	store_read_end(&reader);
	cr_assert_eq(setrlimit(RLIMIT_FSIZE, &old), 0);
	cr_expect_eq(put_number(count, 60000, false), STORE_OK);
}

static _Atomic bool is_over;
static _Atomic unsigned long reads, misses;

static void *read_on(void *unused)
{
	struct store_txn reader;
	(void)unused;
	store_read_begin(temp.store, &reader);
	store_read_reset(&reader);
	for (; !is_over; reads++) {
		struct bytes value;
		store_read_renew(&reader);
		if (!store_get(&reader, STORE_NODES, bytes_of("00000000", 8), &value) &&
		    reader.error != STORE_BROKEN)
			misses++;
		store_read_reset(&reader);
	}
	store_read_end(&reader);
	return NULL;
}

Test(store_full, readers_go_on_while_the_environment_is_opened_anew)
{
	pthread_t threads[2];
	cr_assert_eq(put_number(0, 100, false), STORE_OK);
	for (unsigned i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, read_on, NULL), 0);
	while (reads < 10) /* a busy machine may let them wait */
		sched_yield();
	for (unsigned i = 1; i <= 20; i++) {
		bad_disk_set(BAD_DISK_HEAD, ENOSPC, 1);
		cr_expect_eq(put_number(i, 100, false), STORE_DISK_FULL);
		cr_expect_eq(put_number(i, 100, false), STORE_OK);
	}
	unsigned long before = reads;
	while (reads < before + 10)
		sched_yield();
	is_over = true;
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(misses, 0);
}

Test(store_full, a_lost_environment_is_opened_anew_when_the_reader_that_kept_it_goes)
{
	struct store_txn reader;
	cr_assert_eq(put_number(0, 100, false), STORE_OK);
	store_read_begin(temp.store, &reader);
	bad_disk_set(BAD_DISK_HEAD, ENOSPC, 1);
	cr_expect_eq(put_number(1, 100, false), STORE_DISK_FULL);
	cr_expect_eq(put_number(1, 100, false), STORE_BROKEN);
	store_read_reset(&reader);
	cr_expect_eq(put_number(1, 100, false), STORE_OK);
	cr_expect(has_number(&reader, 1));
	store_read_end(&reader);
}

static _Atomic bool holds;

/* A listing: it looks now and then whether it is in the way. */
static void *list_on(void *unused)
{
	struct store_txn reader;
	(void)unused;
	store_read_begin(temp.store, &reader);
	holds = true;
	while (!store_is_reopening(temp.store))
		sched_yield();
	store_read_reset(&reader);
	store_read_end(&reader);
	return NULL;
}

Test(store_full, a_listing_that_looks_does_not_keep_a_failed_store_from_being_opened_anew)
{
	pthread_t thread;
	cr_assert_eq(put_number(0, 5000, false), STORE_OK);
	cr_assert_eq(pthread_create(&thread, NULL, list_on, NULL), 0);
	while (!holds)
		sched_yield();
	bad_disk_set(BAD_DISK_HEAD, EIO, 1);
	cr_expect_eq(put_number(1, 5000, false), STORE_BROKEN);
	pthread_join(thread, NULL);
	struct store_txn reader;
	store_read_begin(temp.store, &reader);
	cr_expect(has_number(&reader, 0), "it was opened at once");
	store_read_end(&reader);
	cr_expect(store_mend(temp.store), "nothing is left to do");
}

Test(store_full, what_could_not_be_opened_anew_is_when_the_last_reader_has_gone)
{
	struct store_txn log_maintenance, reader;
	cr_assert_eq(put_number(0, 5000, false), STORE_OK);
	store_read_begin(temp.store, &log_maintenance);
	bad_disk_set(BAD_DISK_HEAD, EIO, 1);
	cr_expect_eq(put_number(1, 5000, false), STORE_BROKEN);
	cr_expect_not(store_mend(temp.store));
	store_read_end(&log_maintenance);
	cr_expect(store_mend(temp.store));
	store_read_begin(temp.store, &reader);
	cr_expect(has_number(&reader, 0));
	store_read_end(&reader);
}

static enum store_trouble trouble(void)
{
	struct store_health health;
	store_health(temp.store, &health);
	return health.now;
}

Test(store_full, what_is_wrong_is_told_from_the_first_error_to_the_first_success)
{
	static const struct {
		int code;
		enum store_trouble trouble;
	} rows[] = {
		{ENOSPC, STORE_TROUBLE_DISK},
		{EIO, STORE_TROUBLE_DEVICE},
		{EROFS, STORE_TROUBLE_READ_ONLY},
		{ENOMEM, STORE_TROUBLE_MEMORY},
	};
	struct store_health health;
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		cr_expect_eq(trouble(), STORE_TROUBLE_NONE);
		bad_disk_set(BAD_DISK_PAGES, rows[i].code, 1);
		cr_expect_neq(put_number(i, 100, false), STORE_OK);
		cr_expect_eq(trouble(), rows[i].trouble, "row %u", i);
		cr_expect_eq(put_number(i, 100, false), STORE_OK);
		store_health(temp.store, &health);
		cr_expect_eq(health.now, STORE_TROUBLE_NONE);
		cr_expect_eq(health.last, rows[i].trouble);
	}
}

Test(store_full, a_trouble_ends_by_itself_where_nobody_writes)
{
	cr_assert_eq(put_number(0, 100, false), STORE_OK);
	bad_disk_set(BAD_DISK_PAGES, EIO, 1);
	cr_expect_eq(put_number(1, 100, false), STORE_BROKEN);
	cr_expect_eq(trouble(), STORE_TROUBLE_DEVICE);
	cr_expect(store_mend(temp.store), "a write that changes nothing was tried");
	cr_expect_eq(trouble(), STORE_TROUBLE_NONE);
	bad_disk_set(BAD_DISK_PAGES, EIO, 1000);
	cr_expect_eq(put_number(1, 100, false), STORE_BROKEN);
	cr_expect_not(store_mend(temp.store));
	cr_expect_eq(trouble(), STORE_TROUBLE_DEVICE);
}

/* A trial of the size that failed is not made with each write: the writer looks again. */
static bool is_mended(void)
{
	for (unsigned tries = 0; tries < 100000; tries++) {
		if (store_mend(temp.store))
			return true;
		sched_yield();
	}
	return false;
}

Test(store_full, a_full_map_is_a_trouble_until_there_is_room_for_more_than_the_reserve)
{
	tempstore_free(&temp);
	tempstore_open(&temp, 1 << 20);
	unsigned count = fill(1500);
	cr_expect_eq(trouble(), STORE_TROUBLE_MAP);
	cr_expect_eq(put_number(count, 10, true), STORE_OK);
	cr_expect_eq(trouble(), STORE_TROUBLE_MAP, "the reserve is not room");
	cr_expect_not(store_mend(temp.store));
	for (unsigned i = 0; i < count; i++)
		cr_assert_eq(del_number(i), STORE_OK);
	cr_expect(is_mended());
	cr_expect_eq(trouble(), STORE_TROUBLE_NONE);
}

/* In one transaction. */
static enum store_error put_large(unsigned number)
{
	static uint8_t value[60000];
	struct store_txn txn;
	char key[16];
	store_write_begin(temp.store, &txn);
	for (unsigned i = 0; i < 10; i++) {
		snprintf(key, sizeof key, "%08u-%u", number, i);
		store_put(&txn, STORE_NODES, bytes_of(key, 10), bytes_of(value, sizeof value));
	}
	return store_commit(&txn);
}

Test(store_full, a_map_that_takes_small_writes_and_no_large_one_is_full)
{
	struct store_txn reader;
	tempstore_free(&temp);
	tempstore_open(&temp, 4 << 20);
	unsigned count = 60, large = 0;
	for (unsigned i = 0; i < count; i++)
		cr_assert_eq(put_number(i, 20000, false), STORE_OK);
	/* What is removed while somebody reads is no room. */
	store_read_begin(temp.store, &reader);
	for (unsigned i = 0; i < count; i++)
		cr_assert_eq(del_number(i), STORE_OK);
	while (put_large(large) == STORE_OK)
		large++;
	cr_expect_eq(trouble(), STORE_TROUBLE_MAP);
	for (unsigned i = 1; i < 5; i++) {
		cr_expect_eq(put_number(i, 10, false), STORE_OK);
		cr_expect_eq(trouble(), STORE_TROUBLE_MAP, "after small write %u", i);
		store_mend(temp.store);
		cr_expect_eq(trouble(), STORE_TROUBLE_MAP, "after look %u", i);
	}
	cr_expect_eq(put_large(large), STORE_FULL, "it is, for a large one");
	store_read_end(&reader);
	cr_expect(is_mended(), "nobody reads what was removed");
	cr_expect_eq(trouble(), STORE_TROUBLE_NONE);
	cr_expect_eq(put_large(large), STORE_OK);
}

Test(store_full, a_map_that_was_too_small_for_one_write_is_not_full_once_it_is_larger)
{
	char error[STORE_ERROR_MAX];
	struct store_txn txn;
	static uint8_t value[65536];
	tempstore_free(&temp);
	tempstore_open(&temp, 1 << 20);
	store_write_begin(temp.store, &txn);
	for (unsigned i = 0; !txn.error; i++) {
		char key[16];
		snprintf(key, sizeof key, "%08u", i);
		store_put(&txn, STORE_NODES, bytes_of(key, 8), bytes_of(value, sizeof value));
	}
	cr_expect_eq(store_commit(&txn), STORE_FULL);
	cr_expect_eq(trouble(), STORE_TROUBLE_MAP);
	cr_expect_eq(put_number(1, 10, false), STORE_OK);
	cr_expect_eq(trouble(), STORE_TROUBLE_MAP, "a write as large finds no room");
	struct writer *writer = writer_start(temp.store, NULL, NULL);
	cr_expect(store_grow(temp.store, writer, 8 << 20, error), "%s", error);
	writer_free(writer);
	cr_expect(is_mended());
	cr_expect_eq(trouble(), STORE_TROUBLE_NONE);
}

static enum store_error put_half(unsigned number, size_t len)
{
	static uint8_t value[65536];
	struct store_txn txn;
	char key[16];
	snprintf(key, sizeof key, "%08u", number);
	store_write_begin(temp.store, &txn);
	store_use_half_of_reserve(&txn);
	store_put(&txn, STORE_NODES, bytes_of(key, 8), bytes_of(value, len));
	return store_commit(&txn);
}

Test(store_full, clients_have_half_of_the_reserve_and_an_administrator_the_rest)
{
	tempstore_free(&temp);
	tempstore_open(&temp, 16 << 20);
	unsigned count = fill(1500), half = 0, rest = 0;
	while (put_half(count + half, 1500) == STORE_OK)
		half++;
	cr_expect_gt(half, 0);
	while (put_number(count + half + rest, 1500, true) == STORE_OK)
		rest++;
	cr_expect_gt(rest, 0);
}

/* On a machine with much to do a reader may be stopped in the middle, and a person tries again. */
static bool grow_in_the_end(struct writer *writer, uint64_t size, char *error)
{
	for (unsigned tries = 0; tries < 20; tries++)
		if (store_grow(temp.store, writer, size, error))
			return true;
		else if (!strstr(error, "try again"))
			return false;
	return false;
}

Test(store_full, a_full_map_is_enlarged_while_readers_read)
{
	pthread_t threads[2];
	char error[STORE_ERROR_MAX];
	struct store_usage usage;
	tempstore_free(&temp);
	tempstore_open(&temp, 1 << 20);
	unsigned count = fill(1500);
	struct writer *writer = writer_start(temp.store, NULL, NULL);
	for (unsigned i = 0; i < 2; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, read_on, NULL), 0);
	for (unsigned size = 2; size <= 16; size++)
		cr_expect(grow_in_the_end(writer, (uint64_t)size << 20, error), "%s", error);
	cr_expect_not(store_grow(temp.store, writer, 1 << 20, error));
	cr_expect_str_eq(error, "the map has 16M already: it only grows while the store is in use; "
				"the setting map-size and a restart make it smaller");
	is_over = true;
	for (unsigned i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	writer_free(writer);
	cr_expect_eq(misses, 0);
	store_usage(temp.store, &usage);
	cr_expect_eq(usage.size, 16u << 20);
	for (unsigned i = 0; i < 1000; i++)
		cr_assert_eq(put_number(count + i, 1500, false), STORE_OK);
	/* It is over when it was tried, which is not at each commit. */
	cr_expect_eq(trouble(), STORE_TROUBLE_NONE);
}

Test(store_full, a_map_is_not_enlarged_under_a_snapshot)
{
	char error[STORE_ERROR_MAX];
	struct store_txn reader;
	struct writer *writer = writer_start(temp.store, NULL, NULL);
	cr_assert_eq(put_number(0, 100, false), STORE_OK);
	store_read_begin(temp.store, &reader);
	cr_expect_not(store_grow(temp.store, writer, 128 << 20, error));
	cr_expect_str_eq(error,
			 "a listing, a transfer or a copy holds a snapshot of the store: try "
			 "again when it has ended");
	struct bytes value;
	cr_expect(store_get(&reader, STORE_NODES, bytes_of("00000000", 8), &value));
	store_read_end(&reader);
	cr_expect(store_grow(temp.store, writer, 128 << 20, error), "%s", error);
	writer_free(writer);
}

static int pipe_fds[2];
static _Atomic enum store_error copied;
static _Atomic size_t taken;

static void *copy_on(void *unused)
{
	(void)unused;
	copied = store_copy(temp.store, pipe_fds[1]);
	is_over = true;
	close(pipe_fds[1]);
	return NULL;
}

/* A disk that takes its time. */
static void *take_slowly(void *unused)
{
	static uint8_t piece[65536];
	ssize_t n;
	(void)unused;
	while ((n = read(pipe_fds[0], piece, sizeof piece)) > 0) {
		taken += (size_t)n;
		usleep(is_over ? 0 : 20000);
	}
	return NULL;
}

Test(store_full, a_copy_does_not_keep_a_failed_store_from_being_opened_anew)
{
	pthread_t copier, taker;
	struct store_txn reader;
	signal(SIGPIPE, SIG_IGN);
	for (unsigned i = 0; i < 400; i++)
		cr_assert_eq(put_number(i, 60000, false), STORE_OK);
	cr_assert_eq(pipe(pipe_fds), 0);
	cr_assert_eq(pthread_create(&taker, NULL, take_slowly, NULL), 0);
	cr_assert_eq(pthread_create(&copier, NULL, copy_on, NULL), 0);
	while (taken < 200000)
		sched_yield();
	bad_disk_set(BAD_DISK_HEAD, EIO, 1);
	cr_expect_eq(put_number(400, 100, false), STORE_BROKEN);
	store_read_begin(temp.store, &reader);
	cr_expect(has_number(&reader, 0), "it was opened at once");
	store_read_end(&reader);
	pthread_join(copier, NULL);
	pthread_join(taker, NULL);
	cr_expect_eq(copied, STORE_DISK_FULL);
	cr_expect_lt(taken, 20u << 20, "it did not copy to the end");
	cr_expect_eq(put_number(400, 100, false), STORE_OK);
}
