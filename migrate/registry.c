/* SPDX-License-Identifier: BSD-2-Clause */
#include "migrate/registry.h"
#include "base/codec.h"
#include "base/utf16.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HEAD     "Windows Registry Editor Version 5.00"
#define HEAD_OLD "REGEDIT4"

static bool registry_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next physical line without the blanks around it. */
static struct bytes registry_take(struct registry *in)
{
	const char *from = in->at, *end = memchr(from, '\n', (size_t)(in->end - from));
	in->at = end ? end + 1 : in->end;
	in->line++;
	end = end ? end : in->end;
	while (from < end && registry_is_space(*from))
		from++;
	while (end > from && registry_is_space(end[-1]))
		end--;
	return bytes_of(from, (size_t)(end - from));
}

/* A line with those that a `\` at its end takes in, copied. NULL: the text is over. */
static char *registry_line(struct registry *in, unsigned *number)
{
	char *text = NULL;
	size_t len = 0, room = 0;
	*number = in->line;
	for (bool goes_on = in->at < in->end; goes_on;) {
		struct bytes piece = registry_take(in);
		goes_on = piece.len > 0 && piece.data[piece.len - 1] == '\\' && in->at < in->end;
		if (len + piece.len + 1 > room) {
			room = 2 * (len + piece.len + 1);
			char *larger = arena_alloc(&in->arena, room);
			if (len)
				memcpy(larger, text, len);
			text = larger;
		}
		if (piece.len)
			memcpy(text + len, piece.data, piece.len);
		len += piece.len - (goes_on ? 1 : 0);
		text[len] = '\0';
	}
	return text;
}

bool registry_open(struct registry *in, struct bytes text)
{
	unsigned number;
	const char *start = text.data ? (const char *)text.data : "";
	*in = (struct registry){.at = start, .end = start + text.len, .key = "", .line = 1};
	const char *head = registry_line(in, &number);
	in->is_old = head && strcmp(head, HEAD_OLD) == 0;
	return in->is_old || (head && strcmp(head, HEAD) == 0);
}

void registry_close(struct registry *in)
{
	arena_free(&in->arena);
}

/* A text in quotes at `*at`, moving behind it; its escapes are resolved in place. NULL: none. */
static char *registry_quoted(char **at)
{
	char *out, *start;
	if (**at != '"')
		return NULL;
	for (start = out = ++*at; **at != '"'; ++*at) {
		if (**at == '\\' && (*at)[1] != '\0')
			++*at;
		if (**at == '\0')
			return NULL;
		*out++ = **at;
	}
	++*at;
	*out = '\0';
	return start;
}

/* Bytes in hexadecimal with commas between. False: they are none. */
static bool registry_hex(const char *text, struct bytes_out *out)
{
	struct codec codec = codec_start(CODEC_HEX);
	for (; *text; text++) {
		if (*text == ',' || registry_is_space(*text))
			continue;
		if (!codec_feed(&codec, text, 1, out))
			return false;
	}
	return codec_finish(&codec) && !out->full;
}

/* Texts, each ended by NUL, from bytes of UTF-16 or, of an old file, of one byte each. */
static bool registry_texts(struct registry *in, struct bytes bytes, struct registry_value *value)
{
	char *all;
	size_t len = bytes.len;
	if (in->is_old) {
		all = arena_text(&in->arena, (const char *)bytes.data, bytes.len);
	} else {
		uint8_t *marked = arena_alloc(&in->arena, bytes.len + 2);
		unsigned line;
		memcpy(marked, "\xff\xfe", 2);
		memcpy(marked + 2, bytes.data, bytes.len);
		char *utf8 = utf16_to_utf8((const char *)marked, bytes.len + 2, &len, &line);
		if (!utf8)
			return false;
		all = arena_text(&in->arena, utf8, len);
		free(utf8);
	}
	for (size_t at = 0; at < len && value->count < REGISTRY_TEXTS_MAX;) {
		size_t one = strlen(all + at);
		if (one > 0)
			value->text[value->count++] = all + at;
		at += one + 1;
	}
	return true;
}

/* What stands behind `=`. NULL, or what is wrong. */
static const char *registry_data(struct registry *in, char *text, struct registry_value *value)
{
	char *end, *quoted;
	if (*text == '"') {
		if (!(quoted = registry_quoted(&text)) || *text)
			return "a text that does not end";
		value->text[value->count++] = quoted;
		return NULL;
	}
	if (strncasecmp(text, "dword:", 6) == 0) {
		unsigned long number = strtoul(text + 6, &end, 16);
		if (end == text + 6 || *end || number > UINT32_MAX)
			return "no number";
		value->is_number = true;
		value->number = (uint32_t)number;
		return NULL;
	}
	bool is_texts = strncasecmp(text, "hex(7):", 7) == 0 ||
			strncasecmp(text, "hex(2):", 7) == 0 ||
			strncasecmp(text, "hex(1):", 7) == 0;
	if (!is_texts)
		return strncasecmp(text, "hex", 3) == 0 || strcmp(text, "-") == 0
			       ? "a kind of value that is not read"
			       : "no value";
	size_t room = strlen(text) / 2 + 1;
	struct bytes_out out = bytes_out_of(arena_alloc(&in->arena, room), room);
	if (!registry_hex(text + 7, &out))
		return "no hexadecimal digits";
	return registry_texts(in, bytes_of(out.start, bytes_out_len(&out)), value)
		       ? NULL
		       : "texts that are no UTF-16";
}

/* `"name"=data` or `@=data`. */
static void registry_parse(struct registry *in, char *line, struct registry_value *value)
{
	char *at = line;
	value->name = "";
	if (*at == '@')
		at++;
	else
		value->name = registry_quoted(&at);
	if (!value->name || *at != '=')
		value->wrong = "a line that is no value";
	else
		value->wrong = registry_data(in, at + 1, value);
	if (!value->name)
		value->name = "";
}

bool registry_next(struct registry *in, struct registry_value *value)
{
	char *line;
	unsigned number;
	while ((line = registry_line(in, &number))) {
		size_t len = strlen(line);
		if (len == 0 || *line == ';')
			continue;
		if (*line == '[' && line[len - 1] == ']') {
			line[len - 1] = '\0';
			in->key = line + 1;
			continue;
		}
		*value = (struct registry_value){.key = in->key, .line = number};
		registry_parse(in, line, value);
		return true;
	}
	return false;
}
