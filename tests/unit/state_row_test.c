/* SPDX-License-Identifier: BSD-2-Clause */
/* journal/state_row: fields in their order, and bytes that are none. */
#include "journal/state_row.h"
#include <criterion/criterion.h>
#include <string.h>

static struct arena arena;

static void end_row(void)
{
	arena_free(&arena);
}

TestSuite(state_row, .fini = end_row);

static struct bytes full_row(void)
{
	struct state_row_writer row = {.arena = &arena};
	state_row_put_text(&row, "text", "a b\"\n");
	state_row_put_number(&row, "most", UINT64_MAX);
	state_row_put_flag(&row, "on", true);
	state_row_put_flag(&row, "off", false);
	state_row_put(&row, "empty", bytes_of(NULL, 0));
	state_row_put_text(&row, "member", "1");
	state_row_put_text(&row, "member", "2");
	return state_row_end(&row);
}

Test(state_row, what_was_put_is_found)
{
	struct bytes row = full_row(), value;
	uint64_t number = 7;
	bool is_on = false, is_off = true;
	cr_expect(state_row_is_whole(row));
	cr_expect(state_row_find(row, "text", &value) &&
		  bytes_equal(value, bytes_of("a b\"\n", 5)));
	cr_expect(state_row_number(row, "most", &number) && number == UINT64_MAX);
	cr_expect(state_row_flag(row, "on", &is_on) && is_on);
	cr_expect(state_row_flag(row, "off", &is_off) && !is_off);
	cr_expect(state_row_find(row, "empty", &value) && value.len == 0);
	cr_expect(state_row_find(row, "member", &value) && value.data[0] == '1', "the first");
	cr_expect_not(state_row_find(row, "tex", &value));
	cr_expect_not(state_row_find(row, "texts", &value));
	cr_expect_not(state_row_number(row, "text", &number));
	cr_expect_not(state_row_number(row, "empty", &number));
	cr_expect_not(state_row_flag(row, "text", &is_on));
	cr_expect_not(state_row_find(bytes_of(NULL, 0), "text", &value));
	cr_expect(state_row_is_whole(bytes_of(NULL, 0)), "a row without fields");
}

Test(state_row, fields_come_in_their_order)
{
	static const char *const words[] = {"text",  "most",   "on",    "off",
					    "empty", "member", "member"};
	struct bytes row = full_row();
	struct bytes_in in = bytes_in_of(row.data, row.len);
	struct state_row_field field;
	size_t i = 0;
	for (; state_row_next(&in, &field); i++)
		cr_expect(state_row_is(&field, words[i]), "%zu", i);
	cr_expect_eq(i, 7);
	cr_expect_not(in.bad);
}

Test(state_row, numbers_are_decimal_and_fit)
{
	static const struct {
		const char *text;
		bool is;
		uint64_t number;
	} rows[] = {{"0", true, 0},
		    {"007", true, 7},
		    {"18446744073709551615", true, UINT64_MAX},
		    {"18446744073709551616", false, 0},
		    {"184467440737095516150", false, 0},
		    {"-1", false, 0},
		    {" 1", false, 0},
		    {"1 ", false, 0},
		    {"", false, 0},
		    {"0x1", false, 0}};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t number = 0;
		bool is = state_row_parse_number(bytes_of(rows[i].text, strlen(rows[i].text)),
						 &number);
		cr_expect_eq(is, rows[i].is, "'%s'", rows[i].text);
		cr_expect(!is || number == rows[i].number, "'%s'", rows[i].text);
	}
	uint64_t number;
	cr_expect_not(state_row_parse_number(bytes_of("1\0", 2), &number));
}

Test(state_row, a_row_that_is_cut_is_whole_only_between_its_fields)
{
	struct bytes row = full_row();
	size_t whole = 0;
	for (size_t len = 0; len <= row.len; len++)
		whole += state_row_is_whole(bytes_of(row.data, len));
	cr_expect_eq(whole, 8, "before the first field, and behind each of seven");
}

Test(state_row, damaged_fields_are_damaged)
{
	char long_word[1 + STATE_ROW_WORD_MAX + 1 + 1] = {STATE_ROW_WORD_MAX + 1};
	memset(long_word + 1, 'w', STATE_ROW_WORD_MAX + 1);
	static const struct {
		const char *bytes;
		size_t len;
	} rows[] = {
		{"\0\1x", 3},                                       /* a word of no bytes */
		{"\1", 1},                                          /* no word */
		{"\1w", 2},                                         /* no length */
		{"\1w\2x", 4},                                      /* a value that is too short */
		{"\1w\xff\xff\xff\xff\xff\xff\xff\xff\xff\1x", 13}, /* longer than all memory */
		{"\1w\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 13}, /* more than 64 bits */
		{"\1w\1x\1", 5}, /* rubbish behind a good one */
	};
	struct bytes value;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bytes row = bytes_of(rows[i].bytes, rows[i].len);
		cr_expect_not(state_row_is_whole(row), "row %zu", i);
		cr_expect_not(state_row_find(row, "v", &value), "row %zu", i);
	}
	cr_expect_not(state_row_is_whole(bytes_of(long_word, sizeof(long_word))));
}

Test(state_row, a_row_grows_with_what_is_put)
{
	struct state_row_writer row = {.arena = &arena};
	char *large = arena_alloc(&arena, 100000);
	memset(large, 'x', 100000);
	struct bytes value;
	for (unsigned i = 0; i < 300; i++)
		state_row_put_number(&row, "n", i);
	state_row_put(&row, "large", bytes_of(large, 100000));
	state_row_put_text(&row, "last", "y");
	cr_assert(state_row_is_whole(state_row_end(&row)));
	cr_expect(state_row_find(state_row_end(&row), "large", &value) && value.len == 100000);
	cr_expect(state_row_find(state_row_end(&row), "last", &value) && value.data[0] == 'y');
}
