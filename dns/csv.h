/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Rows of comma-separated values (RFC 4180): fields in quotes may hold separators, line ends and
 * doubled quotes. The separator is a comma, a semicolon or a tab, whichever the first row has
 * (Export-Csv -UseCulture writes semicolons in half of Europe). A first line `#TYPE ...` of
 * Windows PowerShell is skipped. One reader, one text, one thread; memory grows with the longest
 * row.
 */
#include <stdbool.h>
#include <stddef.h>

#define DNS_CSV_FIELDS_MAX 64
#define DNS_CSV_ROW_MAX    (1u << 20)

struct dns_csv_field {
	const char *text; /* with a NUL behind it; valid until the next row */
	size_t len;
	unsigned line, column; /* where it begins, from 1 */
};

struct dns_csv {
	const char *at, *end, *line_start;
	unsigned line;
	char separator;
	struct dns_csv_field fields[DNS_CSV_FIELDS_MAX];
	size_t count;
	const char *error; /* what is wrong, at `error_line`, `error_column`; NULL: nothing */
	unsigned error_line, error_column;
	/* private */
	char *row;
	size_t used, room;
};

/* Ended by dns_csv_close. The text must stay. */
void dns_csv_open(struct dns_csv *, const char *text, size_t len);
void dns_csv_close(struct dns_csv *);

/* The next row that is not empty. False: there is none, or `error` says why. */
bool dns_csv_next(struct dns_csv *);
