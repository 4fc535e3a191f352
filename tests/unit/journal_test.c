/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/tempstore.h"
#include "base/clock.h"
#include "journal/journal.h"
#include <criterion/criterion.h>
#include <stdio.h>

static struct tempstore temp;
static struct store_txn txn;
static struct arena arena;

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

TestSuite(journal, .init = begin, .fini = end);

static uint64_t append(uint32_t zone_id, uint32_t before, uint32_t after)
{
	struct change change = {
		.what = CHANGE_ADDED, .type = 1, .rdata = bytes_of("\x0a\0\0\7", 4)};
	cr_assert_null(dns_name_parse_text(&change.name, "pc1.corp.example"));
	struct entry e = {.kind = ENTRY_UPDATE,
			  .has_zone = true,
			  .zone_id = zone_id,
			  .serial_before = before,
			  .serial_after = after,
			  .principal = "key:host1",
			  .changes = &change,
			  .change_count = 1};
	cr_assert_null(dns_name_parse_text(&e.zone, "corp.example"));
	uint64_t seq = journal_append(&txn, &e, &arena);
	cr_assert_eq(seq, e.seq);
	arena_reset(&arena);
	return seq;
}

static void append_ten(void)
{
	for (uint32_t i = 0; i < 10; i++)
		cr_assert_eq(append(1, 100 + i, 101 + i), i + 1);
}

Test(journal, begins_empty)
{
	uint64_t first = 9, last = 9, checked = 9, bad;
	struct entry e;
	journal_range(&txn, &first, &last);
	cr_expect_eq(first, 0);
	cr_expect_eq(last, 0);
	cr_expect_eq(journal_next_seq(&txn), 1);
	cr_expect_not(journal_read(&txn, 1, &e, &arena));
	cr_expect(journal_verify(&txn, &checked, &bad));
	cr_expect_eq(checked, 0);
	cr_expect_eq(txn.error, STORE_OK);
}

Test(journal, gives_dense_numbers_and_reads_back)
{
	uint64_t first, last;
	struct entry e;
	append_ten();
	journal_range(&txn, &first, &last);
	cr_expect_eq(first, 1);
	cr_expect_eq(last, 10);
	cr_expect_eq(journal_next_seq(&txn), 11);
	cr_assert(journal_read(&txn, 7, &e, &arena));
	cr_expect_eq(e.seq, 7);
	cr_expect_eq(e.serial_before, 106);
	cr_expect_str_eq(e.principal, "key:host1");
	cr_expect_eq(e.change_count, 1);
	cr_expect_not(journal_read(&txn, 11, &e, &arena));
	cr_expect_eq(txn.error, STORE_OK);
}

Test(journal, finds_an_entry_by_zone_and_serial)
{
	uint64_t seq = 0;
	append(1, 5, 6);
	append(2, 5, 6);
	append(1, 6, 6);
	append(1, 6, 7);
	cr_assert(journal_at_serial(&txn, 1, 5, &seq));
	cr_expect_eq(seq, 1);
	cr_assert(journal_at_serial(&txn, 2, 5, &seq));
	cr_expect_eq(seq, 2);
	cr_assert(journal_at_serial(&txn, 1, 6, &seq));
	cr_expect_eq(seq, 4, "the refresh led nowhere");
	cr_expect_not(journal_at_serial(&txn, 1, 7, &seq));
	cr_expect_not(journal_at_serial(&txn, 3, 5, &seq));
}

Test(journal, appends_nothing_after_an_error)
{
	store_fail(&txn, STORE_FULL);
	struct entry e = {.kind = ENTRY_RUN};
	cr_expect_eq(journal_append(&txn, &e, &arena), 0);
}

static struct bytes key_of(uint64_t seq)
{
	static uint8_t keys[8][8];
	static unsigned next;
	uint8_t *key = keys[next++ % 8];
	for (unsigned i = 0; i < 8; i++)
		key[i] = (uint8_t)(seq >> 8 * (7 - i));
	return bytes_of(key, 8);
}

static struct bytes copy_of(uint64_t seq)
{
	struct bytes value;
	cr_assert(store_get(&txn, STORE_LOG, key_of(seq), &value));
	return bytes_of(arena_copy(&arena, value.data, value.len), value.len);
}

static void expect_bad(uint64_t wanted)
{
	uint64_t checked = 0, bad = 0;
	cr_expect_not(journal_verify(&txn, &checked, &bad));
	cr_expect_eq(bad, wanted);
	cr_expect_eq(checked, wanted - 1);
	cr_expect_eq(txn.error, STORE_OK);
}

Test(journal, verifies_a_whole_chain)
{
	uint64_t checked, bad;
	append_ten();
	cr_expect(journal_verify(&txn, &checked, &bad));
	cr_expect_eq(checked, 10);
}

Test(journal, finds_an_altered_entry)
{
	append_ten();
	struct bytes value = copy_of(4);
	((uint8_t *)value.data)[value.len - DIGEST_LEN - 1] ^= 1;
	store_put(&txn, STORE_LOG, key_of(4), value);
	expect_bad(4);
}

Test(journal, finds_an_altered_digest)
{
	append_ten();
	struct bytes value = copy_of(4);
	((uint8_t *)value.data)[value.len - 1] ^= 1;
	store_put(&txn, STORE_LOG, key_of(4), value);
	expect_bad(4);
}

Test(journal, finds_a_removed_entry)
{
	append_ten();
	store_del(&txn, STORE_LOG, key_of(6));
	expect_bad(6);
}

Test(journal, finds_a_removed_first_entry)
{
	append_ten();
	store_del(&txn, STORE_LOG, key_of(1));
	expect_bad(1);
}

Test(journal, finds_a_tail_that_was_cut)
{
	append_ten();
	store_del(&txn, STORE_LOG, key_of(10));
	expect_bad(10);
}

Test(journal, finds_swapped_entries)
{
	append_ten();
	struct bytes a = copy_of(3), b = copy_of(5);
	store_put(&txn, STORE_LOG, key_of(3), b);
	store_put(&txn, STORE_LOG, key_of(5), a);
	expect_bad(3);
}

Test(journal, finds_an_entry_that_nobody_appended)
{
	append_ten();
	store_put(&txn, STORE_LOG, key_of(11), copy_of(10));
	expect_bad(11);
}

Test(journal, an_entry_that_makes_no_sense_is_an_error)
{
	struct entry e;
	append_ten();
	store_put(&txn, STORE_LOG, key_of(2), bytes_of("rubbish", 7));
	cr_expect_not(journal_read(&txn, 2, &e, &arena));
	cr_expect_eq(txn.error, STORE_CORRUPT);
}

Test(journal, the_chain_goes_on_after_a_restart)
{
	uint64_t checked, bad;
	append_ten();
	cr_assert_eq(store_commit(&txn), STORE_OK);
	tempstore_restart(&temp);
	store_write_begin(temp.store, &txn);
	cr_expect_eq(append(1, 110, 111), 11);
	cr_expect(journal_verify(&txn, &checked, &bad));
	cr_expect_eq(checked, 11);
}

Test(journal, takes_a_hundred_thousand)
{
	uint64_t checked, bad, started = clock_monotonic_us();
	for (uint32_t i = 0; i < 100000; i++)
		append(1, i, i + 1);
	uint64_t appended = clock_monotonic_us();
	cr_expect(journal_verify(&txn, &checked, &bad));
	cr_expect_eq(checked, 100000);
	fprintf(stderr, "journal: 100000 entries appended in %.0f ms, verified in %.0f ms\n",
		(double)(appended - started) / 1000,
		(double)(clock_monotonic_us() - appended) / 1000);
}
