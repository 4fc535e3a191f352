/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/lexer.h"
#include <stdint.h>
#include <string.h>

/* What a byte is; a word is a run of PLAIN ones, and most bytes of most files are. */
enum { PLAIN, SPACE, NEWLINE, COMMENT, OPEN, CLOSE, QUOTE, BACKSLASH, NUL };

static const uint8_t kinds[256] = {
	['\0'] = NUL,    [' '] = SPACE, ['\t'] = SPACE, ['\r'] = SPACE, ['\n'] = NEWLINE,
	[';'] = COMMENT, ['('] = OPEN,  [')'] = CLOSE,  ['"'] = QUOTE,  ['\\'] = BACKSLASH,
};

static unsigned kind_at(const char *p)
{
	return kinds[(uint8_t)*p];
}

static enum dns_token lexer_found(struct dns_lexer *lx, enum dns_token token, const char *word,
				  size_t len)
{
	lx->word = word;
	lx->len = len;
	return lx->token = token;
}

/* Remembers where the token that begins at `at` stands. */
static void lexer_place(struct dns_lexer *lx, const char *at)
{
	lx->word_line = lx->line;
	lx->word_column = (unsigned)(at - lx->line_start) + 1;
}

static enum dns_token lexer_bad(struct dns_lexer *lx, const char *at, const char *error)
{
	lexer_place(lx, at);
	lx->error = error;
	return lexer_found(lx, DNS_TOKEN_BAD, at, 0);
}

/* Behind the line's end. */
static void begin_line(struct dns_lexer *lx)
{
	lx->at++;
	lx->line++;
	lx->line_start = lx->at;
}

static void lexer_skip_comment(struct dns_lexer *lx)
{
	const char *start = lx->at + 1;
	const char *end = memchr(start, '\n', (size_t)(lx->end - start));
	lx->at = end ? end : lx->end;
	while (start < lx->at && kind_at(start) == SPACE)
		start++;
	const char *last = lx->at;
	while (last > start && kind_at(last - 1) == SPACE)
		last--;
	lx->comment = start;
	lx->comment_len = (size_t)(last - start);
}

/* The closing quote of the quoted text that begins at `at`; NULL: there is none. */
static const char *quoted_end(const struct dns_lexer *lx, const char *at, const char **error)
{
	for (; at < lx->end && *at != '\n'; at++) {
		if (kind_at(at) == BACKSLASH && at + 1 < lx->end && at[1] != '\n')
			at++;
		else if (kind_at(at) == QUOTE)
			return at;
		if (*at == '\0') {
			*error = "a NUL byte";
			return NULL;
		}
	}
	*error = "a quoted string that does not end on its line";
	return NULL;
}

static enum dns_token lexer_quoted(struct dns_lexer *lx)
{
	const char *start = lx->at + 1, *error;
	const char *end = quoted_end(lx, start, &error);
	if (!end)
		return lexer_bad(lx, lx->at, error);
	if ((size_t)(end - start) > DNS_TOKEN_LEN_MAX)
		return lexer_bad(lx, lx->at, "a quoted string that is far too long");
	lexer_place(lx, lx->at);
	lx->at = end + 1;
	return lexer_found(lx, DNS_TOKEN_QUOTED, start, (size_t)(end - start));
}

static enum dns_token lexer_word(struct dns_lexer *lx)
{
	const char *start = lx->at, *at = start, *end = lx->end, *error;
	for (;;) {
		while (at < end && kind_at(at) == PLAIN)
			at++;
		if (at == end)
			break;
		if (kind_at(at) == BACKSLASH) {
			if (at + 1 == end || at[1] == '\n' || at[1] == '\0')
				return lexer_bad(lx, at, "a backslash with nothing behind it");
			at += 2;
		} else if (kind_at(at) == QUOTE) {
			if (at[-1] != '=')
				return lexer_bad(lx, at, "a quote inside a word");
			at = quoted_end(lx, at + 1, &error);
			if (!at)
				return lexer_bad(lx, start, error);
			at++;
			break;
		} else {
			break;
		}
	}
	if ((size_t)(at - start) > DNS_TOKEN_LEN_MAX)
		return lexer_bad(lx, start, "a word that is far too long");
	lexer_place(lx, start);
	lx->at = at;
	return lexer_found(lx, DNS_TOKEN_WORD, start, (size_t)(at - start));
}

static void open_parenthesis(struct dns_lexer *lx)
{
	if (lx->depth++ == 0) {
		lx->open_line = lx->line;
		lx->open_column = (unsigned)(lx->at - lx->line_start) + 1;
	}
	lx->at++;
}

static enum dns_token end_of_text(struct dns_lexer *lx)
{
	if (lx->depth > 0) {
		lexer_bad(lx, lx->at, "a parenthesis that is not closed");
		/* The end of the text says nothing about where the slip is. */
		lx->word_line = lx->open_line;
		lx->word_column = lx->open_column;
		return lx->token;
	}
	lexer_place(lx, lx->at);
	return lexer_found(lx, DNS_TOKEN_END, lx->at, 0);
}

static enum dns_token end_of_line(struct dns_lexer *lx)
{
	lexer_place(lx, lx->at);
	begin_line(lx);
	lx->at_line_start = true;
	return lexer_found(lx, DNS_TOKEN_END_OF_LINE, lx->at, 0);
}

/* White space at a line's beginning stands for an owner, unless nothing follows it. */
static bool lexer_blank(struct dns_lexer *lx)
{
	const char *start = lx->at;
	while (lx->at < lx->end && kind_at(lx->at) == SPACE)
		lx->at++;
	if (lx->at == start || lx->at == lx->end || kind_at(lx->at) == NEWLINE ||
	    kind_at(lx->at) == COMMENT)
		return false;
	lexer_place(lx, start);
	lexer_found(lx, DNS_TOKEN_BLANK, start, (size_t)(lx->at - start));
	return true;
}

void dns_lexer_init(struct dns_lexer *lx, const char *text, size_t len)
{
	if (len == 0)
		text = "";
	*lx = (struct dns_lexer){.at = text,
				 .end = text + len,
				 .line_start = text,
				 .line = 1,
				 .at_line_start = true,
				 .token = DNS_TOKEN_END_OF_LINE,
				 .word_line = 1,
				 .word_column = 1};
}

enum dns_token dns_lexer_next(struct dns_lexer *lx)
{
	if (lx->token == DNS_TOKEN_END || lx->token == DNS_TOKEN_BAD)
		return lx->token;
	if (lx->at_line_start) {
		lx->at_line_start = false;
		lx->comment = NULL;
		if (lexer_blank(lx))
			return lx->token;
	}
	while (lx->at < lx->end) {
		switch (kind_at(lx->at)) {
		case SPACE:
			lx->at++;
			break;
		case COMMENT:
			lexer_skip_comment(lx);
			break;
		case OPEN:
			open_parenthesis(lx);
			break;
		case CLOSE:
			if (lx->depth == 0)
				return lexer_bad(lx, lx->at,
						 "a closing parenthesis without an opening one");
			lx->depth--;
			lx->at++;
			break;
		case NEWLINE:
			if (lx->depth == 0)
				return end_of_line(lx);
			begin_line(lx);
			lx->comment = NULL;
			break;
		case QUOTE:
			return lexer_quoted(lx);
		case NUL:
			return lexer_bad(lx, lx->at, "a NUL byte");
		default:
			return lexer_word(lx);
		}
	}
	return end_of_text(lx);
}

int dns_lexer_unescape(const char **at, const char *end)
{
	const char *p = *at;
	if (*p != '\\') {
		*at = p + 1;
		return (uint8_t)*p;
	}
	if (++p == end)
		return -1;
	if (*p < '0' || *p > '9') {
		*at = p + 1;
		return (uint8_t)*p;
	}
	int value = 0;
	for (int i = 0; i < 3; i++, p++) {
		if (p == end || *p < '0' || *p > '9')
			return -1;
		value = value * 10 + (*p - '0');
	}
	*at = p;
	return value <= 255 ? value : -1;
}
