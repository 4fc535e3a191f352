/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/audit_rows.h"
#include "ctl/screen.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Lines before times lines after for which the shortest difference is looked for. */
#define DIFF_CELLS_MAX (4u << 20)

const struct table_column audit_rows_columns[] = {
	{"table", "TABLE", TABLE_TEXT}, {"key", "KEY", TABLE_TEXT}, {"field", "FIELD", TABLE_TEXT},
	{"old", "OLD", TABLE_TEXT},     {"new", "NEW", TABLE_TEXT}, {0},
};

/* --- a text, line by line */

struct lines {
	char *copy, **line;
	size_t count;
};

static void *audit_rows_need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

static struct lines audit_rows_lines_of(const char *text)
{
	struct lines lines = {.copy = audit_rows_need(strdup(text ? text : ""))};
	size_t room = 1;
	for (const char *at = lines.copy; *at; at++)
		room += *at == '\n';
	lines.line = audit_rows_need(calloc(room, sizeof *lines.line));
	for (char *at = lines.copy, *end; *at; at = end) {
		end = at + strcspn(at, "\n");
		lines.line[lines.count++] = at;
		if (*end)
			*end++ = '\0';
	}
	return lines;
}

static void lines_free(struct lines *lines)
{
	free(lines->copy);
	free(lines->line);
}

/* What a text says must not move the terminal. */
static void audit_rows_print_line(FILE *out, char sign, const char *line)
{
	fprintf(out, "  %c ", sign);
	screen_put(out, line, true);
	fputc('\n', out);
}

/* common[i][k]: the longest common sequence of old[i..] and new[k..]. */
static uint32_t *common_lines(const struct lines *old, const struct lines *new)
{
	size_t width = new->count + 1;
	uint32_t *common = audit_rows_need(calloc((old->count + 1) * width, sizeof *common));
	for (size_t i = old->count; i-- > 0;) {
		for (size_t k = new->count; k-- > 0;) {
			uint32_t down = common[(i + 1) * width + k];
			uint32_t right = common[i * width + k + 1];
			common[i * width + k] = strcmp(old->line[i], new->line[k]) == 0
							? common[(i + 1) * width + k + 1] + 1
						: down > right ? down
							       : right;
		}
	}
	return common;
}

static void diff_common(FILE *out, const struct lines *old, const struct lines *new)
{
	uint32_t *common = common_lines(old, new);
	size_t i = 0, k = 0, width = new->count + 1;
	while (i < old->count || k < new->count) {
		bool has_both = i < old->count && k < new->count;
		if (has_both && strcmp(old->line[i], new->line[k]) == 0) {
			i++;
			k++;
		} else if (k == new->count ||
			   (has_both && common[(i + 1) * width + k] >= common[i * width + k + 1])) {
			audit_rows_print_line(out, '-', old->line[i++]);
		} else {
			audit_rows_print_line(out, '+', new->line[k++]);
		}
	}
	free(common);
}

static void diff_text(FILE *out, const char *was, const char *is)
{
	struct lines old = audit_rows_lines_of(was), new = audit_rows_lines_of(is);
	if ((old.count + 1) * (new.count + 1) <= DIFF_CELLS_MAX) {
		diff_common(out, &old, &new);
	} else {
		for (size_t i = 0; i < old.count; i++)
			audit_rows_print_line(out, '-', old.line[i]);
		for (size_t i = 0; i < new.count; i++)
			audit_rows_print_line(out, '+', new.line[i]);
	}
	lines_free(&old);
	lines_free(&new);
}

/* --- a list */

static bool has_text(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *other = json_string_value(json_array_get(list, i));
		if (other && strcmp(other, text) == 0)
			return true;
	}
	return false;
}

static void print_missing(FILE *out, char sign, const json_t *list, const json_t *other)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		if (text && !has_text(other, text))
			audit_rows_print_line(out, sign, text);
	}
}

/* --- a row */

struct field {
	const json_t *row;
	const char *word;
	const json_t *old, *new;
};

static bool is_long(const json_t *value)
{
	const char *text = json_string_value(value);
	return json_is_array(value) || (text && strchr(text, '\n'));
}

static json_t *audit_rows_shown(const json_t *value)
{
	const char *text = json_string_value(value);
	return json_string(!text ? "-" : *text ? text : "(empty)");
}

static void add_field(struct table *table, const struct field *field)
{
	json_t *line = json_object();
	json_object_set(line, "table", json_object_get(field->row, "table"));
	json_object_set(line, "key", json_object_get(field->row, "key"));
	json_object_set_new(line, "field", json_string(field->word));
	json_object_set_new(line, "old", audit_rows_shown(field->old));
	json_object_set_new(line, "new", audit_rows_shown(field->new));
	table_add(table, line);
	json_decref(line);
}

static void show_long(FILE *out, const struct field *field)
{
	const char *of = json_string_value(json_object_get(field->row, "key"));
	char *key = screen_text(of ? of : "-", false);
	fprintf(out, "\n%s %s, %s\n", json_string_value(json_object_get(field->row, "table")), key,
		field->word);
	free(key);
	if (json_is_array(field->old) || json_is_array(field->new)) {
		print_missing(out, '-', field->old, field->new);
		print_missing(out, '+', field->new, field->old);
	} else {
		diff_text(out, json_string_value(field->old), json_string_value(field->new));
	}
}

struct showing {
	FILE *out;
	bool is_long;        /* what has several lines is shown, and else what has one */
	struct table *table; /* NULL: nobody chose a column of it */
	size_t count;
};

static void show_field(struct showing *show, const struct field *field)
{
	bool is_text = is_long(field->old) || is_long(field->new);
	if (json_equal(field->old, field->new) || is_text != show->is_long)
		return;
	show->count++;
	if (show->is_long)
		show_long(show->out, field);
	else if (show->table)
		add_field(show->table, field);
}

static void audit_rows_show_row(struct showing *show, const json_t *row)
{
	json_t *old = json_object_get(row, "old"), *new = json_object_get(row, "new");
	const char *word;
	json_t *value;
	json_object_foreach(old, word, value)
	{
		show_field(show, &(struct field){row, word, value, json_object_get(new, word)});
	}
	json_object_foreach(new, word, value)
	{
		if (!json_object_get(old, word))
			show_field(show, &(struct field){row, word, NULL, value});
	}
}

void audit_rows_show(struct ctl *ctl, const json_t *rows)
{
	struct showing show = {.out = stdout, .table = ctl_table(ctl, audit_rows_columns, true)};
	for (size_t i = 0; i < json_array_size(rows); i++)
		audit_rows_show_row(&show, json_array_get(rows, i));
	if (show.table)
		table_end(show.table);
	show.is_long = true;
	for (size_t i = 0; i < json_array_size(rows); i++)
		audit_rows_show_row(&show, json_array_get(rows, i));
}
