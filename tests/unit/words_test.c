/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/words.h"
#include <criterion/criterion.h>
#include <string.h>

static const struct words_option options[] = {
	{"--file", "FILE", "a file"},
	{"--yes", NULL, "sure"},
	{"--socket", "PATH", "a socket"},
	{NULL, NULL, NULL},
};

static struct words words;
static char error[WORDS_ERROR_MAX];

/* Splits at blanks; sorts. */
static bool sort(const char *line)
{
	static char text[256];
	char *argv[16], *state = NULL;
	int argc = 0;
	strcpy(text, line);
	for (char *w = strtok_r(text, " ", &state); w; w = strtok_r(NULL, " ", &state))
		argv[argc++] = w;
	error[0] = '\0';
	return words_sort(&words, options, argc, argv, error);
}

Test(words, options_may_stand_anywhere)
{
	cr_assert(sort("a --file x b --yes c"));
	cr_expect_eq(words.count, 3);
	cr_expect_str_eq(words.word[0], "a");
	cr_expect_str_eq(words.word[2], "c");
	cr_expect_str_eq(words_option(&words, "--file"), "x");
	cr_expect(words_has(&words, "--yes"));
	cr_expect_not(words_has(&words, "--socket"));
	words_free(&words);
}

Test(words, a_value_may_stand_behind_a_sign)
{
	cr_assert(sort("--file=x=y --socket="));
	cr_expect_str_eq(words_option(&words, "--file"), "x=y");
	cr_expect_str_eq(words_option(&words, "--socket"), "");
	words_free(&words);
}

Test(words, two_dashes_end_the_options)
{
	cr_assert(sort("--yes -- --file -all"));
	cr_expect_eq(words.count, 2);
	cr_expect_str_eq(words.word[0], "--file");
	words_free(&words);
}

Test(words, one_dash_is_data)
{
	cr_assert(sort("-all -"));
	cr_expect_eq(words.count, 2);
	words_free(&words);
}

Test(words, what_is_wrong_is_said)
{
	static const struct {
		const char *line, *said;
	} cases[] = {
		{"--flie x", "unknown option '--flie': did you mean '--file'?"},
		{"--qqqqqqqq", "unknown option '--qqqqqqqq'"},
		{"--file", "option --file needs a value: FILE"},
		{"--yes=1", "option --yes takes no value"},
		{"--yes --yes", "option --yes is given twice"},
		{"--file a --file b", "option --file is given twice: FILE"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_not(sort(cases[i].line));
		cr_expect_str_eq(error, cases[i].said);
		words_free(&words);
	}
}
