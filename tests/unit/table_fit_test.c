/* SPDX-License-Identifier: BSD-2-Clause */
/* Tables and texts on a terminal: widths, lines of a cell, what is left out, and no control bytes.
 */
#include "ctl/screen.h"
#include "ctl/table.h"
#include "ctl/table_fit.h"
#include "ctl/table_paint.h"
#include <criterion/criterion.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static const struct table_column columns[] = {
	{"name", "NAME", TABLE_TEXT},   {"ttl", "TTL", TABLE_NUMBER}, {"data", "DATA", TABLE_TEXT},
	{"stamp", "STAMP", TABLE_TIME}, {"age", "AGE", TABLE_AGE},    {NULL, NULL, TABLE_TEXT},
};

static char *text;
static size_t len;
static FILE *out;

static struct table *begin(const struct table_style *style)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	out = open_memstream(&text, &len);
	return table_new(out, columns, style);
}

static void add(struct table *table, const char *name, const char *data)
{
	json_t *row = json_pack("{s:s, s:i, s:s, s:s, s:i}", "name", name, "ttl", 300, "data", data,
				"stamp", "2026-01-05T09:00:00Z", "age", 266400);
	cr_assert(row);
	table_add(table, row);
	json_decref(row);
}

static void expect(struct table *table, const char *wanted)
{
	table_end(table);
	fclose(out);
	cr_expect_str_eq(text, wanted);
	free(text);
}

Test(table_fit, what_fits_stands_in_one_line)
{
	struct table *table = begin(&(struct table_style){.room = 80});
	add(table, "www", "10.0.0.1");
	add(table, "a-longer-name.of.two.departments-here", "10.0.0.1");
	expect(table,
	       "NAME                                   TTL  DATA      STAMP (UTC)        AGE\n"
	       "www                                    300  10.0.0.1  2026-01-05 09:00  3d2h\n"
	       "a-longer-name.of.two.departments-here  300  10.0.0.1  2026-01-05 09:00  3d2h\n");
}

Test(table_fit, what_is_narrow_wraps_and_what_is_left_out_is_said)
{
	struct table *table = begin(&(struct table_style){.room = 40});
	add(table, "www", "10.0.0.1");
	add(table, "printer.second-floor.site1", "\"one two three four five\"");
	expect(table, "NAME              DATA               AGE\n"
		      "www               10.0.0.1          3d2h\n"
		      "printer.second-   \"one two three    3d2h\n"
		      " floor.site1       four five\"\n"
		      "(no room for TTL, STAMP: --wide shows\n"
		      "all, --columns what is chosen)\n");
}

Test(table_fit, characters_count_by_their_columns)
{
	struct table *table = begin(&(struct table_style){.room = 80});
	add(table, "\xe5\x80\x89\xe5\xba\xab", "x");
	add(table, "Zoe\xcc\x88", "y");
	expect(table, "NAME  TTL  DATA  STAMP (UTC)        AGE\n"
		      "\xe5\x80\x89\xe5\xba\xab  300  x     2026-01-05 09:00  3d2h\n"
		      "Zoe\xcc\x88   300  y     2026-01-05 09:00  3d2h\n");
}

Test(table_fit, rows_of_any_width_fit_any_terminal)
{
	for (size_t room = SCREEN_COLUMNS_LEAST; room < 140; room++) {
		struct table *table = begin(&(struct table_style){.room = room});
		char name[201], data[3001];
		memset(name, 'n', sizeof name - 1);
		memset(data, 'd', sizeof data - 1);
		name[sizeof name - 1] = data[sizeof data - 1] = '\0';
		add(table, name, data);
		add(table, "short", "1");
		table_end(table);
		fclose(out);
		for (char *line = text, *end; *line; line = end + 1) {
			end = strchr(line, '\n');
			cr_assert_leq(screen_width(line, (size_t)(end - line)), room);
		}
		cr_expect_not_null(strstr(text, "\xe2\x80\xa6"), "what is cut has a mark");
		cr_expect_not_null(strstr(text, "--wide"));
		free(text);
	}
}

Test(table_fit, widths_take_the_room_and_no_more)
{
	unsigned seed = 1;
	for (int trial = 0; trial < 20000; trial++) {
		struct table_fit fit[TABLE_COLUMNS_MAX];
		size_t count = 1 + (size_t)rand_r(&seed) % TABLE_COLUMNS_MAX, total = 0, shown = 0;
		size_t room = SCREEN_COLUMNS_LEAST + (size_t)rand_r(&seed) % 200;
		for (size_t i = 0; i < count; i++) {
			size_t word = 1 + (size_t)rand_r(&seed) % 14;
			size_t longest = 1 + (size_t)rand_r(&seed) % (trial % 2 ? 12 : 300);
			fit[i] =
				(struct table_fit){.kind = (enum table_fit_kind)(rand_r(&seed) % 4),
						   .word = word,
						   .title = word + (size_t)rand_r(&seed) % 14,
						   .usual = 1 + (size_t)rand_r(&seed) % longest,
						   .longest = longest,
						   .rank = (unsigned)rand_r(&seed) % 4};
			if ((fit[i].kind == TABLE_FIT_FIXED || fit[i].kind == TABLE_FIT_AGE) &&
			    fit[i].longest > 20)
				fit[i].longest = 20;
		}
		table_fit(fit, count, room, 2);
		for (size_t i = 0; i < count; i++) {
			total += fit[i].width + (fit[i].width && total ? 2 : 0);
			shown += fit[i].width > 0;
			cr_assert(!fit[i].width || fit[i].width >= fit[i].word);
		}
		cr_assert_leq(total, room);
		cr_assert_geq(shown, 1);
	}
}

Test(table_fit, each_rank_is_a_members_own)
{
	for (size_t i = 0; table_first_out[i]; i++) {
		cr_expect_gt(table_rank(table_first_out[i]), 0);
		if (i > 0)
			cr_expect_lt(table_rank(table_first_out[i]),
				     table_rank(table_first_out[i - 1]));
	}
	cr_expect_eq(table_rank("name"), 0);
	cr_expect_eq(table_rank("owner"), 0);
}

/* --- texts */

static void expect_shown(const char *given, bool is_ascii, const char *wanted)
{
	char *shown = screen_text(given, is_ascii);
	cr_expect_str_eq(shown, wanted);
	free(shown);
}

Test(screen, nothing_but_characters_is_shown)
{
	expect_shown("plain text", false, "plain text");
	expect_shown("\x1b[31m\a\r\n\t\x7f", false, "\\027[31m\\007\\013\\010\\009\\127");
	expect_shown("\xc2\x9b"
		     "31m",
		     false, "\\u009b31m");
	expect_shown("\x9b"
		     "31m",
		     false, "\\15531m");
	expect_shown("a\xe2\x80\xae"
		     "b\xe2\x80\x8b",
		     false, "a\\u202eb\\u200b");
	expect_shown("\xf3\xa0\x80\x81", false, "\\U000e0001");
	expect_shown("caf\xc3\xa9 \xf0\x9f\x98\x80", false, "caf\xc3\xa9 \xf0\x9f\x98\x80");
	expect_shown("caf\xc3\xa9 \xf0\x9f\x98\x80", true, "caf\\u00e9 \\U0001f600");
	expect_shown("cut \xe2\x80", false, "cut \\226\\128");
	expect_shown("\xc0\x9b\xed\xa0\x80", false, "\\192\\155\\237\\160\\128");
}

Test(screen, every_byte_alone_and_in_pairs_is_shown_without_control_characters)
{
	for (unsigned first = 1; first < 256; first++) {
		for (unsigned second = 0; second < 256; second++) {
			char given[] = {(char)first, (char)second, 0};
			char *shown = screen_text(given, true);
			for (const char *c = shown; *c; c++)
				cr_assert(*c >= 0x20 && *c < 0x7f);
			free(shown);
		}
	}
}

Test(screen, lines_end_at_words_and_never_in_an_escape)
{
	cr_expect_eq(screen_break("one two three", 9), strlen("one two "));
	cr_expect_eq(screen_break("one two", 9), strlen("one two"));
	cr_expect_eq(screen_break("one two", 3), strlen("one"));
	cr_expect_eq(screen_break("host.of.site1.corp", 9), strlen("host.of."));
	cr_expect_eq(screen_break("abcdefghijkl", 9), 9);
	cr_expect_eq(screen_break("abcdefg\\027xyz", 9), strlen("abcdefg"));
	cr_expect_eq(screen_break("\\u202e", 4), 6, "one character at least");
	setlocale(LC_CTYPE, "C.UTF-8");
	cr_expect_eq(screen_break("\xe5\x80\x89\xe5\xba\xab\xe3\x81\xae", 5), 6);
}
