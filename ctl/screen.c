/* SPDX-License-Identifier: BSD-2-Clause */
#include <config.h>
#include "ctl/screen.h"
#include "base/plaintext.h"
#include "base/progress.h"
#include "base/utf8.h"
#include <ctype.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#define COLUMNS_DEFAULT 80
#define PAIR_LEAST      16 /* columns of the right one */
#define ESCAPE_MAX      12 /* \DDD, \uXXXX, \UXXXXXXXX */

static size_t screen_columns(int fd)
{
	struct winsize size = {0};
	const char *set = getenv("COLUMNS");
	long columns = set ? strtol(set, NULL, 10) : 0;
	if (columns <= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0)
		columns = size.ws_col;
	if (columns <= 0)
		columns = COLUMNS_DEFAULT;
	return columns < SCREEN_COLUMNS_LEAST  ? SCREEN_COLUMNS_LEAST
	       : columns > SCREEN_COLUMNS_MOST ? SCREEN_COLUMNS_MOST
					       : (size_t)columns;
}

struct screen screen_of(FILE *out)
{
	int fd = fileno(out);
	struct screen screen = {0};
	if (fd < 0 || !isatty(fd))
		return screen;
	screen.columns = screen_columns(fd);
	screen.is_ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	return screen;
}

/* The bytes of the character at `at`, and its number; 0: it is not UTF-8. */
static size_t screen_character(const char *at, uint32_t *number)
{
	static const uint8_t bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint8_t first = (uint8_t)*at;
	size_t len = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (strnlen(at, len) < len || !utf8_is_valid(bytes_of(at, len)))
		return 0;
	*number = first & bits[len];
	for (size_t i = 1; i < len; i++)
		*number = *number << 6 | ((uint8_t)at[i] & 0x3fu);
	return len;
}

/* What stands for the character at `at`, which has `*len` bytes; "": it may be shown as it is. */
static void screen_escape(const char *at, bool is_ascii, size_t *len, char out[ESCAPE_MAX])
{
	uint32_t number = 0;
	size_t bytes = screen_character(at, &number);
	bool is_plain = bytes > 0 && !plaintext_unwanted(at) && !(is_ascii && number > 0x7f);
	*len = bytes ? bytes : 1;
	out[0] = '\0';
	if (is_plain)
		return;
	if (!bytes || number < 0x80)
		snprintf(out, ESCAPE_MAX, "\\%03u", (unsigned)(uint8_t)*at);
	else if (number < 0x10000)
		snprintf(out, ESCAPE_MAX, "\\u%04x", number);
	else
		snprintf(out, ESCAPE_MAX, "\\U%08x", number);
}

bool screen_is_plain(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text < 0x20 || (uint8_t)*text >= 0x7f)
			return false;
	return true;
}

char *screen_text(const char *text, bool is_ascii)
{
	char escape[ESCAPE_MAX];
	size_t at = 0, len;
	bool is_plain = screen_is_plain(text);
	char *shown = malloc(is_plain ? strlen(text) + 1 : strlen(text) * ESCAPE_MAX + 1);
	if (!shown)
		abort();
	if (is_plain)
		return strcpy(shown, text);
	for (; *text; text += len) {
		screen_escape(text, is_ascii, &len, escape);
		size_t put = *escape ? strlen(escape) : len;
		memcpy(shown + at, *escape ? escape : text, put);
		at += put;
	}
	shown[at] = '\0';
	return shown;
}

void screen_put(FILE *out, const char *text, bool is_lined)
{
	char escape[ESCAPE_MAX];
	size_t len;
	progress_hide();
	if (screen_is_plain(text)) {
		fputs(text, out);
		return;
	}
	bool is_ascii = screen_of(out).is_ascii;
	for (; *text; text += len) {
		screen_escape(text, is_ascii, &len, escape);
		bool stays = !*escape || (is_lined && (*text == '\n' || *text == '\t'));
		fwrite(stays ? text : escape, 1, stays ? len : strlen(escape), out);
	}
}

char *screen_format(const char *format, va_list list)
{
	char *text;
	if (vasprintf(&text, format, list) < 0)
		abort();
	return text;
}

void screen_print(FILE *out, const char *format, ...)
{
	va_list list;
	va_start(list, format);
	char *text = screen_format(format, list);
	va_end(list);
	screen_put(out, text, true);
	free(text);
}

void screen_copy(FILE *out, const char *text)
{
	progress_hide();
	if (screen_is_plain(text) || !screen_of(out).columns)
		fputs(text, out);
	else
		screen_put(out, text, true);
}

/* The columns of the character at `at`; an escape is one. */
static size_t screen_step(const char *at, size_t *len)
{
	uint32_t number = 0;
	*len = 1;
	if (*at == '\\' && at[1]) {
		*len = at[1] == 'u' ? 6 : at[1] == 'U' ? 10 : isdigit((unsigned char)at[1]) ? 4 : 2;
		if (strnlen(at, *len) < *len || (uint8_t)at[1] >= 0x80)
			*len = 1;
		return *len;
	}
	size_t bytes = screen_character(at, &number);
	if (!bytes)
		return 1;
	*len = bytes;
	int columns = number < 0x80 ? 1 : wcwidth((wchar_t)number);
	return columns < 0 ? 1 : (size_t)columns;
}

size_t screen_width(const char *shown, size_t len)
{
	size_t width = 0, step, ascii = 0;
	while (ascii < len && (uint8_t)shown[ascii] < 0x80)
		ascii++;
	if (ascii == len)
		return len;
	for (size_t at = 0; at < len; at += step)
		width += screen_step(shown + at, &step);
	return width;
}

size_t screen_break(const char *shown, size_t columns)
{
	size_t at = 0, used = 0, word = 0, part = 0, len = 0;
	while (shown[at]) {
		size_t width = screen_step(shown + at, &len);
		if (used + width > columns)
			break;
		used += width;
		at += len;
		/* A line that is nearly empty is worse than a word in two. */
		if (len > 1 || used * 3 < columns)
			continue;
		if (shown[at - 1] == ' ')
			word = at;
		else if (strchr("-.,/@:=;", shown[at - 1]))
			part = at;
	}
	if (!shown[at] || (at && shown[at] == ' '))
		return at;
	return word ? word : part ? part : at ? at : len;
}

void screen_pair(FILE *out, size_t width, const char *left, const char *right)
{
	size_t room = screen_of(out).columns, indent = width + 3;
	size_t at = (size_t)fprintf(out, "  %-*s ", (int)width, left);
	while (*right) {
		bool fits = at + PAIR_LEAST <= room;
		size_t len = !room ? strlen(right) : fits ? screen_break(right, room - at) : 0;
		size_t shown = len;
		while (shown > 0 && right[shown - 1] == ' ')
			shown--;
		fwrite(right, 1, shown, out);
		right += len + strspn(right + len, " ");
		if (!*right)
			break;
		/* A terminal that is too narrow for two columns breaks lines as it does. */
		if (indent + PAIR_LEAST > room)
			room = 0;
		else
			fprintf(out, "\n%*s", (int)indent, "");
		at = indent;
	}
	fputc('\n', out);
}
