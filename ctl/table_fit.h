/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * How wide the columns of a table become on a terminal: as wide as their content if there is room;
 * else texts are narrower, so that their cells take several lines, and what matters least is left
 * out (doc/decisions/045). Pure; any thread.
 */
#include <stdbool.h>
#include <stddef.h>

enum table_fit_kind {
	TABLE_FIT_FIXED, /* numbers: never narrower than their content */
	TABLE_FIT_TEXT,
	TABLE_FIT_TIME, /* in one line, or in two: date and time of day */
	TABLE_FIT_AGE,  /* a number that also says when */
};

struct table_fit {
	enum table_fit_kind kind;
	size_t word;    /* columns that the longest word of the title takes */
	size_t title;   /* that the title takes in one line */
	size_t usual;   /* that nine of ten cells take */
	size_t longest; /* that all of them take */
	/* When it is left out for want of room: the highest first; 0: last of all. */
	unsigned rank;
	size_t width; /* out; 0: it is left out */
};

/* Sets the widths: with a gap of `gap` between two of them they take `room` columns at most, but
 * one that stands alone may take more. */
void table_fit(struct table_fit *, size_t count, size_t room, size_t gap);
