/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "ctl/ctl.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "ctl/columns.h"
#include "ctl/idn.h"
#include "ctl/paint.h"
#include "ctl/screen.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int ctl_fail(const struct ctl *ctl, int code, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	char *text = screen_format(format, list);
	va_end(list);
	progress_hide();
	paint_begin(stderr, PAINT_BAD);
	fputs("tenurectl: ", stderr);
	paint_end(stderr, PAINT_BAD);
	fprintf(stderr, "%s%s", ctl->command ? ctl->command->words : "", ctl->command ? ": " : "");
	screen_put(stderr, text, true);
	fputc('\n', stderr);
	free(text);
	return code;
}

/* Arguments that are names of DNS. */
static bool ctl_is_name(const char *argument)
{
	static const char *const names[] = {"zone", "name", "under", "origin"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i], argument) == 0)
			return true;
	return false;
}

json_t *ctl_name(const struct ctl *ctl, const char *text)
{
	char *ascii = idn_ascii(text);
	json_t *value = json_string(ascii ? ascii : text);
	if (ascii && !ctl->is_json)
		screen_print(stderr, "tenurectl: %s is %s\n", text, ascii);
	free(ascii);
	return value;
}

bool ctl_arg(struct ctl *ctl, const char *name, const char *text)
{
	if (!text)
		return true;
	json_t *value = ctl_is_name(name) ? ctl_name(ctl, text) : json_string(text);
	if (value && json_object_set_new(ctl->args, name, value) == 0)
		return true;
	ctl_fail(ctl, CLIENT_USAGE, "%s is not UTF-8", name);
	return false;
}

bool ctl_arg_option(struct ctl *ctl, const char *option)
{
	return ctl_arg(ctl, option + 2, words_option(&ctl->words, option));
}

void ctl_arg_flag(struct ctl *ctl, const char *name)
{
	json_object_set_new(ctl->args, name, json_true());
}

bool ctl_number_option(struct ctl *ctl, const char *option, const char *what)
{
	const char *text = words_option(&ctl->words, option);
	char *end;
	if (!text)
		return true;
	unsigned long number = strtoul(text, &end, 10);
	if (*end || end == text || *text < '0' || *text > '9' || number == 0 ||
	    number > 1000000000) {
		ctl_fail(ctl, CLIENT_USAGE, "%s: '%s' is not a number of %s from 1 on", option,
			 text, what);
		return false;
	}
	json_object_set_new(ctl->args, option + 2, json_integer((json_int_t)number));
	return true;
}

void ctl_arg_words(struct ctl *ctl)
{
	if (!ctl->is_json)
		ctl_arg_flag(ctl, "words");
}

void ctl_arg_covered(struct ctl *ctl)
{
	if (words_has(&ctl->words, "--yes"))
		ctl_arg_flag(ctl, "yes");
	if (words_has(&ctl->words, "--move-names"))
		ctl_arg_flag(ctl, "move-names");
}

bool ctl_arg_settings(struct ctl *ctl, size_t first)
{
	json_t *settings = json_object();
	bool is_well = true;
	for (size_t i = first; is_well && i < ctl->words.count; i++) {
		const char *word = ctl->words.word[i], *sign = strchr(word, '=');
		char *name = strndup(word, sign ? (size_t)(sign - word) : 0);
		json_t *value = sign ? json_string(sign + 1) : NULL;
		is_well = false;
		if (!name || !*name || !value)
			ctl_fail(ctl, CLIENT_USAGE,
				 "'%s' is not SETTING=VALUE (a value with blanks stands in quotes)",
				 word);
		else if (json_object_get(settings, name))
			ctl_fail(ctl, CLIENT_USAGE, "'%s' is given twice", name);
		else
			is_well = json_object_set(settings, name, value) == 0;
		json_decref(value);
		free(name);
	}
	json_object_set_new(ctl->args, "settings", settings);
	return is_well;
}

json_t *ctl_text(const char *text)
{
	json_t *value = json_string(text);
	char *escaped = value ? NULL : utf8_escape(text);
	if (escaped)
		value = json_string(escaped);
	free(escaped);
	return value;
}

void ctl_json(const json_t *value)
{
	json_dumpf(value, stdout, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15));
	fputc('\n', stdout);
}

void ctl_print_warning(FILE *out, const char *before, const char *text)
{
	screen_put(out, before, true);
	paint_begin(out, PAINT_DOUBT);
	fputs("warning:", out);
	paint_end(out, PAINT_DOUBT);
	fputc(' ', out);
	screen_put(out, text, true);
	fputc('\n', out);
	/* What is warned of goes on. */
	progress_show();
}

bool ctl_warning(const json_t *row)
{
	const char *text = json_string_value(json_object_get(row, "warning"));
	if (text)
		ctl_print_warning(stderr, "tenurectl: ", text);
	return text != NULL;
}

int ctl_result(const struct ctl *ctl, int code, json_t *result, bool has_rows)
{
	const char *error = json_string_value(json_object_get(result, "error"));
	const char *said = json_string_value(json_object_get(result, "said"));
	if (code != CLIENT_OK) {
		ctl_fail(ctl, code, "%s", error ? error : "it failed");
	} else if (!ctl->is_json && said) {
		screen_put(stdout, said, true);
		putchar('\n');
	} else if (ctl->is_json && !has_rows) {
		json_object_del(result, "ok");
		json_object_del(result, "code");
		json_object_del(result, "protocol");
		json_object_del(result, "said");
		ctl_json(result);
	}
	json_decref(result);
	return code;
}

struct table *ctl_table(struct ctl *ctl, const struct table_column *columns, bool is_part)
{
	struct screen screen = screen_of(stdout);
	struct table_style style = {.room = words_has(&ctl->words, "--wide") ? 0 : screen.columns,
				    .is_ascii = screen.is_ascii,
				    .is_following = ctl->is_following,
				    .is_chosen = words_has(&ctl->words, "--columns")};
	if (!columns_choose(ctl, columns, is_part, ctl->columns))
		return NULL;
	return table_new(stdout, ctl->columns, &style);
}

bool ctl_takes_no_columns(const struct ctl *ctl)
{
	bool is_well = !words_has(&ctl->words, "--columns");
	if (!is_well)
		ctl_fail(ctl, CLIENT_USAGE, "--columns is of a table, and so it gives none");
	return is_well;
}

struct show {
	const struct ctl *ctl;
	struct table *table;
	bool has_rows;
};

static void ctl_show_row(void *context, json_t *row)
{
	struct show *show = context;
	if (ctl_warning(row))
		return;
	show->has_rows = true;
	if (show->ctl->is_json)
		ctl_json(row);
	else if (show->table)
		table_add(show->table, row);
	else
		table_object(stdout, row);
}

/* What is followed is printed at once; otherwise a table waits for its widths. */
static void show_idle(void *context)
{
	struct show *show = context;
	if (show->table && show->ctl->is_following)
		table_flush(show->table);
	fflush(stdout);
}

int ctl_run(struct ctl *ctl, const char *command, const struct table_column *columns)
{
	struct show show = {.ctl = ctl};
	struct client_handlers handlers = {.row = ctl_show_row,
					   .idle = show_idle,
					   .context = &show,
					   .waits_for_end = ctl->waits_for_end};
	struct client_command request = {ctl->socket, command, ctl->args, &handlers};
	json_t *result;

	if (columns && !ctl->is_json && !(show.table = ctl_table(ctl, columns, false)))
		return CLIENT_USAGE;
	if (!columns && !ctl_takes_no_columns(ctl))
		return CLIENT_USAGE;
	int code = client_run(&request, &result);
	if (show.table)
		table_end(show.table);
	/* A listing without rows is an empty listing, to programs, too. */
	return ctl_result(ctl, code, result, show.has_rows || columns);
}
