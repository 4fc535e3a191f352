/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Rows for people: columns as wide as their content, a header line, no boxes. Rows are held back
 * until enough are there to know the widths, so a listing of any length streams. One thread.
 */
#include <jansson.h>
#include <stdio.h>

enum table_kind {
	TABLE_TEXT,
	TABLE_NUMBER, /* to the right */
	TABLE_TIME,   /* RFC 3339 in the row, `2026-01-05 09:00` in the table */
	TABLE_SECOND, /* the same with seconds */
	TABLE_NAME,   /* relative to the row's member `zone`, `@` for the zone itself */
	TABLE_AGE,    /* seconds in the row; `12d`, `5h` in the table, to the right */
	TABLE_ABOUT,  /* the member; of a row that lacks it `subject`, or else `zone` */
};

struct table_column {
	const char *member; /* of the row; NULL ends the columns */
	const char *title;
	enum table_kind kind;
};

struct table;

/* `columns` must stay. */
struct table *table_new(FILE *, const struct table_column *columns);
void table_add(struct table *, const json_t *row);
/* Writes what is held back. */
void table_flush(struct table *);
/* The same, and ends the table. */
void table_end(struct table *);

/* An object as `member  value` lines. */
void table_object(FILE *, const json_t *object);
