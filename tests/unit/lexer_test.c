/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/lexer.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The tokens of a text: W(word) Q(string) B for blanks, / for a line's end, . or ! for the end. */
static const char *tokens(const char *text, size_t len)
{
	static char out[1000];
	struct dns_lexer lx;
	char *at = out;
	dns_lexer_init(&lx, text, len);
	for (;;) {
		switch (dns_lexer_next(&lx)) {
		case DNS_TOKEN_WORD:
			at += sprintf(at, "W(%.*s)", (int)lx.len, lx.word);
			break;
		case DNS_TOKEN_QUOTED:
			at += sprintf(at, "Q(%.*s)", (int)lx.len, lx.word);
			break;
		case DNS_TOKEN_BLANK:
			at += sprintf(at, "B");
			break;
		case DNS_TOKEN_END_OF_LINE:
			at += sprintf(at, "/");
			break;
		case DNS_TOKEN_END:
			sprintf(at, ".");
			return out;
		case DNS_TOKEN_BAD:
			sprintf(at, "!%u:%u %s", lx.word_line, lx.word_column, lx.error);
			return out;
		}
	}
}

Test(lexer, words_and_lines)
{
	static const struct {
		const char *text, *tokens;
	} rows[] = {
		{"", "."},
		{"a b", "W(a)W(b)."},
		{"a\tb\r\nc\n", "W(a)W(b)/W(c)/."},
		{"  a", "BW(a)."},
		{"  \n \t; x\n", "//."},
		{"a ; comment ( \" \n b", "W(a)/BW(b)."},
		{"a;b", "W(a)."},
		{"a ( b\n  c ; d\n ) e\nf", "W(a)W(b)W(c)W(e)/W(f)."},
		{"((a)(b))", "W(a)W(b)."},
		{"a(b)c", "W(a)W(b)W(c)."},
		{"\"a b\" \"\" \"c;(\"", "Q(a b)Q()Q(c;()."},
		{"\"a\"\"b\"", "Q(a)Q(b)."},
		{"\"a\\\"b\"", "Q(a\\\"b)."},
		{"a\\ b\\;c\\\"", "W(a\\ b\\;c\\\")."},
		{"k=\"v w\" x", "W(k=\"v w\")W(x)."},
		{"k=\"v\\\"w\"", "W(k=\"v\\\"w\")."},
		{"\"a\nb\"", "!1:1 a quoted string that does not end on its line"},
		{"x\n  \"a", "W(x)/B!2:3 a quoted string that does not end on its line"},
		{"a\\", "!1:2 a backslash with nothing behind it"},
		{"a\\\nb", "!1:2 a backslash with nothing behind it"},
		{"\"a\\\nb\"", "!1:1 a quoted string that does not end on its line"},
		{"k=\"v", "!1:1 a quoted string that does not end on its line"},
		{"a\"b\"", "!1:2 a quote inside a word"},
		{"a )", "W(a)!1:3 a closing parenthesis without an opening one"},
		{"a (\n b", "W(a)W(b)!1:3 a parenthesis that is not closed"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		cr_expect_str_eq(tokens(rows[i].text, strlen(rows[i].text)), rows[i].tokens, "%s",
				 rows[i].text);
	}
}

Test(lexer, nul_bytes_are_refused_everywhere)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {{"\0", 1},       {"a\0", 2},      {"\"a\0\"", 4}, {"a\\\0", 3},
		    {"\"\\\0\"", 4}, {"k=\"\0\"", 5}, {" \0", 2}};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		cr_expect(strchr(tokens(rows[i].text, rows[i].len), '!'), "row %zu", i);
}

Test(lexer, knows_lines_and_columns)
{
	struct dns_lexer lx;
	const char text[] = "a  bb\n\n  (c\n d)";
	static const unsigned places[][2] = {{1, 1}, {1, 4}, {1, 6}, {2, 1},
					     {3, 1}, {3, 4}, {4, 2}};
	dns_lexer_init(&lx, text, sizeof text - 1);
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		dns_lexer_next(&lx);
		cr_expect_eq(lx.word_line, places[i][0], "token %zu: line %u", i, lx.word_line);
		cr_expect_eq(lx.word_column, places[i][1], "token %zu: %u", i, lx.word_column);
	}
}

Test(lexer, keeps_the_comment_of_the_last_line)
{
	struct dns_lexer lx;
	const char text[] = "a ( b ; one\n c ) ;  two \n"
			    "d\n";
	dns_lexer_init(&lx, text, sizeof text - 1);
	while (dns_lexer_next(&lx) != DNS_TOKEN_END_OF_LINE)
		;
	cr_assert_eq(lx.comment_len, 3);
	cr_expect_eq(memcmp(lx.comment, "two", 3), 0);
	while (dns_lexer_next(&lx) != DNS_TOKEN_END_OF_LINE)
		;
	cr_expect_null(lx.comment);
}

Test(lexer, words_far_too_long_are_refused)
{
	size_t len = DNS_TOKEN_LEN_MAX + 2;
	char *text = malloc(len);
	memset(text, 'a', len);
	cr_expect_str_eq(tokens(text, len), "!1:1 a word that is far too long");
	text[0] = text[len - 1] = '"';
	struct dns_lexer lx;
	dns_lexer_init(&lx, text, len);
	cr_expect_eq(dns_lexer_next(&lx), DNS_TOKEN_QUOTED, "the longest that may be");
	free(text);
}
