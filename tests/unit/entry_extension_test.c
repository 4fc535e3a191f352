/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
/* Extensions of an entry: known, unknown and damaged ones, and the rows in them. */
#include "base/varint.h"
#include "journal/chain.h"
#include "journal/journal.h"
#include "tests/unit/tempstore.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena arena;
static struct state_change group_row;

static void begin_entry(void)
{
	struct state_row_writer row = {.arena = &arena};
	state_row_put_text(&row, "acting", "on");
	group_row = (struct state_change){.table = STATE_GROUP,
					  .key = state_key_word("dhcp"),
					  .has_new = true,
					  .new = state_row_end(&row)};
}

static void end_entry(void)
{
	arena_free(&arena);
}

TestSuite(entry_extension, .init = begin_entry, .fini = end_entry);

/* An entry with a row and, behind what is known, these bytes as extensions. */
static struct bytes packed_with(const char *bytes, size_t len)
{
	struct entry entry = {.seq = 1,
			      .kind = ENTRY_SETTING,
			      .rows = &group_row,
			      .row_count = 1,
			      .unknown = bytes_of(bytes, len)};
	return entry_pack(&entry, &arena);
}
#define PACKED(text) packed_with(text, sizeof(text) - 1)

static bool is_read(struct bytes packed, struct entry *entry)
{
	return entry_unpack(entry, packed, &arena);
}

Test(entry_extension, an_unknown_optional_one_is_passed_on_byte_for_byte)
{
	static const char unknown[] = "\x7e\3abc\xfe\1\0\xfe\2\4later";
	struct entry entry, again;
	struct bytes packed = packed_with(unknown, 8);
	cr_assert(is_read(packed, &entry));
	cr_expect(bytes_equal(entry.unknown, bytes_of(unknown, 8)));
	cr_expect_eq(entry.row_count, 1);
	struct bytes passed = entry_pack(&entry, &arena);
	cr_expect(bytes_equal(passed, packed), "and so its digest stays");
	cr_assert(is_read(passed, &again));
	cr_expect(bytes_equal(again.unknown, entry.unknown));
	cr_expect_not(entry_is_newer(packed));
}

Test(entry_extension, that_more_was_left_is_kept_and_costs_nothing_where_it_is_not)
{
	struct entry entry = {.seq = 1, .kind = ENTRY_UPDATE, .reason = "x; some is left"};
	struct entry again = {.has_rest = true};
	struct bytes without = entry_pack(&entry, &arena);
	cr_assert(is_read(without, &again));
	cr_expect_not(again.has_rest, "words of the reason say nothing");
	entry.has_rest = true;
	struct bytes packed = entry_pack(&entry, &arena);
	cr_assert(is_read(packed, &again));
	cr_expect(again.has_rest);
	cr_expect_eq(packed.len, without.len + 3);
	cr_expect_not(is_read(PACKED("\x1a\1\2"), &again), "neither yes nor no");
}

Test(entry_extension, an_unknown_required_one_cannot_be_read_and_is_told_from_damage)
{
	struct entry entry;
	cr_expect_not(is_read(PACKED("\x7f\3abc"), &entry));
	cr_expect(entry_is_newer(PACKED("\x7f\3abc")));
	cr_expect(entry_is_newer(PACKED("\x7e\1a\x7f\0")));
	struct bytes later = PACKED("");
	uint8_t *copy = arena_copy(&arena, later.data, later.len);
	copy[0] = ENTRY_FORMAT + 1;
	cr_expect_not(is_read(bytes_of(copy, later.len), &entry));
	cr_expect(entry_is_newer(bytes_of(copy, later.len)));
	copy[0] = 0;
	cr_expect_not(is_read(bytes_of(copy, later.len), &entry));
	cr_expect_not(entry_is_newer(bytes_of(copy, later.len)));
	cr_expect_not(entry_is_newer(bytes_of(NULL, 0)));
}

Test(entry_extension, rows_of_a_table_that_is_not_known_are_of_a_later_version)
{
	struct entry entry;
	group_row.table = STATE_TABLES;
	struct bytes packed = PACKED("");
	cr_expect_not(is_read(packed, &entry));
	cr_expect(entry_is_newer(packed));
	group_row.table = 0;
	packed = PACKED("");
	cr_expect_not(is_read(packed, &entry));
	cr_expect_not(entry_is_newer(packed), "0 is none");
}

Test(entry_extension, each_stands_once_and_in_order)
{
	struct entry entry;
	cr_expect(is_read(PACKED("\x7c\1a\x7e\1b"), &entry));
	cr_expect_not(is_read(PACKED("\x7e\1a\x7e\1b"), &entry), "twice");
	cr_expect_not(is_read(PACKED("\x7e\1b\x7c\1a"), &entry), "out of order");
	cr_expect_not(is_read(PACKED("\x7e\1a\x02\1\5"), &entry), "a known one behind it");
	cr_expect_not(is_read(PACKED("\x01\1\0"), &entry), "rows twice");
	cr_expect_not(is_read(PACKED("\0\0"), &entry), "tag 0 is none");
	cr_expect_not(entry_is_newer(PACKED("\x7e\1a\x7e\1b")));
}

Test(entry_extension, one_that_is_truncated_or_oversized_is_damaged)
{
	struct entry entry;
	cr_expect_not(is_read(PACKED("\x7e"), &entry), "no length");
	cr_expect_not(is_read(PACKED("\x7e\5abc"), &entry), "longer than all of them");
	cr_expect_not(is_read(PACKED("\x7e\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"), &entry));
	cr_expect_not(is_read(PACKED("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1"), &entry));
	cr_expect_not(entry_is_newer(PACKED("\x7f\5abc")));
	struct entry small = {.seq = 1, .kind = ENTRY_SETTING, .cause = 5};
	struct bytes packed = entry_pack(&small, &arena);
	uint8_t *copy = arena_copy(&arena, packed.data, packed.len + 0);
	uint8_t *at = memmem(copy, packed.len, "\2\1\5", 3);
	cr_assert_not_null(at);
	cr_assert(is_read(bytes_of(copy, packed.len), &entry));
	at[2] = 0x85; /* a number that goes on behind its end */
	cr_expect_not(is_read(bytes_of(copy, packed.len), &entry));
}

/* Any byte of the rows, any length. */
Test(entry_extension, rows_that_are_cut_or_altered_are_survived)
{
	struct entry entry;
	struct bytes packed = PACKED("");
	for (size_t len = 0; len < packed.len; len++)
		cr_expect_not(is_read(bytes_of(packed.data, len), &entry), "%zu", len);
	for (size_t at = 0; at < packed.len; at++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			uint8_t *copy = arena_copy(&arena, packed.data, packed.len);
			copy[at] ^= (uint8_t)(1u << bit);
			if (!is_read(bytes_of(copy, packed.len), &entry))
				entry_is_newer(bytes_of(copy, packed.len));
		}
	}
}

Test(entry_extension, a_row_is_there_before_or_after_and_has_a_key_that_fits)
{
	struct entry entry;
	uint8_t long_key[STATE_KEY_MAX] = {1};
	group_row.has_new = false;
	cr_expect_not(is_read(PACKED(""), &entry), "neither");
	group_row.has_new = true;
	group_row.key = bytes_of(long_key, STATE_KEY_MAX - 1);
	cr_expect(is_read(PACKED(""), &entry));
	group_row.key = bytes_of(long_key, STATE_KEY_MAX);
	cr_expect_not(is_read(PACKED(""), &entry), "longer than a table's key");
	group_row.key = state_key_word("dhcp");
	group_row.new = bytes_of("\5acting", 7);
	cr_expect_not(is_read(PACKED(""), &entry), "its fields cannot be walked");
}

/* --- in a store */

static void put_later_entry(struct store_txn *txn)
{
	struct entry entry = {.kind = ENTRY_SETTING, .unknown = bytes_of("\x7f\1x", 3)};
	cr_assert_eq(journal_append(txn, &entry, &arena), 2);
}

Test(entry_extension, a_store_with_an_entry_of_a_later_version_says_so)
{
	struct tempstore temp;
	struct store_txn txn;
	struct entry entry = {.kind = ENTRY_SETTING};
	struct journal_chain chain = {0};
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
	journal_append(&txn, &entry, &arena);
	put_later_entry(&txn);
	cr_assert(journal_read(&txn, 1, &entry, &arena));
	cr_expect_not(journal_read(&txn, 2, &entry, &arena));
	cr_expect_eq(txn.error, STORE_NEWER);
	cr_expect_not_null(strstr(store_error_text(txn.error), "later version of tenure"));
	txn.error = STORE_OK;
	/* Its digest is as good as any. */
	cr_expect_eq(journal_chain_step(&chain, &txn, 10), JOURNAL_CHAIN_WHOLE);
	store_abort(&txn);
	tempstore_free(&temp);
}

static bool take_any(struct journal_chain *chain, struct store_txn *txn, const struct entry *entry)
{
	(void)chain;
	(void)txn;
	(void)entry;
	return true;
}

Test(entry_extension, who_reads_the_chain_stops_there_with_a_sentence)
{
	struct tempstore temp;
	struct store_txn txn;
	struct entry entry = {.kind = ENTRY_SETTING};
	struct journal_chain chain = {.each = take_any};
	tempstore_open(&temp, 0);
	store_write_begin(temp.store, &txn);
	journal_append(&txn, &entry, &arena);
	put_later_entry(&txn);
	cr_expect_eq(journal_chain_step(&chain, &txn, 10), JOURNAL_CHAIN_BROKEN);
	cr_expect_eq(chain.bad, 2);
	cr_expect_not_null(strstr(chain.why, "was written by a later version of tenure"));
	store_abort(&txn);
	tempstore_free(&temp);
}
