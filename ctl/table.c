/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/table.h"
#include "base/progress.h"
#include "ctl/paint.h"
#include "ctl/screen.h"
#include "ctl/table_cell.h"
#include "ctl/table_fit.h"
#include "ctl/table_paint.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_HELD 2048
#define WIDTH_MAX 30 /* a longer cell moves its own row, not all of them */
#define TITLE_MAX 40
#define GAP       2
/* Lines of a cell; what is longer is cut. */
#define CELL_LINES_MAX 12
/* Of texts of which longer ones may follow. */
#define FOLLOWING_LEAST 20

struct cell {
	char *text;
	size_t width;
	enum paint paint;
};

struct table {
	FILE *out;
	const struct table_column *columns;
	struct table_style style;
	size_t count;
	size_t width[TABLE_COLUMNS_MAX];  /* 0: it is left out */
	bool has_time[TABLE_COLUMNS_MAX]; /* of its kind, and one of the rows that are kept has one
					   */
	bool has_paint[TABLE_COLUMNS_MAX];
	bool has_value[TABLE_COLUMNS_MAX];   /* of rare columns */
	bool is_left_out[TABLE_COLUMNS_MAX]; /* for being rare */
	struct cell *cells;                  /* ROWS_HELD rows of `count` */
	size_t rows;
	bool has_header, has_cut;
};

/* Over times stands in which zone they are: who reads them must not take them for local ones. */
static char *table_title(const struct table *table, size_t column, char out[TITLE_MAX])
{
	snprintf(out, TITLE_MAX, "%s%s", table->columns[column].title,
		 table->has_time[column] ? " (UTC)" : "");
	return out;
}

/* --- widths */

static int table_compare_widths(const void *a, const void *b)
{
	size_t left = *(const size_t *)a, right = *(const size_t *)b;
	return left < right ? -1 : left > right;
}

static bool table_is_to_the_right(enum table_kind kind)
{
	return kind == TABLE_NUMBER || kind == TABLE_AGE || kind == TABLE_SEQ;
}

static enum table_fit_kind table_fit_kind_of(const struct table *table, size_t column)
{
	enum table_kind kind = table->columns[column].kind;
	if (kind == TABLE_AGE)
		return TABLE_FIT_AGE;
	if (table_is_to_the_right(kind))
		return TABLE_FIT_FIXED;
	return table->has_time[column] ? TABLE_FIT_TIME : TABLE_FIT_TEXT;
}

static struct table_fit table_measure(const struct table *table, size_t column)
{
	char title[TITLE_MAX];
	size_t widths[ROWS_HELD] = {0};
	struct table_fit fit = {.kind = table_fit_kind_of(table, column),
				.rank = table_rank(table->columns[column].member)};
	table_title(table, column, title);
	fit.title = strlen(title);
	/* Each word may have a line, with the blank that lines have but the first. */
	for (const char *at = title, *end; *at; at = end + strspn(end, " ")) {
		end = at + strcspn(at, " ");
		size_t word = (size_t)(end - at) + (at > title);
		fit.word = word > fit.word ? word : fit.word;
	}
	for (size_t i = 0; i < table->rows; i++)
		widths[i] = table->cells[i * table->count + column].width;
	qsort(widths, table->rows, sizeof *widths, table_compare_widths);
	fit.usual = widths[(table->rows - 1) * 9 / 10];
	fit.longest = widths[table->rows - 1];
	if (table->style.is_following && table_has_long_texts(table->columns[column].member) &&
	    fit.longest < FOLLOWING_LEAST)
		fit.longest = FOLLOWING_LEAST;
	return fit;
}

/* From the rows that are kept, of which there is one at least. */
static void table_set_widths(struct table *table)
{
	struct table_fit fit[TABLE_COLUMNS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < table->count; i++) {
		table->is_left_out[i] = table->columns[i].kind == TABLE_RARE &&
					!table->has_value[i] && !table->style.is_chosen;
		if (table->is_left_out[i])
			continue;
		struct table_fit *of = &fit[count++];
		*of = table_measure(table, i);
		size_t width = of->longest < WIDTH_MAX ? of->longest : WIDTH_MAX;
		of->width = width > of->title ? width : of->title;
	}
	if (table->style.room)
		table_fit(fit, count, table->style.room, GAP);
	for (size_t i = 0, at = 0; i < table->count; i++)
		if (!table->is_left_out[i])
			table->width[i] = fit[at++].width;
}

/* --- lines */

static const char *table_dots(const struct table *table)
{
	return table->style.is_ascii ? "..." : "\xe2\x80\xa6";
}

/* How much of what is left of a cell stands in its line of this number. */
static size_t table_part(struct table *table, const char *text, size_t width, unsigned line,
			 bool *is_cut)
{
	size_t len = table->style.room ? screen_break(text, width - (line > 0)) : strlen(text);
	*is_cut = text[len] && line + 1 == CELL_LINES_MAX;
	if (!*is_cut)
		return len;
	table->has_cut = true;
	return screen_break(text, width - 1 - strlen(table_dots(table)));
}

/* Without blanks at the end, unless it is all blanks. */
static size_t table_trim(const char *text, size_t len)
{
	size_t end = len;
	while (end > 0 && text[end - 1] == ' ')
		end--;
	return end ? end : len;
}

/* A line of a row: of each cell what is left of it. True: something is left for another one. */
static bool table_line(struct table *table, const struct cell *cells, const char **rest,
		       unsigned line)
{
	size_t blanks = 0;
	bool has_more = false;
	for (size_t i = 0; i < table->count; i++) {
		size_t width = table->width[i], used = 0, len = 0;
		bool is_cut = false;
		if (!width)
			continue;
		if (*rest[i]) {
			len = table_part(table, rest[i], width, line, &is_cut);
			used = screen_width(rest[i], table_trim(rest[i], len)) + (is_cut ? 1 : 0) +
			       (line > 0);
			blanks += line > 0;
		}
		size_t pad = width > used ? width - used : 0;
		bool is_right = table_is_to_the_right(table->columns[i].kind);
		if (len || is_cut) {
			fprintf(table->out, "%*s", (int)(blanks + (is_right ? pad : 0)), "");
			paint_begin(table->out, cells[i].paint);
			fwrite(rest[i], 1, table_trim(rest[i], len), table->out);
			fputs(is_cut ? table_dots(table) : "", table->out);
			paint_end(table->out, cells[i].paint);
			blanks = is_right ? 0 : pad;
		} else {
			blanks += pad;
		}
		blanks += GAP;
		rest[i] = is_cut ? "" : rest[i] + len + strspn(rest[i] + len, " ");
		has_more = has_more || *rest[i];
	}
	fputc('\n', table->out);
	return has_more;
}

static void table_row(struct table *table, const struct cell *cells)
{
	const char *rest[TABLE_COLUMNS_MAX];
	unsigned line = 0;
	for (size_t i = 0; i < table->count; i++)
		rest[i] = cells[i].text;
	while (table_line(table, cells, rest, line))
		line++;
}

static void table_head(struct table *table)
{
	char titles[TABLE_COLUMNS_MAX][TITLE_MAX];
	struct cell cells[TABLE_COLUMNS_MAX];
	for (size_t i = 0; i < table->count; i++)
		cells[i] = (struct cell){.text = table_title(table, i, titles[i])};
	table_row(table, cells);
}

static void table_print(struct table *table)
{
	if (table->rows)
		progress_hide();
	if (!table->has_header && table->rows) {
		table_set_widths(table);
		table_head(table);
		table->has_header = true;
	}
	for (size_t i = 0; i < table->rows; i++)
		table_row(table, table->cells + i * table->count);
	for (size_t i = 0; i < table->rows * table->count; i++)
		free(table->cells[i].text);
	table->rows = 0;
}

/* Says which columns there was no room for, and that something was cut. */
static void table_tell(const struct table *table)
{
	char text[TABLE_COLUMNS_MAX * (TITLE_MAX + 2) + 128];
	size_t len = 0;
	for (size_t i = 0; table->has_header && i < table->count; i++)
		if (!table->width[i] && !table->is_left_out[i])
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%s",
						len ? ", " : "(no room for ",
						table->columns[i].title);
	if (!len && !table->has_cut)
		return;
	snprintf(text + len, sizeof text - len, "%s: --wide shows all, --columns what is chosen)",
		 !table->has_cut ? ""
		 : len           ? "; what is long is cut"
				 : "(what is long is cut");
	for (const char *at = text; *at; at += strspn(at, " ")) {
		len = screen_break(at, table->style.room);
		fprintf(table->out, "%.*s\n", (int)table_trim(at, len), at);
		at += len;
	}
}

struct table *table_new(FILE *out, const struct table_column *columns,
			const struct table_style *style)
{
	struct table *table = calloc(1, sizeof(*table));
	if (!table)
		abort();
	table->out = out;
	table->columns = columns;
	table->style = *style;
	for (; columns[table->count].member; table->count++)
		table->has_paint[table->count] =
			paint_is_on(out) && table_has_paint(columns[table->count].member);
	assert(table->count > 0 && table->count <= TABLE_COLUMNS_MAX);
	table->cells = calloc(ROWS_HELD * table->count, sizeof(*table->cells));
	if (!table->cells)
		abort();
	return table;
}

void table_add(struct table *table, const json_t *row)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct table_column *column = &table->columns[i];
		bool is_time = column->kind == TABLE_TIME || column->kind == TABLE_SECOND;
		char *text = table_cell(column, row);
		if (table->style.is_ascii) {
			char *shown = screen_text(text, true);
			free(text);
			text = shown;
		}
		table->has_time[i] |=
			is_time && json_is_string(json_object_get(row, column->member));
		table->has_value[i] |= json_is_string(json_object_get(row, column->member)) ||
				       json_is_integer(json_object_get(row, column->member));
		table->cells[table->rows * table->count + i] = (struct cell){
			text, screen_width(text, strlen(text)),
			table->has_paint[i] ? table_paint(column->member, row) : PAINT_NONE};
	}
	if (++table->rows == ROWS_HELD)
		table_print(table);
}

void table_flush(struct table *table)
{
	bool is_first = !table->has_header && table->rows;
	table_print(table);
	/* Nobody may ever see the end of what is followed. */
	if (is_first && table->style.is_following)
		table_tell(table);
	fflush(table->out);
}

void table_end(struct table *table)
{
	table_print(table);
	if (!table->style.is_following)
		table_tell(table);
	fflush(table->out);
	free(table->cells);
	free(table);
}

void table_object(FILE *out, const json_t *object)
{
	const char *member;
	json_t *value;
	size_t width = 0;
	progress_hide();
	json_object_foreach((json_t *)(void *)(size_t)object, member, value) width =
		strlen(member) > width ? strlen(member) : width;
	json_object_foreach((json_t *)(void *)(size_t)object, member, value)
	{
		char *cell = table_member(member, value), *label = screen_text(member, false);
		/* What is a setting is written as one, what is not reads like one. */
		for (char *c = label; *c; c++)
			if (*c == '_')
				*c = '-';
		fprintf(out, "%-*s  %s\n", (int)width, label, cell);
		free(label);
		free(cell);
	}
}
