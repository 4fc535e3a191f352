/* SPDX-License-Identifier: BSD-2-Clause */
/* Three logs beside each other: numbers, chains, pruning and indexes of their own. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "journal/chain.h"
#include "journal/index.h"
#include "journal/entry_time.h"
#include "journal/log_merge.h"
#include "journal/prune.h"
#include "journal/put_back.h"
#include "journal/refusal_span.h"
#include "tests/unit/tempstore.h"

static struct tempstore temp;
static struct store_txn txn;
static struct arena arena;

static void begin(void)
{
	tempstore_open(&temp, 64u << 20);
	store_write_begin(temp.store, &txn);
}

static void end(void)
{
	store_abort(&txn);
	tempstore_free(&temp);
	arena_free(&arena);
}

TestSuite(refusal_logs, .init = begin, .fini = end);

static uint64_t append_to(enum journal_log log, uint64_t time_us, const char *zone,
			  const char *subject)
{
	struct entry e = {.log = log,
			  .time_us = time_us,
			  .kind = log == JOURNAL_CHANGES ? ENTRY_ADMIN : ENTRY_DENIED,
			  .has_zone = zone != NULL,
			  .zone_id = zone ? 1 : 0,
			  .subject = subject,
			  .principal = "key:host1"};
	if (zone)
		cr_assert_null(dns_name_parse_text(&e.zone, zone));
	uint64_t seq = journal_append(&txn, &e, &arena);
	cr_assert_gt(seq, 0);
	return seq;
}

static void expect_whole(enum journal_log log, uint64_t entries)
{
	struct journal_chain chain = {.log = log};
	cr_expect_eq(journal_chain_step(&chain, &txn, UINT64_MAX), JOURNAL_CHAIN_WHOLE, "%s: %s",
		     journal_log_word(log), chain.why);
	cr_expect_eq(chain.checked, entries);
}

static struct bytes key_of(uint64_t seq)
{
	static uint8_t key[8];
	struct bytes_out out = bytes_out_of(key, sizeof key);
	bytes_out_u64(&out, seq);
	return bytes_of(key, sizeof key);
}

Test(refusal_logs, each_has_numbers_and_a_chain_of_its_own)
{
	struct entry e;
	uint64_t first, last;
	cr_expect_eq(append_to(JOURNAL_CHANGES, 1, NULL, "a"), 1);
	cr_expect_eq(append_to(JOURNAL_SIGNED, 2, NULL, "b"), 1);
	cr_expect_eq(append_to(JOURNAL_CHANGES, 3, NULL, "c"), 2);
	cr_expect_eq(append_to(JOURNAL_SIGNED, 4, NULL, "d"), 2);
	cr_expect_eq(append_to(JOURNAL_UNSIGNED, 5, NULL, "e"), 1);
	expect_whole(JOURNAL_CHANGES, 2);
	expect_whole(JOURNAL_SIGNED, 2);
	expect_whole(JOURNAL_UNSIGNED, 1);
	journal_log_range(&txn, JOURNAL_SIGNED, &first, &last);
	cr_expect_eq(first, 1);
	cr_expect_eq(last, 2);
	cr_assert(journal_log_read(&txn, JOURNAL_SIGNED, 2, &e, &arena));
	cr_expect_str_eq(e.subject, "d");
	cr_expect_eq(e.log, JOURNAL_SIGNED);
	cr_expect_eq(e.changes_seq, 2, "where the change log stood");
	cr_assert(journal_log_read(&txn, JOURNAL_SIGNED, 1, &e, &arena));
	cr_expect_eq(e.changes_seq, 1);
	cr_assert(journal_read(&txn, 2, &e, &arena));
	cr_expect_eq(e.log, JOURNAL_CHANGES);
	cr_expect_eq(e.changes_seq, 0);
	cr_expect_not(journal_log_read(&txn, JOURNAL_UNSIGNED, 2, &e, &arena));
	cr_expect_eq(txn.error, STORE_OK);
}

Test(refusal_logs, an_entry_is_of_the_log_in_which_it_was_written)
{
	struct entry e;
	struct bytes value;
	append_to(JOURNAL_SIGNED, 1, NULL, "a");
	cr_assert(store_get(&txn, STORE_SIGNED, key_of(1), &value));
	value = bytes_of(arena_copy(&arena, value.data, value.len), value.len);
	store_put(&txn, STORE_UNSIGNED, key_of(1), value);
	cr_expect_not(journal_log_read(&txn, JOURNAL_UNSIGNED, 1, &e, &arena));
	cr_expect_eq(txn.error, STORE_CORRUPT);
}

Test(refusal_logs, damage_in_one_breaks_its_chain_alone)
{
	struct bytes value;
	for (unsigned i = 1; i <= 5; i++) {
		append_to(JOURNAL_CHANGES, i, NULL, "a");
		append_to(JOURNAL_SIGNED, i, NULL, "b");
		append_to(JOURNAL_UNSIGNED, i, NULL, "c");
	}
	cr_assert(store_get(&txn, STORE_UNSIGNED, key_of(3), &value));
	uint8_t *copy = arena_copy(&arena, value.data, value.len);
	copy[5] ^= 1;
	store_put(&txn, STORE_UNSIGNED, key_of(3), bytes_of(copy, value.len));
	struct journal_chain chain = {.log = JOURNAL_UNSIGNED};
	cr_expect_eq(journal_chain_step(&chain, &txn, UINT64_MAX), JOURNAL_CHAIN_BROKEN);
	cr_expect_eq(chain.bad, 3);
	expect_whole(JOURNAL_CHANGES, 5);
	expect_whole(JOURNAL_SIGNED, 5);
}

Test(refusal_logs, one_that_is_cut_off_is_found)
{
	append_to(JOURNAL_SIGNED, 1, NULL, "b");
	append_to(JOURNAL_SIGNED, 2, NULL, "b");
	store_del(&txn, STORE_SIGNED, key_of(2));
	struct journal_chain chain = {.log = JOURNAL_SIGNED};
	cr_expect_eq(journal_chain_step(&chain, &txn, UINT64_MAX), JOURNAL_CHAIN_BROKEN);
	cr_expect_eq(chain.bad, 2);
}

static bool count_one(void *context, uint64_t seq)
{
	uint64_t *counts = context;
	counts[0]++;
	counts[1] = counts[1] ? counts[1] : seq;
	return true;
}

static uint64_t mentions(enum journal_log log)
{
	struct dns_name name;
	uint64_t counts[2] = {0};
	cr_assert_null(dns_name_parse_text(&name, "pc1.corp.example"));
	index_mentions(&txn, &name, (struct journal_place){log, 0}, count_one, counts);
	return counts[0];
}

Test(refusal_logs, pruning_one_leaves_the_others_and_is_its_entry)
{
	static const struct entry pruner = {.time_us = 1000, .principal = "system:retention"};
	struct prune_rule rule = {.log = JOURNAL_UNSIGNED,
				  .before_us = 61,
				  .bytes = UINT64_MAX,
				  .keep_us = UINT64_MAX};
	struct prune_result result = {0};
	struct entry e;
	uint64_t first, last;
	uint32_t ids[INDEX_IDS_MAX];
	struct dns_name apex;
	cr_assert_null(dns_name_parse_text(&apex, "corp.example"));
	for (unsigned i = 1; i <= 100; i++)
		for (unsigned log = 0; log < JOURNAL_LOGS; log++)
			append_to((enum journal_log)log, i, "corp.example", "pc1.corp.example A");
	do
		journal_prune(&txn, &rule, 25, &pruner, &result);
	while (result.has_more);
	cr_expect_eq(result.entries, 60);
	journal_log_range(&txn, JOURNAL_UNSIGNED, &first, &last);
	cr_expect_eq(first, 61);
	cr_expect_eq(last, 103, "three slices, an entry each");
	cr_assert(journal_log_read(&txn, JOURNAL_UNSIGNED, 103, &e, &arena));
	cr_expect_eq(e.kind, ENTRY_PRUNE);
	cr_expect_eq(e.event, EVENT_LOG_PRUNE);
	cr_expect_eq(e.row_count, 0, "what a server refused is no decided state");
	cr_expect_eq(journal_pruned_to(&txn), 0);
	cr_expect_eq(mentions(JOURNAL_UNSIGNED), 40);
	cr_expect_eq(mentions(JOURNAL_SIGNED), 100);
	cr_expect_eq(mentions(JOURNAL_CHANGES), 100);
	expect_whole(JOURNAL_UNSIGNED, 43);
	expect_whole(JOURNAL_SIGNED, 100);
	expect_whole(JOURNAL_CHANGES, 100);
	rule.before_us = 2000;
	journal_prune(&txn, &rule, 1000, &pruner, &result);
	cr_expect_eq(index_zone_ids(&txn, JOURNAL_UNSIGNED, &apex, ids), 0);
	cr_expect_eq(index_zone_ids(&txn, JOURNAL_SIGNED, &apex, ids), 1);
	expect_whole(JOURNAL_UNSIGNED, 1);
	cr_expect_eq(append_to(JOURNAL_UNSIGNED, 3000, NULL, "x"), 105, "no number is used again");
}

Test(refusal_logs, one_keeps_to_its_size_whatever_the_others_take)
{
	static const struct entry pruner = {.time_us = 1000, .principal = "system:retention"};
	struct prune_result result = {0};
	for (unsigned i = 1; i <= 200; i++) {
		append_to(JOURNAL_SIGNED, i, NULL, "a");
		append_to(JOURNAL_UNSIGNED, i, NULL, "a");
	}
	uint64_t all = journal_log_head(&txn, JOURNAL_SIGNED).bytes;
	struct prune_rule rule = {
		.log = JOURNAL_SIGNED, .before_us = 0, .bytes = all / 2, .keep_us = UINT64_MAX};
	rule.before_us = 0;
	do
		journal_prune(&txn, &rule, 50, &pruner, &result);
	while (result.has_more);
	uint64_t left = journal_log_head(&txn, JOURNAL_SIGNED).bytes -
			journal_log_base(&txn, JOURNAL_SIGNED).bytes;
	cr_expect_leq(left, all / 2 + 500);
	cr_expect_eq(journal_log_base(&txn, JOURNAL_UNSIGNED).seq, 0);
	expect_whole(JOURNAL_UNSIGNED, 200);
}

Test(refusal_logs, emptied_ones_begin_anew)
{
	uint64_t first, last;
	append_to(JOURNAL_SIGNED, 1, "corp.example", "pc1.corp.example A");
	append_to(JOURNAL_UNSIGNED, 1, "corp.example", "pc1.corp.example A");
	journal_log_empty(&txn, JOURNAL_SIGNED);
	journal_log_range(&txn, JOURNAL_SIGNED, &first, &last);
	cr_expect_eq(last, 0);
	cr_expect_eq(mentions(JOURNAL_SIGNED), 0);
	expect_whole(JOURNAL_SIGNED, 0);
	cr_expect_eq(mentions(JOURNAL_UNSIGNED), 1);
	cr_expect_eq(append_to(JOURNAL_SIGNED, 2, NULL, "x"), 1);
	expect_whole(JOURNAL_SIGNED, 1);
}

static void open_merge(struct log_merge *merge)
{
	*merge = (struct log_merge){.txn = &txn};
	for (unsigned log = 0; log < JOURNAL_LOGS; log++) {
		struct log_merge_lane *lane = &merge->lanes[log];
		lane->log = (enum journal_log)log;
		lane->seqs = seq_set_all(&txn);
		journal_log_range(&txn, lane->log, &lane->first, &lane->last);
	}
}

static void expect_order(struct log_merge *merge, enum log_merge_way way, const char *wanted)
{
	char got[200] = "";
	struct log_merge_lane *lane;
	log_merge_begin(merge, way);
	while ((lane = log_merge_next(merge))) {
		char seq[JOURNAL_LOG_SEQ_TEXT_MAX];
		if (*got)
			strcat(got, " ");
		strcat(got, journal_log_print_seq(lane->log, lane->entry.seq, seq));
		log_merge_step(merge, lane);
	}
	cr_expect_str_eq(got, wanted);
}

Test(refusal_logs, merged_by_time_each_keeps_its_order)
{
	struct log_merge merge;
	append_to(JOURNAL_CHANGES, 10, NULL, "a");
	append_to(JOURNAL_SIGNED, 20, NULL, "a");
	append_to(JOURNAL_UNSIGNED, 20, NULL, "a");
	append_to(JOURNAL_CHANGES, 20, NULL, "a");
	append_to(JOURNAL_UNSIGNED, 15, NULL, "written late");
	append_to(JOURNAL_SIGNED, 40, NULL, "a");
	append_to(JOURNAL_CHANGES, 30, NULL, "a");
	open_merge(&merge);
	expect_order(&merge, LOG_MERGE_FORWARD, "1 r1 u1 u2 2 3 r2");
	expect_order(&merge, LOG_MERGE_BACK, "r2 3 2 r1 u2 u1 1");
	merge.lanes[JOURNAL_SIGNED].first = 2;
	merge.lanes[JOURNAL_UNSIGNED].last = 0;
	expect_order(&merge, LOG_MERGE_FORWARD, "1 2 3 r2");
	log_merge_end(&merge);
}

Test(refusal_logs, a_hole_in_one_ends_the_merge)
{
	struct log_merge merge;
	for (unsigned i = 1; i <= 3; i++) {
		append_to(JOURNAL_CHANGES, i, NULL, "a");
		append_to(JOURNAL_UNSIGNED, i, NULL, "a");
	}
	store_del(&txn, STORE_UNSIGNED, key_of(2));
	open_merge(&merge);
	log_merge_begin(&merge, LOG_MERGE_FORWARD);
	for (struct log_merge_lane *lane; (lane = log_merge_next(&merge));)
		log_merge_step(&merge, lane);
	cr_expect_eq(txn.error, STORE_CORRUPT);
	log_merge_end(&merge);
}

Test(refusal_logs, words_and_letters)
{
	enum journal_log log;
	char text[JOURNAL_LOG_SEQ_TEXT_MAX];
	for (unsigned i = 0; i < JOURNAL_LOGS; i++) {
		cr_assert(journal_log_parse(journal_log_word((enum journal_log)i), &log));
		cr_expect_eq(log, i);
	}
	cr_expect_not(journal_log_parse("", &log));
	cr_expect_not(journal_log_parse("refusals", &log));
	cr_expect_str_eq(journal_log_print_seq(JOURNAL_CHANGES, 7, text), "7");
	cr_expect_str_eq(journal_log_print_seq(JOURNAL_UNSIGNED, UINT64_MAX, text),
			 "u18446744073709551615");
}

#define HOUR 3600000000ull

Test(refusal_logs, a_late_one_keeps_its_time_and_a_clock_that_is_behind_does_not)
{
	struct entry e;
	append_to(JOURNAL_CHANGES, 100 * HOUR, NULL, "a");
	append_to(JOURNAL_UNSIGNED, 100 * HOUR - 60000000, NULL, "of the minute before");
	append_to(JOURNAL_UNSIGNED, 5, NULL, "of 1970");
	cr_assert(journal_log_read(&txn, JOURNAL_UNSIGNED, 1, &e, &arena));
	cr_expect_eq(e.time_us, 100 * HOUR - 60000000);
	cr_expect_eq(e.era, 1);
	cr_assert(journal_log_read(&txn, JOURNAL_UNSIGNED, 2, &e, &arena));
	cr_expect_eq(e.time_us, 100 * HOUR);
}

static void expect_span(uint64_t since_us, uint64_t until_us, uint64_t first, uint64_t last)
{
	struct log_span span;
	refusal_span(&txn, JOURNAL_SIGNED, since_us, until_us, &span);
	cr_expect_eq(span.first, first);
	cr_expect_eq(span.last, last);
}

Test(refusal_logs, a_time_is_looked_for_in_each_era)
{
	for (unsigned i = 1; i <= 20; i++)
		append_to(JOURNAL_SIGNED, (100 + i) * HOUR, NULL, "a");
	append_to(JOURNAL_CHANGES, 120 * HOUR, NULL, "a");
	entry_time_begin(&txn, 105 * HOUR);
	append_to(JOURNAL_CHANGES, 105 * HOUR, NULL, "the clock is set back");
	for (unsigned i = 6; i <= 10; i++)
		append_to(JOURNAL_SIGNED, (100 + i) * HOUR, NULL, "b");
	cr_expect_eq(journal_log_head(&txn, JOURNAL_SIGNED).seq, 25);
	expect_span(0, 0, 1, 25);
	/* An hour is added before and behind: refusals are written late. */
	expect_span(117 * HOUR, 0, 16, 20);
	expect_span(0, 103 * HOUR, 1, 4);
	expect_span(108 * HOUR, 108 * HOUR, 7, 24);
	expect_span(200 * HOUR, 0, 1, 0);
	cr_expect_eq(txn.error, STORE_OK);
}

Test(refusal_logs, a_restore_explains_what_was_behind_its_heads)
{
	struct put_back put_back;
	append_to(JOURNAL_CHANGES, 10 * HOUR, NULL, "a");
	append_to(JOURNAL_SIGNED, 11 * HOUR, NULL, "a");
	struct entry_heads heads = put_back_heads(&txn, &arena);
	cr_expect_eq(heads.time_us, 11 * HOUR);
	cr_expect_eq(heads.of[JOURNAL_CHANGES].seq, 1);
	cr_expect_eq(heads.of[JOURNAL_SIGNED].seq, 1);
	cr_expect_eq(heads.of[JOURNAL_UNSIGNED].seq, 0);
	struct entry e = {.time_us = 20 * HOUR, .kind = ENTRY_RESTORE, .heads = &heads};
	cr_assert_eq(journal_append(&txn, &e, &arena), 2);
	append_to(JOURNAL_CHANGES, 21 * HOUR, NULL, "goes on");
	struct journal_place changes = {JOURNAL_CHANGES, 2}, refused = {JOURNAL_UNSIGNED, 1};
	struct journal_place kept = {JOURNAL_SIGNED, 1};
	cr_expect(put_back_explains(&txn, changes, 15 * HOUR, &put_back));
	cr_expect_eq(put_back.seq, 2);
	cr_expect_eq(put_back.at_us, 20 * HOUR);
	cr_expect_eq(put_back.backup_us, 11 * HOUR);
	cr_expect(put_back_explains(&txn, refused, 15 * HOUR, &put_back));
	cr_expect_not(put_back_explains(&txn, kept, 15 * HOUR, &put_back), "the backup has it");
	cr_expect_not(put_back_explains(&txn, changes, 20 * HOUR + 1, &put_back),
		      "it was signed after that");
}
