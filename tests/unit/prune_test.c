/* SPDX-License-Identifier: BSD-2-Clause */
#include "journal/prune.h"
#include "journal/seq_set.h"
#include "tests/unit/tempstore.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#define ENTRIES 4000
#define ZONES   3

static const struct entry pruner = {.time_us = 1, .principal = "system:retention"};

static struct tempstore temp;
static struct store_txn txn;
static struct arena arena;
static uint32_t zone_of[ENTRIES + 200]; /* by seq; 0: of no zone */

static void begin(void)
{
	tempstore_open(&temp, 256u << 20);
	store_write_begin(temp.store, &txn);
}

static void end(void)
{
	store_abort(&txn);
	tempstore_free(&temp);
	arena_free(&arena);
}

TestSuite(prune, .init = begin, .fini = end);

/* Entry `seq` is of second `seq`. */
static void append(uint32_t zone_id)
{
	uint64_t seq = journal_next_seq(&txn);
	struct entry e = {.time_us = seq * 1000000,
			  .kind = ENTRY_DENIED,
			  .has_zone = zone_id != 0,
			  .zone_id = zone_id,
			  .serial_before = (uint32_t)seq,
			  .serial_after = (uint32_t)seq + 1,
			  .subject = "pc1.corp.example A",
			  .principal = "key:host1"};
	if (zone_id)
		cr_assert_null(dns_name_parse_text(&e.zone, zone_id == 1   ? "one.test"
							    : zone_id == 2 ? "two.test"
									   : "three.test"));
	cr_assert_eq(journal_append(&txn, &e, &arena), seq);
	zone_of[seq] = zone_id;
	arena_reset(&arena);
}

static void append_many(void)
{
	srand(7);
	for (unsigned i = 0; i < ENTRIES; i++)
		append((uint32_t)rand() % (ZONES + 1));
}

/* The last is behind what was appended: each pruning is an entry of no zone. */
static uint64_t last_seq(void)
{
	return journal_next_seq(&txn) - 1;
}

static void expect_zone(uint32_t zone_id, uint64_t first)
{
	uint32_t id = zone_id ? zone_id : INDEX_NO_ZONE;
	struct seq_set seqs = seq_set_of_zones(&txn, &id, 1);
	uint64_t at = first, found, back = UINT64_MAX;
	for (uint64_t seq = first; seq <= last_seq(); seq++) {
		if (zone_of[seq] != zone_id)
			continue;
		cr_assert(seq_set_from(&seqs, at, &found), "zone %u from %llu", zone_id,
			  (unsigned long long)at);
		cr_assert_eq(found, seq);
		at = seq + 1;
	}
	cr_expect_not(seq_set_from(&seqs, at, &found));
	for (uint64_t seq = last_seq(); seq >= first; seq--) {
		if (zone_of[seq] != zone_id)
			continue;
		cr_assert(seq_set_to(&seqs, back, &found));
		cr_assert_eq(found, seq);
		back = seq - 1;
	}
	seq_set_end(&seqs);
}

static bool count_one(void *context, uint64_t seq)
{
	uint64_t *counts = context;
	counts[0]++;
	counts[1] = counts[1] ? counts[1] : seq;
	return true;
}

static void expect_from(uint64_t first)
{
	uint64_t there, last, checked, bad = 0, mentions[2] = {0}, seq;
	struct dns_name name;
	journal_range(&txn, &there, &last);
	cr_expect_eq(there, first);
	cr_expect_eq(last, last_seq());
	cr_expect(journal_verify(&txn, &checked, &bad), "bad: %llu", (unsigned long long)bad);
	cr_expect_eq(checked, last - first + 1);
	for (uint32_t zone = 0; zone <= ZONES; zone++)
		expect_zone(zone, first);
	cr_assert_null(dns_name_parse_text(&name, "pc1.corp.example"));
	index_mentions(&txn, &name, (struct journal_place){0}, count_one, mentions);
	cr_expect_eq(mentions[0], ENTRIES - first + 1);
	cr_expect_eq(mentions[1], first);
	for (seq = 1; seq < first; seq++)
		cr_assert_not(zone_of[seq] &&
			      journal_at_serial(&txn, zone_of[seq], (uint32_t)seq, &(uint64_t){0}));
	cr_expect(!zone_of[first] ||
		  journal_at_serial(&txn, zone_of[first], (uint32_t)first, &seq));
	cr_expect_eq(txn.error, STORE_OK);
}

static struct prune_result prune(struct prune_rule rule)
{
	struct prune_result plan = {0}, result = {0};
	journal_prune_plan(&txn, &rule, UINT64_MAX, &plan);
	do
		journal_prune(&txn, &rule, 100, &pruner, &result);
	while (result.has_more);
	/* By size more may go than was planned: the entries of the pruning take room too. */
	bool is_exact = rule.before_us == UINT64_MAX ? rule.keep_us != UINT64_MAX
						     : rule.bytes == UINT64_MAX;
	cr_expect_leq(plan.entries, result.entries);
	cr_expect_leq(plan.bytes, result.bytes);
	cr_expect_leq(plan.last_seq, result.last_seq);
	cr_expect(!is_exact || (plan.entries == result.entries && plan.bytes == result.bytes &&
				plan.last_seq == result.last_seq));
	cr_expect_eq(txn.error, STORE_OK);
	return result;
}

Test(prune, an_index_of_zones_finds_what_was_logged)
{
	append_many();
	expect_from(1);
}

Test(prune, entries_before_a_moment_go_and_the_rest_verifies)
{
	append_many();
	struct prune_result result = prune((struct prune_rule){
		.before_us = 1001 * 1000000ull, .bytes = UINT64_MAX, .keep_us = UINT64_MAX});
	cr_expect_eq(result.entries, 1000);
	cr_expect_eq(result.last_seq, 1000);
	cr_expect_eq(result.last_us, 1000 * 1000000ull);
	expect_from(1001);
	cr_expect_eq(prune((struct prune_rule){.before_us = 1001 * 1000000ull,
					       .bytes = UINT64_MAX,
					       .keep_us = UINT64_MAX})
			     .entries,
		     0);
}

Test(prune, the_oldest_go_until_the_log_fits)
{
	append_many();
	uint64_t all = journal_head(&txn).bytes;
	prune((struct prune_rule){.bytes = all / 2, .keep_us = UINT64_MAX});
	struct journal_link base = journal_base(&txn);
	cr_expect_leq(all - base.bytes, all / 2);
	cr_expect_gt(all - base.bytes, all / 2 - 300 - (journal_head(&txn).bytes - all),
		     "no more than must go");
	expect_from(base.seq + 1);
}

Test(prune, what_may_still_be_undone_stays_whatever_the_size)
{
	append_many();
	prune((struct prune_rule){
		.before_us = UINT64_MAX, .bytes = 0, .keep_us = 501 * 1000000ull});
	expect_from(501);
}

Test(prune, of_a_log_that_is_pruned_whole_the_entry_that_says_so_is_left)
{
	uint64_t first, last, checked, bad;
	struct entry e;
	append_many();
	prune((struct prune_rule){.before_us = UINT64_MAX, .keep_us = UINT64_MAX});
	journal_range(&txn, &first, &last);
	cr_assert_eq(first, last);
	cr_assert(journal_read(&txn, last, &e, &arena));
	cr_expect_eq(e.kind, ENTRY_PRUNE);
	cr_expect_eq(e.event, EVENT_LOG_PRUNE);
	cr_expect_eq(journal_pruned_to(&txn), last - 1);
	cr_expect(journal_verify(&txn, &checked, &bad));
	cr_expect_eq(checked, 1);
	append(1);
	cr_expect_eq(journal_next_seq(&txn), last + 2);
	cr_expect(journal_verify(&txn, &checked, &bad));
	cr_expect_eq(checked, 2);
	expect_zone(2, last + 1);
}

Test(prune, a_base_that_is_not_the_pruned_ones_is_found)
{
	uint64_t checked, bad = 0;
	append_many();
	prune((struct prune_rule){
		.before_us = 11 * 1000000ull, .bytes = UINT64_MAX, .keep_us = UINT64_MAX});
	struct journal_link base = journal_base(&txn);
	base.digest[0] ^= 1;
	journal_set_base(&txn, &base);
	cr_expect_not(journal_verify(&txn, &checked, &bad));
	cr_expect_eq(bad, 11);
}

Test(prune, a_zone_made_anew_is_found_by_its_name_with_its_old_entries)
{
	struct dns_name apex;
	uint32_t ids[INDEX_IDS_MAX];
	struct entry e = {.kind = ENTRY_ADMIN, .has_zone = true, .event = EVENT_ZONE_CREATE};
	cr_assert_null(dns_name_parse_text(&e.zone, "one.test"));
	apex = e.zone;
	for (uint32_t id = 5; id < 8; id++) {
		e.zone_id = id;
		journal_append(&txn, &e, &arena);
		journal_append(&txn, &e, &arena);
	}
	cr_assert_eq(index_zone_ids(&txn, JOURNAL_CHANGES, &apex, ids), 3);
	cr_expect_eq(ids[0], 5);
	cr_expect_eq(ids[2], 7);
	prune((struct prune_rule){.before_us = 1, .keep_us = UINT64_MAX, .bytes = UINT64_MAX});
	cr_expect_eq(index_zone_ids(&txn, JOURNAL_CHANGES, &apex, ids), 0, "nothing is left of it");
}
