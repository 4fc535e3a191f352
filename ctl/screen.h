/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What a terminal is, and texts as it may be sent them: how wide it is, how many of its columns a
 * text takes, where a line of it may end, and what a text holds instead of characters that would
 * move the cursor, hide text or turn its direction around. One thread.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A terminal may be narrower, or wider; a line is then made for these. */
#define SCREEN_COLUMNS_LEAST 40
#define SCREEN_COLUMNS_MOST  1000

struct screen {
	size_t columns; /* 0: it is no terminal, and lines may have any length */
	bool is_ascii;  /* a terminal that is not known to show UTF-8 */
};

/* What the stream leads to. The columns are those that the environment's COLUMNS says, or the
 * terminal itself; 80 where neither does. The locale says whether it shows UTF-8. */
struct screen screen_of(FILE *);

/* The text as it may be shown, on the heap: control characters, marks of direction, characters
 * without a width, and bytes that are not UTF-8 as \DDD or \uXXXX, as names and JSON have them;
 * with `is_ascii` all that is not ASCII. */
char *screen_text(const char *text, bool is_ascii);
/* Prints the text so. With `is_lined` line feeds and tabs stay. */
void screen_put(FILE *, const char *text, bool is_lined);
/* What printf's format makes, on the heap. */
char *screen_format(const char *format, va_list) __attribute__((format(printf, 1, 0)));
/* The same of what is made by printf's format, with is_lined. */
void screen_print(FILE *, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* To a terminal the same; to files and pipes, which may want it back, as it is. */
void screen_copy(FILE *, const char *text);

/* Prints a line of two columns, "  LEFT  RIGHT", the right one behind `width` columns of the left
 * one; on a terminal what has no room goes on below, in its column. Plain texts. */
void screen_pair(FILE *, size_t width, const char *left, const char *right);

/* Whether it may be shown as it is: printable ASCII alone, as most texts are. */
bool screen_is_plain(const char *text);

/* How many columns so many bytes of such a text take. */
size_t screen_width(const char *shown, size_t len);
/* How many bytes of such a text stand in a line of so many columns: all, or up to where it may be
 * broken best. At least one character. */
size_t screen_break(const char *shown, size_t columns);
