/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/table.h"
#include "ctl/seq.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 12
#define ROWS_HELD   2048
#define WIDTH_MAX   30 /* a longer cell moves its own row, not all of them */
#define TITLE_MAX   40
#define GAP         "  "

struct table {
	FILE *out;
	const struct table_column *columns;
	size_t width[COLUMNS_MAX], count;
	bool has_time[COLUMNS_MAX]; /* of its kind, and one of the rows that are kept has one */
	size_t shown;               /* columns; set with the header */
	bool has_rare;
	char **cells; /* ROWS_HELD rows of `count` */
	size_t rows;
	bool has_header;
};

static char *table_copy(const char *text)
{
	char *result = strdup(text);
	if (!result)
		abort();
	/* What comes from outside must not speak to the terminal. */
	for (char *c = result; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return result;
}

/* "2026-01-05T09:00:00Z" to "2026-01-05 09:00". */
static char *time_cell(const char *text, size_t len)
{
	char *cell = table_copy(text);
	if (strlen(cell) >= len && cell[10] == 'T') {
		cell[10] = ' ';
		cell[len] = '\0';
	}
	return cell;
}

static char *name_cell(const char *name, const char *zone)
{
	size_t name_len = strlen(name), zone_len = zone ? strlen(zone) : 0;
	if (!zone || name_len < zone_len || strcmp(name + name_len - zone_len, zone) != 0)
		return table_copy(name);
	if (name_len == zone_len)
		return table_copy("@");
	char *cell = table_copy(name);
	if (cell[name_len - zone_len - 1] == '.')
		cell[name_len - zone_len - 1] = '\0';
	return cell;
}

/* "a, b, c" of texts. */
static char *table_list(const json_t *list)
{
	size_t room = 1, len = 0;
	for (size_t i = 0; i < json_array_size(list); i++)
		room += json_string_length(json_array_get(list, i)) + 2;
	char *text = calloc(1, room);
	if (!text)
		abort();
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *item = json_string_value(json_array_get(list, i));
		len += (size_t)snprintf(text + len, room - len, "%s%s", len ? ", " : "",
					item ? item : "");
	}
	char *cell = table_copy(text);
	free(text);
	return cell;
}

static char *table_scalar(const json_t *value)
{
	char number[32];
	if (json_is_string(value))
		return table_copy(json_string_value(value));
	if (json_is_boolean(value))
		return table_copy(json_is_true(value) ? "yes" : "no");
	if (json_array_size(value))
		return table_list(value);
	if (!json_is_integer(value))
		return table_copy("-");
	snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
	return table_copy(number);
}

static char *seq_cell(const json_t *row, json_int_t seq)
{
	char text[32];
	snprintf(text, sizeof(text), "%s%" JSON_INTEGER_FORMAT, seq_letter(row), seq);
	return table_copy(text);
}

/* Seconds in their largest unit, rounded down. */
static char *age_cell(json_int_t seconds)
{
	static const struct {
		json_int_t seconds;
		char letter;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	char text[32];
	size_t i = 0;
	while (i < 3 && seconds < units[i].seconds)
		i++;
	snprintf(text, sizeof(text), "%lld%c", (long long)(seconds / units[i].seconds),
		 units[i].letter);
	return table_copy(text);
}

/* "local:root (alice)"; "none -> secure; "ticket 17"". */
static char *table_both(const char *text, const char *more, bool is_quoted)
{
	size_t room = (text ? strlen(text) : 0) + strlen(more) + 8;
	char *both = malloc(room);
	if (!both)
		abort();
	const char *gap = !text ? "" : is_quoted ? "; " : " ";
	snprintf(both, room, "%s%s%s%s%s", text ? text : "", gap, is_quoted ? "\"" : "(", more,
		 is_quoted ? "\"" : ")");
	char *cell = table_copy(both);
	free(both);
	return cell;
}

static char *cell_of(const struct table_column *column, const json_t *row)
{
	const json_t *value = json_object_get(row, column->member);
	const char *text = json_string_value(value);
	const char *more = column->kind == TABLE_BY    ? "person"
			   : column->kind == TABLE_WHY ? "comment"
						       : "";
	const char *also = json_string_value(json_object_get(row, more));
	if (also)
		return table_both(text, also, column->kind == TABLE_WHY);
	if (text && column->kind == TABLE_TIME)
		return time_cell(text, 16);
	if (text && column->kind == TABLE_SECOND)
		return time_cell(text, 19);
	if (text && column->kind == TABLE_NAME)
		return name_cell(text, json_string_value(json_object_get(row, "zone")));
	if (json_is_integer(value) && column->kind == TABLE_AGE)
		return age_cell(json_integer_value(value));
	if (json_is_integer(value) && column->kind == TABLE_SEQ)
		return seq_cell(row, json_integer_value(value));
	if (!value && column->kind == TABLE_ABOUT) {
		/* Of a zone's setting the reason names the setting. */
		const char *event = json_string_value(json_object_get(row, "event"));
		bool is_setting = event && strcmp(event, "zone-setting") == 0;
		const json_t *subject = is_setting ? NULL : json_object_get(row, "subject");
		return table_scalar(subject ? subject : json_object_get(row, "zone"));
	}
	return table_scalar(value);
}

struct table *table_new(FILE *out, const struct table_column *columns)
{
	struct table *table = calloc(1, sizeof(*table));
	if (!table)
		abort();
	table->out = out;
	table->columns = columns;
	while (table->count < COLUMNS_MAX && columns[table->count].member) {
		table->width[table->count] = strlen(columns[table->count].title);
		table->count++;
	}
	table->cells = calloc(ROWS_HELD * table->count, sizeof(*table->cells));
	if (!table->cells)
		abort();
	return table;
}

static void table_put(const struct table *table, size_t column, const char *cell)
{
	bool is_last = column + 1 == table->shown;
	if (column >= table->shown)
		return;
	int width = (int)table->width[column];
	enum table_kind kind = table->columns[column].kind;
	if (kind == TABLE_NUMBER || kind == TABLE_AGE || kind == TABLE_SEQ)
		fprintf(table->out, "%*s", width, cell);
	else
		fprintf(table->out, "%-*s", is_last ? 0 : width, cell);
	fputs(is_last ? "\n" : GAP, table->out);
}

void table_add(struct table *table, const json_t *row)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct table_column *column = &table->columns[i];
		bool is_time = column->kind == TABLE_TIME || column->kind == TABLE_SECOND;
		char *cell = cell_of(column, row);
		table->has_time[i] |=
			is_time && json_is_string(json_object_get(row, column->member));
		size_t len = strlen(cell);
		if (len > WIDTH_MAX)
			len = WIDTH_MAX;
		if (len > table->width[i])
			table->width[i] = len;
		table->cells[table->rows * table->count + i] = cell;
	}
	const char *last = table->columns[table->count - 1].member;
	table->has_rare = table->has_rare || json_is_string(json_object_get(row, last));
	if (++table->rows == ROWS_HELD)
		table_flush(table);
}

/* Over times stands in which zone they are: who reads them must not take them for local ones. */
static void table_head(struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		char title[TITLE_MAX];
		snprintf(title, sizeof title, "%s%s", table->columns[i].title,
			 table->has_time[i] ? " (UTC)" : "");
		if (strlen(title) > table->width[i])
			table->width[i] = strlen(title);
		table_put(table, i, title);
	}
}

void table_flush(struct table *table)
{
	if (!table->has_header)
		table->shown =
			table->count -
			(table->columns[table->count - 1].kind == TABLE_RARE && !table->has_rare);
	if (!table->has_header && table->rows)
		table_head(table);
	table->has_header |= table->rows > 0;
	for (size_t i = 0; i < table->rows * table->count; i++) {
		table_put(table, i % table->count, table->cells[i]);
		free(table->cells[i]);
	}
	table->rows = 0;
	fflush(table->out);
}

void table_end(struct table *table)
{
	table_flush(table);
	free(table->cells);
	free(table);
}

void table_object(FILE *out, const json_t *object)
{
	const char *member;
	json_t *value;
	size_t width = 0;
	json_object_foreach((json_t *)(void *)(size_t)object, member, value) width =
		strlen(member) > width ? strlen(member) : width;
	json_object_foreach((json_t *)(void *)(size_t)object, member, value)
	{
		char *cell = table_scalar(value), *label = table_copy(member);
		/* What is a setting is written as one, what is not reads like one. */
		for (char *c = label; *c; c++)
			if (*c == '_')
				*c = '-';
		fprintf(out, "%-*s" GAP "%s\n", (int)width, label, cell);
		free(label);
		free(cell);
	}
}
