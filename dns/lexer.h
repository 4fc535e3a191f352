/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Words of a zone file: white space, comments, parentheses, quoted strings and escapes (RFC 1035
 * 5.1), with line and column of each. One lexer, one text; the text must stay while it is used.
 * One thread at a time.
 */
#include <stdbool.h>
#include <stddef.h>

/* The longest data there is (65,535 bytes) fits one word in any form it can have. */
#define DNS_TOKEN_LEN_MAX (1u << 18)

enum dns_token {
	DNS_TOKEN_WORD,   /* not quoted; may hold one quoted part behind `=`: key="value" */
	DNS_TOKEN_QUOTED, /* "...", without its quotes; escapes are left in */
	DNS_TOKEN_BLANK,  /* white space at the beginning of a line: the owner is the last one */
	DNS_TOKEN_END_OF_LINE,
	DNS_TOKEN_END,
	DNS_TOKEN_BAD, /* `error` says what */
};

struct dns_lexer {
	const char *at, *end, *line_start;
	unsigned line;                   /* of the next byte, from 1 */
	unsigned depth;                  /* of parentheses */
	unsigned open_line, open_column; /* of the outermost that is open */
	bool at_line_start;
	enum dns_token token;
	const char *word; /* of the current token, where it lies; escapes are left in */
	size_t len;
	unsigned word_line, word_column; /* of the current token, from 1 */
	const char *comment;             /* of the last line read, behind `;` and blanks, or NULL */
	size_t comment_len;
	const char *error;
};

void dns_lexer_init(struct dns_lexer *, const char *text, size_t len);

/* Goes to the next token and returns its kind. After END or BAD it stays there. */
enum dns_token dns_lexer_next(struct dns_lexer *);

/* Whether the current token ends a record. */
static inline bool dns_lexer_is_at_end(const struct dns_lexer *lexer)
{
	return lexer->token == DNS_TOKEN_END_OF_LINE || lexer->token == DNS_TOKEN_END;
}

/*
 * The next byte of a word in which escapes were left (RFC 1035 5.1), moving `*at` behind it.
 * -1: a backslash with nothing behind it, or with digits that are not three or above 255.
 */
int dns_lexer_unescape(const char **at, const char *end);
