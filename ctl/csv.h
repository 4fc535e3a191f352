/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Prints rows as CSV (RFC 4180): a header line, lines that end in CR LF, every text in quotes. A
 * text that begins with = + - @, tab or CR gets a `'` before it, since a spreadsheet would take it
 * for a formula, and clients choose names and data. One thread.
 */
#include <jansson.h>
#include <stdio.h>

/* Print the header line, and a row. `members` names the columns and ends with NULL; `old.ttl` is
 * the member `ttl` of the member `old`. */
void csv_header(FILE *, const char *const *members);
void csv_row(FILE *, const char *const *members, const json_t *row);
