/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/chain.h"
#include "journal/entry_time.h"
#include "journal/era.h"
#include "journal/log_time.h"
#include "tests/unit/tempstore.h"
#include <criterion/criterion.h>
#include <string.h>

#define SEC 1000000ull

static struct tempstore temp;
static struct store_txn txn;
static struct arena arena;

static void log_time_begin(void)
{
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
}

static void log_time_end(void)
{
	store_abort(&txn);
	tempstore_free(&temp);
	arena_free(&arena);
}

TestSuite(log_time, .init = log_time_begin, .fini = log_time_end);

Test(entry_time, the_time_of_an_entry_is_a_rule)
{
	/* Seconds; the last entry is of era 3. */
	static const struct {
		uint64_t last, before, wall;
		bool is_approved;
		enum entry_time_step step;
		uint64_t time;
		uint32_t era;
	} rows[] = {
		{0, 0, 0, false, ENTRY_TIME_GOES, 0, 3},
		{0, 0, 1000, false, ENTRY_TIME_GOES, 1000, 3},
		{1000, 0, 1000, false, ENTRY_TIME_GOES, 1000, 3},
		{1000, 0, 90000, false, ENTRY_TIME_GOES, 90000, 3},
		/* A clock that is being put right. */
		{1000, 0, 999, false, ENTRY_TIME_GOES, 1000, 3},
		{1000, 0, 970, false, ENTRY_TIME_GOES, 1000, 3},
		/* A clock that is behind, and nothing says that it is right. */
		{1000, 0, 969, false, ENTRY_TIME_STANDS, 1000, 3},
		{1000, 0, 0, false, ENTRY_TIME_STANDS, 1000, 3},
		{1000, 0, 969, true, ENTRY_TIME_BEGINS, 969, 4},
		{1000, 0, 999, true, ENTRY_TIME_BEGINS, 999, 4},
		{1000, 0, 1000, true, ENTRY_TIME_GOES, 1000, 3},
		{1000, 0, 2000, true, ENTRY_TIME_GOES, 2000, 3},
		/* Before a step forward, that nobody approved, it was 500: taken back, ... */
		{1000, 500, 1001, false, ENTRY_TIME_GOES, 1001, 3},
		{1000, 500, 975, false, ENTRY_TIME_GOES, 1000, 3},
		{1000, 500, 969, false, ENTRY_TIME_BEGINS, 969, 4},
		{1000, 500, 501, false, ENTRY_TIME_BEGINS, 501, 4},
		/* ... also by some seconds more than it was, ... */
		{1000, 500, 480, false, ENTRY_TIME_BEGINS, 500, 4},
		{1000, 500, 470, false, ENTRY_TIME_BEGINS, 500, 4},
		/* ... and not where the clock is wrong again. */
		{1000, 500, 469, false, ENTRY_TIME_STANDS, 1000, 3},
		{1000, 500, 0, false, ENTRY_TIME_STANDS, 1000, 3},
		{1000, 500, 0, true, ENTRY_TIME_BEGINS, 0, 4},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct entry_time last = {rows[i].last * SEC, 3}, next = {0};
		cr_expect_eq(entry_time_next(&last, rows[i].before * SEC, rows[i].wall * SEC,
					     rows[i].is_approved, &next),
			     rows[i].step, "row %zu", i);
		cr_expect_eq(next.us, rows[i].time * SEC, "row %zu", i);
		cr_expect_eq(next.era, rows[i].era, "row %zu", i);
	}
}

static struct entry log_time_append(uint64_t seconds)
{
	struct entry entry = {
		.time_us = seconds * SEC, .kind = ENTRY_SETTING, .principal = "x", .era = 77};
	journal_append(&txn, &entry, &arena);
	return entry;
}

/* The step that ends an era. */
static struct entry append_era_step(uint64_t seconds, uint64_t left_seq, uint64_t from, uint64_t to)
{
	struct state_edit rows = state_edit_of(&txn, &arena);
	struct entry entry = {.time_us = seconds * SEC, .kind = ENTRY_CLOCK_STEP};
	entry_time_begin(&txn, seconds * SEC);
	era_put(&rows, &(struct era){.number = entry_time_last(&txn).era,
				     .at = seconds,
				     .seq = journal_next_seq(&txn),
				     .left_seq = left_seq,
				     .left_from = from,
				     .left_to = to});
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(&txn, &entry, &arena);
	return entry;
}

/* As a version without eras wrote it. */
static void append_kind_without_era(uint64_t seconds, enum entry_kind kind)
{
	uint8_t key[8];
	struct journal_link head = journal_head(&txn), next = {.seq = head.seq + 1};
	struct entry entry = {
		.seq = next.seq, .time_us = seconds * SEC, .kind = kind, .principal = "x"};
	struct bytes packed = entry_pack(&entry, &arena);
	journal_link_digest(head.digest, packed, next.digest);
	uint8_t *value = arena_alloc(&arena, packed.len + DIGEST_LEN);
	memcpy(value, packed.data, packed.len);
	memcpy(value + packed.len, next.digest, DIGEST_LEN);
	struct bytes_out out = bytes_out_of(key, sizeof(key));
	bytes_out_u64(&out, next.seq);
	store_append(&txn, STORE_LOG, bytes_of(key, sizeof(key)),
		     bytes_of(value, packed.len + DIGEST_LEN));
	journal_set_head(&txn, &next);
}

static void append_without_era(uint64_t seconds)
{
	append_kind_without_era(seconds, ENTRY_SETTING);
}

Test(log_time, time_never_goes_back_within_an_era)
{
	cr_expect_eq(entry_time_last(&txn).era, 1);
	cr_expect_eq(entry_time_now(&txn, 5), 5);
	cr_expect_eq(log_time_append(1000).time_us, 1000 * SEC);
	struct entry entry = log_time_append(10);
	cr_expect_eq(entry.time_us, 1000 * SEC, "no step was noted");
	cr_expect_eq(entry.era, 1, "the caller has no say");
	cr_expect_eq(entry_time_now(&txn, 10), 1000 * SEC);
	entry_time_begin(&txn, 20 * SEC);
	cr_expect_eq(entry_time_now(&txn, 10), 20 * SEC);
	entry = log_time_append(21);
	cr_expect_eq(entry.time_us, 21 * SEC);
	cr_expect_eq(entry.era, 2);
	/* What is kept for it may be of another log. */
	struct entry_time last = entry_time_last(&txn);
	store_del(&txn, STORE_META, bytes_of("log-time", 8));
	cr_expect_eq(entry_time_last(&txn).us, last.us);
	cr_expect_eq(entry_time_last(&txn).era, last.era);
	append_without_era(5);
	cr_expect_eq(entry_time_last(&txn).us, 5 * SEC);
	cr_expect_eq(entry_time_last(&txn).era, 1);
}

struct wanted {
	uint64_t time, seq;
	size_t others;
	bool is_held;
};

static void expect_moments(const struct wanted *rows, size_t count, uint64_t now)
{
	struct log_moment at;
	for (size_t i = 0; i < count; i++) {
		log_time_at(&txn, rows[i].time * SEC, now * SEC, &at);
		cr_expect(at.is_known);
		cr_expect_eq(at.seq, rows[i].seq, "row %zu: %llu", i, (unsigned long long)at.seq);
		cr_expect_eq(at.others, rows[i].others, "row %zu: %zu", i, at.others);
		cr_expect_eq(at.is_held, rows[i].is_held, "row %zu", i);
		cr_expect_eq(log_time_say(&at, &arena) != NULL, rows[i].others > 0, "row %zu", i);
	}
	cr_expect_eq(txn.error, STORE_OK);
}

#define EXPECT_MOMENTS(now, ...)                                                                   \
	do {                                                                                       \
		static const struct wanted wanted[] = {__VA_ARGS__};                               \
		expect_moments(wanted, sizeof(wanted) / sizeof(wanted[0]), now);                   \
	} while (0)

Test(log_time, a_time_finds_the_last_entry_that_was_written_by_then)
{
	struct log_moment at;
	EXPECT_MOMENTS(50, {5, 0, 0, false});
	for (uint64_t time = 10; time <= 50; time += 10)
		log_time_append(time);
	EXPECT_MOMENTS(60, {0, 0, 0, false}, {9, 0, 0, false}, {10, 1, 0, true}, {11, 1, 0, true},
		       {20, 2, 0, true}, {49, 4, 0, true}, {50, 5, 0, true}, {60, 5, 0, true},
		       {61, 5, 0, false});
	/* What was pruned is not known. */
	for (uint8_t gone = 1; gone <= 2; gone++)
		store_del(&txn, STORE_LOG, bytes_of((uint8_t[8]){0, 0, 0, 0, 0, 0, 0, gone}, 8));
	log_time_at(&txn, 29 * SEC, 60 * SEC, &at);
	cr_expect_not(at.is_known);
	log_time_at(&txn, 30 * SEC, 60 * SEC, &at);
	cr_expect(at.is_known);
	cr_expect_eq(at.seq, 3);
}

/* 1 to 4: 100 to 400. 5 to 7: a clock that was 5000 ahead, 5500 to 5700. 8 on: 700 to 900. */
static void append_two_eras(void)
{
	for (uint64_t time = 100; time <= 400; time += 100)
		log_time_append(time);
	for (uint64_t time = 5500; time <= 5700; time += 100)
		log_time_append(time);
	append_era_step(700, 5, 5500, 5700);
	log_time_append(800);
	log_time_append(900);
}

Test(log_time, a_time_is_looked_for_in_every_era)
{
	append_two_eras();
	/* Of a time that only the era that was left behind has, that one is known. */
	EXPECT_MOMENTS(1000, {50, 0, 0, false}, {100, 1, 0, true}, {400, 4, 0, true},
		       {650, 4, 0, false}, {699, 4, 0, false}, {700, 8, 0, true},
		       {900, 10, 0, true}, {1000, 10, 0, true}, {2000, 10, 0, false},
		       {5499, 10, 0, false}, {5500, 5, 0, true}, {5650, 6, 0, true},
		       {5700, 7, 0, true}, {5701, 10, 0, false});
	/* Years later both have it: the later one counts. */
	log_time_append(5600);
	EXPECT_MOMENTS(5650, {5500, 10, 1, true}, {5599, 10, 1, true}, {5600, 11, 1, true},
		       {5650, 11, 1, true}, {5651, 6, 0, true}, {5499, 10, 0, true});
}

Test(log_time, a_span_takes_what_has_its_times_in_any_era)
{
	static const struct {
		uint64_t since, until, first, last;
		size_t backs;
	} rows[] = {
		{0, 0, 1, 10, 1},      {0, 300, 1, 3, 0},     {300, 0, 3, 10, 1},
		{700, 800, 8, 9, 0},   {300, 700, 3, 8, 0},   {300, 5600, 3, 10, 1},
		{5600, 0, 6, 7, 0},    {5600, 5650, 6, 6, 0}, {1000, 2000, 1, 0, 0},
		{850, 5500, 5, 10, 1}, {0, 50, 1, 0, 0},
	};
	struct log_span span;
	append_two_eras();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		log_time_span(&txn, rows[i].since * SEC, rows[i].until * SEC, &span);
		cr_expect_eq(span.first, rows[i].first, "row %zu: %llu", i,
			     (unsigned long long)span.first);
		cr_expect_eq(span.last, rows[i].last, "row %zu: %llu", i,
			     (unsigned long long)span.last);
		cr_expect_eq(span.backs, rows[i].backs, "row %zu", i);
		cr_expect_eq(span.back_seq, rows[i].backs ? 8 : 0, "row %zu", i);
		cr_expect_eq(log_time_span_say(&span, &arena) != NULL, rows[i].backs > 0);
	}
}

Test(log_time, entries_without_eras_are_looked_at_one_by_one)
{
	/* An hour back at entry 4, and some seconds at 3 and 6. */
	static const uint64_t times[] = {10000, 12000, 11980, 8400, 9000, 8990, 12500};
	struct log_moment at;
	struct log_span span;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		append_without_era(times[i]);
	log_time_append(13000);
	EXPECT_MOMENTS(14000, {8399, 0, 0, false}, {8400, 4, 0, true}, {9500, 6, 0, true},
		       {10000, 6, 1, true}, {11000, 6, 1, true}, {12600, 7, 0, false},
		       {13500, 8, 0, true});
	log_time_at(&txn, 11000 * SEC, 14000 * SEC, &at);
	cr_expect_str_eq(
		log_time_say(&at, &arena),
		"the clock was set back, so the log holds that time twice: the later is taken, in "
		"the entries from 4 on and not in entries 1 to 3 written from "
		"1970-01-01T02:46:40Z to 1970-01-01T03:20:00Z (seq:N names an entry)");
	log_time_span(&txn, 11000 * SEC, 12000 * SEC, &span);
	cr_expect_eq(span.first, 2);
	cr_expect_eq(span.last, 3);
	cr_expect_eq(span.backs, 0);
	log_time_span(&txn, 8500 * SEC, 12000 * SEC, &span);
	cr_expect_eq(span.first, 1);
	cr_expect_eq(span.last, 6);
	cr_expect_eq(span.backs, 1);
	log_time_span(&txn, 8980 * SEC, 8995 * SEC, &span);
	cr_expect_eq(span.first, 6, "some seconds are no step");
	cr_expect_eq(span.last, 6);
	cr_expect_eq(log_time_append(14000).era, 1);
}

Test(log_time, a_refusal_that_was_written_late_sets_no_clock_back)
{
	static const struct {
		uint64_t time;
		enum entry_kind kind;
	} rows[] = {{10000, ENTRY_DENIED}, {10000, ENTRY_SETTING}, {20000, ENTRY_SETTING},
		    {10001, ENTRY_DENIED}, {10002, ENTRY_DENIED},  {20010, ENTRY_SETTING},
		    {30000, ENTRY_SETTING}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		append_kind_without_era(rows[i].time, rows[i].kind);
	EXPECT_MOMENTS(40000, {9999, 0, 0, false}, {10000, 2, 0, true}, {15000, 2, 0, true},
		       {20000, 5, 0, true}, {20010, 6, 0, true}, {25000, 6, 0, true},
		       {30000, 7, 0, true});
	struct log_span span;
	log_time_span(&txn, 10000 * SEC, 10002 * SEC, &span);
	cr_expect_eq(span.first, 1);
	cr_expect_eq(span.last, 5, "it is of that time");
	cr_expect_eq(span.backs, 0);
}

Test(log_time, what_an_era_left_behind_counts_as_its_end)
{
	struct eras eras;
	append_two_eras();
	eras_read(&txn, &eras);
	cr_assert_eq(eras.count, 1);
	cr_expect_eq(eras_count(&eras, 7, 5700), 700);
	cr_expect_eq(eras_count(&eras, 4, 400), 400);
	cr_expect_eq(eras_count(&eras, 8, 5700), 5700, "it was written after that");
	cr_expect_eq(eras_count_us(&eras, 7, 5700 * SEC + 5), 700 * SEC);
	cr_expect_eq(eras_count_us(&eras, 4, 400 * SEC + 5), 400 * SEC + 5);
	/* A second one, and what both have left. */
	log_time_append(1900);
	append_era_step(300, 11, 1900, 1900);
	eras_read(&txn, &eras);
	cr_assert_eq(eras.count, 2);
	cr_expect_eq(eras_count(&eras, 7, 5700), 300);
	cr_expect_eq(eras_count(&eras, 11, 1900), 300);
	cr_expect_eq(eras_count(&eras, 1, 100), 100);
	uint64_t stamp = 0;
	cr_expect_not(eras_next_left(&eras, 300, &stamp), "nothing of it is so old yet");
	cr_expect(eras_next_left(&eras, 301, &stamp));
	cr_expect_eq(stamp, 1900);
	/* What the first left counts as the second's end: that is the earlier one. */
	stamp = 1901;
	cr_expect_not(eras_next_left(&eras, 300, &stamp));
	cr_expect(eras_next_left(&eras, 301, &stamp));
	cr_expect_eq(stamp, 5500);
	stamp = 5600;
	cr_expect(eras_next_left(&eras, 301, &stamp));
	cr_expect_eq(stamp, 5600);
	stamp = 5701;
	cr_expect_not(eras_next_left(&eras, 9999, &stamp));
}

Test(log_time, only_the_latest_eras_are_kept)
{
	struct eras eras;
	for (uint64_t i = 0; i < ERAS_MAX + 3; i++) {
		log_time_append(5000 + i);
		append_era_step(1000 + i, journal_next_seq(&txn) - 1, 5000 + i, 5000 + i);
	}
	eras_read(&txn, &eras);
	cr_expect_eq(eras.count, ERAS_MAX);
	cr_expect_eq(eras.items[0].number, ERAS_MAX + 4);
	cr_expect_eq(eras.items[ERAS_MAX - 1].number, 5);
	size_t rows = 0;
	struct state_walk walk;
	struct bytes key, row;
	state_walk_from(&walk, &txn, STATE_SERVER, bytes_of("era-", 4));
	while (state_walk_next(&walk, &key, &row))
		rows++;
	state_walk_end(&walk);
	cr_expect_eq(rows, ERAS_MAX);
	/* Times are found in all of them: the log says what a row does not. */
	struct log_moment at;
	log_time_at(&txn, 5000 * SEC, 1100 * SEC, &at);
	cr_expect_eq(at.seq, 1);
	cr_expect(at.is_held);
}
