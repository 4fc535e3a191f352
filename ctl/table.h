/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Prints rows as a table: a header line, and columns as wide as their content. The first rows are
 * kept until the widths are known; the rest is printed as it comes, so a listing may have any
 * length. A row is one line, however long; on a terminal a table is as wide as that at most: long
 * texts go on in their column, what matters least is left out, and a line behind the table says so
 * (doc/decisions/045). One thread.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

enum table_kind {
	TABLE_TEXT,
	TABLE_NUMBER, /* to the right */
	TABLE_TIME,   /* RFC 3339 in the row, `2026-01-05 09:00` below `TITLE (UTC)` in the table */
	TABLE_SECOND, /* the same with seconds */
	TABLE_NAME,   /* relative to the row's member `zone`, `@` for the zone itself */
	TABLE_AGE,    /* seconds in the row; `12d`, `3d2h` in the table, to the right */
	TABLE_SEQ,    /* an entry's number with the letter of its log, to the right */
	TABLE_BY,     /* the member, and the member `person` in parentheses */
	TABLE_WHY,    /* the member, and the member `comment` in quotes */
	TABLE_RARE,   /* left out unless one of the rows that are kept has it */
	TABLE_ABOUT,  /* the member; if the row lacks it, the member `subject`, or else `zone` */
};

struct table_column {
	const char *member; /* of the row; NULL ends the columns */
	const char *title;
	enum table_kind kind;
};

#define TABLE_COLUMNS_MAX 12

/* The first columns of a table of records of several zones. */
#define TABLE_RECORD                                                                               \
	{"zone", "ZONE", TABLE_TEXT}, {"name", "NAME", TABLE_NAME}, {"type", "TYPE", TABLE_TEXT},  \
	{                                                                                          \
		"data", "DATA", TABLE_TEXT                                                         \
	}

/* How it is shown; all zero: as to a file. */
struct table_style {
	size_t room;       /* columns of the terminal; 0: a row is a line of any length */
	bool is_ascii;     /* see screen.h */
	bool is_following; /* rows come one by one: room is left for longer ones */
	bool is_chosen;    /* somebody chose the columns: none is left out for being rare */
};

struct table;

/* A new table, which table_end frees. `columns` must remain valid. */
struct table *table_new(FILE *, const struct table_column *columns, const struct table_style *);
/* Adds a row; its values are copied. */
void table_add(struct table *, const json_t *row);
/* Prints the rows that were kept; the widths stay as they are then. */
void table_flush(struct table *);
/* Does the same, says what there was no room for, and frees the table. */
void table_end(struct table *);

/* Prints an object, a line `member  value` for each member. */
void table_object(FILE *, const json_t *object);
