/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries of the log: any bytes are survived. What was unpacked once packs the same for ever, with
 * rows of decided state and extensions that are not known byte for byte; what this version cannot
 * read because a later one wrote it is told from what is damaged. Where the rows lie in the entry's
 * bytes, their fields are walked as every reader walks them.
 */
#include "journal/entry.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool lies_within(struct bytes outer, struct bytes inner)
{
	return inner.len == 0 ||
	       (inner.data >= outer.data && inner.data + inner.len <= outer.data + outer.len);
}

static void walk_fields(struct bytes row)
{
	struct bytes_in in = bytes_in_of(row.data, row.len);
	struct state_row_field field;
	size_t len = 0;
	while (state_row_next(&in, &field)) {
		struct bytes value;
		char word[STATE_ROW_WORD_MAX + 1];
		uint64_t number;
		bool is_on;
		assert(field.word.len > 0 && field.word.len <= STATE_ROW_WORD_MAX);
		memcpy(word, field.word.data, field.word.len);
		word[field.word.len] = '\0';
		/* A word with a NUL in it is found by what stands before that. */
		bool is_found = strlen(word) < field.word.len || state_row_find(row, word, &value);
		assert(is_found);
		state_row_number(row, word, &number);
		state_row_flag(row, word, &is_on);
		len += 1 + field.word.len + field.value.len;
	}
	assert(!in.bad && len <= row.len);
}

static void look_at_rows(const struct entry *entry, struct bytes packed)
{
	char text[STATE_KEY_TEXT_MAX];
	for (size_t i = 0; i < entry->row_count; i++) {
		const struct state_change *row = &entry->rows[i];
		assert(row->table > 0 && row->table < STATE_TABLES);
		assert(row->has_old || row->has_new);
		assert(row->key.len < STATE_KEY_MAX && lies_within(packed, row->key));
		assert(lies_within(packed, row->old) && lies_within(packed, row->new));
		assert(state_row_is_whole(row->old) && state_row_is_whole(row->new));
		walk_fields(row->old);
		walk_fields(row->new);
		state_key_print(row->table, row->key, entry->has_zone ? &entry->zone : NULL, text);
		assert(strlen(text) < sizeof text);
		state_key_zone(row->table, row->key);
	}
}

static void expect_same_rows(const struct entry *a, const struct entry *b)
{
	assert(a->row_count == b->row_count);
	for (size_t i = 0; i < a->row_count; i++) {
		const struct state_change *x = &a->rows[i], *y = &b->rows[i];
		assert(x->table == y->table && bytes_equal(x->key, y->key));
		assert(x->has_old == y->has_old && bytes_equal(x->old, y->old));
		assert(x->has_new == y->has_new && bytes_equal(x->new, y->new));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena arena = {0};
	struct entry first, second;
	struct bytes read = bytes_of(data, len);
	if (entry_unpack(&first, read, &arena)) {
		assert(!entry_is_newer(read));
		look_at_rows(&first, read);
		struct bytes packed = entry_pack(&first, &arena);
		bool is_whole = entry_unpack(&second, packed, &arena);
		assert(is_whole);
		assert(second.seq == first.seq && second.change_count == first.change_count);
		expect_same_rows(&first, &second);
		assert(bytes_equal(first.unknown, second.unknown));
		assert(bytes_equal(first.request, second.request));
		assert(bytes_equal(entry_pack(&second, &arena), packed));
	} else {
		entry_is_newer(read);
	}
	arena_free(&arena);
	return 0;
}
