/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Rows as CSV (RFC 4180): a header line, lines end in CR LF, every text is quoted. A text that a
 * spreadsheet would take for a formula (it begins with = + - @, tab or CR) gets a `'` before it:
 * names and data come from clients, and people open such files.
 */
#include <jansson.h>
#include <stdio.h>

/* Members of the rows, ended by NULL; `old.ttl` is member `ttl` of member `old`. */
void csv_header(FILE *, const char *const *members);
void csv_row(FILE *, const char *const *members, const json_t *row);
