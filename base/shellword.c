/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/shellword.h"
#include <string.h>

/* What no shell gives a meaning, wherever it stands in a word. */
#define PLAIN                                                                                      \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"                           \
	"@%+:,./_-"

const char *shellword(const char *text, struct arena *arena)
{
	size_t len = strlen(text), quotes = 0, at = 0;
	if (len && strspn(text, PLAIN) == len)
		return text;
	for (const char *c = text; *c; c++)
		quotes += *c == '\'';
	char *word = arena_alloc(arena, len + 3 * quotes + 3);
	word[at++] = '\'';
	for (; *text; text++) {
		/* A quote ends the quoted part, stands escaped, and begins it again. */
		if (*text == '\'') {
			memcpy(word + at, "'\\'", 3);
			at += 3;
		}
		word[at++] = *text;
	}
	word[at++] = '\'';
	word[at] = '\0';
	return word;
}

const char *shellword_name(const char *text, struct arena *arena)
{
	if (strncmp(text, "--", 2) == 0)
		text = arena_print(arena, "\\045%s", text + 1);
	return shellword(text, arena);
}
