/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/csv.h"
#include "base/progress.h"
#include "ctl/screen.h"
#include <stdlib.h>
#include <string.h>

static const json_t *member_of(const json_t *row, const char *member)
{
	char outer[64];
	const char *dot = strchr(member, '.');
	if (!dot)
		return json_object_get(row, member);
	snprintf(outer, sizeof outer, "%.*s", (int)(dot - member), member);
	return json_object_get(json_object_get(row, outer), dot + 1);
}

static void csv_put_text(FILE *out, const char *given)
{
	/* A terminal gets what it may be shown; who reads it from a pipe gets what it is. */
	bool is_plain = screen_is_plain(given) || !screen_of(out).columns;
	char *shown = is_plain ? NULL : screen_text(given, false);
	const char *text = shown ? shown : given;
	fputc('"', out);
	if (*text && strchr("=+-@\t\r", *text))
		fputc('\'', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputc('"', out);
	free(shown);
}

static void put_value(FILE *out, const json_t *value)
{
	if (json_is_string(value))
		csv_put_text(out, json_string_value(value));
	else if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else if (json_is_boolean(value))
		fputs(json_is_true(value) ? "true" : "false", out);
}

void csv_header(FILE *out, const char *const *members)
{
	for (size_t i = 0; members[i]; i++)
		fprintf(out, "%s%s", i ? "," : "", members[i]);
	fputs("\r\n", out);
}

void csv_row(FILE *out, const char *const *members, const json_t *row)
{
	progress_hide();
	for (size_t i = 0; members[i]; i++) {
		if (i)
			fputc(',', out);
		put_value(out, member_of(row, members[i]));
	}
	fputs("\r\n", out);
}
