/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/csv.h"
#include <stdlib.h>
#include <string.h>

static bool csv_fail(struct dns_csv *csv, const char *at, const char *error)
{
	csv->error = error;
	csv->error_line = csv->line;
	csv->error_column = (unsigned)(at - csv->line_start) + 1;
	return false;
}

static bool csv_put(struct dns_csv *csv, char c)
{
	if (csv->used == csv->room) {
		if (csv->room >= DNS_CSV_ROW_MAX)
			return csv_fail(csv, csv->at, "a row that is far too long");
		csv->room = csv->room ? csv->room * 2 : 4096;
		csv->row = realloc(csv->row, csv->room);
		if (!csv->row)
			abort();
	}
	csv->row[csv->used++] = c;
	return true;
}

static bool is_line_end(const struct dns_csv *csv)
{
	return csv->at == csv->end || *csv->at == '\n' ||
	       (*csv->at == '\r' && (csv->at + 1 == csv->end || csv->at[1] == '\n'));
}

static void skip_line_end(struct dns_csv *csv)
{
	if (csv->at < csv->end && *csv->at == '\r')
		csv->at++;
	if (csv->at == csv->end)
		return;
	csv->at++;
	csv->line++;
	csv->line_start = csv->at;
}

/* One byte of a field's content, and behind it. */
static bool take_byte(struct dns_csv *csv)
{
	if (*csv->at == '\0')
		return csv_fail(csv, csv->at, "a NUL byte");
	if (!csv_put(csv, *csv->at))
		return false;
	if (*csv->at++ == '\n') {
		csv->line++;
		csv->line_start = csv->at;
	}
	return true;
}

static bool csv_read_quoted(struct dns_csv *csv)
{
	const char *open = csv->at, *line_start = csv->line_start;
	unsigned line = csv->line;
	csv->at++;
	for (;; csv->at++) {
		while (csv->at < csv->end && *csv->at != '"')
			if (!take_byte(csv))
				return false;
		if (csv->at == csv->end) {
			csv->line = line;
			csv->line_start = line_start;
			return csv_fail(csv, open, "a quoted field that does not end");
		}
		if (csv->at + 1 == csv->end || csv->at[1] != '"')
			break;
		csv->at++;
		if (!csv_put(csv, '"'))
			return false;
	}
	csv->at++;
	if (is_line_end(csv) || *csv->at == csv->separator)
		return true;
	return csv_fail(csv, csv->at, "text behind the closing quote of a field");
}

static bool read_plain(struct dns_csv *csv)
{
	while (!is_line_end(csv) && *csv->at != csv->separator) {
		if (*csv->at == '"')
			return csv_fail(csv, csv->at, "a quote inside a field without quotes");
		if (!take_byte(csv))
			return false;
	}
	return true;
}

static bool csv_read_field(struct dns_csv *csv)
{
	if (csv->count == DNS_CSV_FIELDS_MAX)
		return csv_fail(csv, csv->at, "more than 64 columns");
	struct dns_csv_field *field = &csv->fields[csv->count++];
	size_t start = csv->used;
	field->line = csv->line;
	field->column = (unsigned)(csv->at - csv->line_start) + 1;
	bool is_quoted = csv->at < csv->end && *csv->at == '"';
	if (!(is_quoted ? csv_read_quoted(csv) : read_plain(csv)))
		return false;
	field->len = csv->used - start;
	return csv_put(csv, '\0');
}

/* The row may have moved while it grew. */
static void set_texts(struct dns_csv *csv)
{
	const char *text = csv->row;
	for (size_t i = 0; i < csv->count; i++) {
		csv->fields[i].text = text;
		text += csv->fields[i].len + 1;
	}
}

static char separator_of(const char *text, const char *end)
{
	bool is_quoted = false, has_semicolon = false, has_comma = false;
	for (; text < end && *text != '\n'; text++) {
		is_quoted ^= *text == '"';
		if (is_quoted)
			continue;
		if (*text == '\t')
			return '\t';
		has_semicolon |= *text == ';';
		has_comma |= *text == ',';
	}
	return has_semicolon && !has_comma ? ';' : ',';
}

static void csv_skip_line(struct dns_csv *csv)
{
	while (!is_line_end(csv))
		csv->at++;
	skip_line_end(csv);
}

void dns_csv_open(struct dns_csv *csv, const char *text, size_t len)
{
	if (len == 0)
		text = "";
	size_t mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
	*csv = (struct dns_csv){
		.at = text + mark, .end = text + len, .line_start = text + mark, .line = 1};
	if (len - mark >= 5 && memcmp(csv->at, "#TYPE", 5) == 0)
		csv_skip_line(csv);
	csv->separator = separator_of(csv->at, csv->end);
}

void dns_csv_close(struct dns_csv *csv)
{
	free(csv->row);
	csv->row = NULL;
}

bool dns_csv_next(struct dns_csv *csv)
{
	csv->count = csv->used = 0;
	while (csv->at < csv->end && is_line_end(csv))
		skip_line_end(csv);
	if (csv->error || csv->at == csv->end)
		return false;
	for (;;) {
		if (!csv_read_field(csv))
			return false;
		if (is_line_end(csv))
			break;
		csv->at++;
	}
	skip_line_end(csv);
	set_texts(csv);
	return true;
}
