/* SPDX-License-Identifier: BSD-2-Clause */
#include "migrate/ldif.h"
#include "base/codec.h"
#include "base/utf16.h"
#include <stdlib.h>
#include <strings.h>

/* A line as it was before it was folded. */
struct ldif_line {
	char *text; /* with a NUL behind it; in the arena */
	size_t len;
	unsigned number;
};

void ldif_open(struct ldif *in, const char *text, size_t len)
{
	size_t converted_len;
	*in = (struct ldif){.line = 1};
	if (utf16_is(text, len)) {
		in->converted = utf16_to_utf8(text, len, &converted_len, &in->wrong_line);
		if (!in->converted)
			in->wrong = "no UTF-16, though it begins so";
		text = in->converted;
		len = text ? converted_len : 0;
	} else if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	in->at = text;
	in->end = text ? text + len : text;
}

void ldif_close(struct ldif *in)
{
	free(in->converted);
	arena_free(&in->arena);
}

static size_t ldif_left(const struct ldif *in)
{
	return (size_t)(in->end - in->at);
}

/* Where the line that begins at `from` ends, its `\n` not counted. */
static const char *ldif_line_end(const struct ldif *in, const char *from)
{
	const char *end = memchr(from, '\n', (size_t)(in->end - from));
	return end ? end : in->end;
}

/* Goes behind the line's end, and counts it. */
static void ldif_step(struct ldif *in, const char *line_end)
{
	in->at = line_end < in->end ? line_end + 1 : line_end;
	in->line++;
}

/* How much of a physical line is its own: without `\r`. */
static size_t ldif_own_len(const char *from, const char *line_end)
{
	size_t len = (size_t)(line_end - from);
	return len > 0 && from[len - 1] == '\r' ? len - 1 : len;
}

/* The next line with those that are folded onto it. False: there is none, or it is too long. */
static bool ldif_take_line(struct ldif *in, struct ldif_line *line)
{
	const char *start = in->at, *end = ldif_line_end(in, start), *last = end;
	while (last < in->end && last + 1 < in->end && last[1] == ' ')
		last = ldif_line_end(in, last + 1);
	*line = (struct ldif_line){.number = in->line};
	if (ldif_left(in) == 0 || in->arena.used + (size_t)(last - start) > LDIF_ENTRY_MAX)
		return false;
	line->text = arena_alloc(&in->arena, (size_t)(last - start) + 1);
	for (const char *from = start;; from = in->at + 1) {
		end = ldif_line_end(in, from);
		size_t len = ldif_own_len(from, end);
		memcpy(line->text + line->len, from, len);
		line->len += len;
		ldif_step(in, end);
		if (end == last)
			break;
	}
	line->text[line->len] = '\0';
	return true;
}

/* Goes behind the rest of an entry that is not read. */
static void ldif_skip_entry(struct ldif *in)
{
	while (ldif_left(in) > 0) {
		const char *from = in->at, *end = ldif_line_end(in, from);
		ldif_step(in, end);
		if (ldif_own_len(from, end) == 0)
			return;
	}
}

/* Digits at `text`, which `behind` must follow. False: something else stands there. */
static bool ldif_number(const char *text, const char *behind, size_t *number)
{
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	*number = strtoul(text, &end, 10);
	return strcmp(end, behind) == 0;
}

/* What comments say of the number of entries; several searches may stand in one text. */
static void ldif_read_comment(struct ldif *in, const char *text)
{
	size_t number;
	if (strncmp(text, "# record ", 9) == 0)
		in->is_counted = true;
	if (strncmp(text, "# returned ", 11) == 0)
		in->is_counted = false;
	bool is_count =
		text[0] == '#' && text[1] == ' ' &&
		(ldif_number(text + 2, " entries", &number) ||
		 (strncmp(text, "# numEntries: ", 14) == 0 && ldif_number(text + 14, "", &number)));
	if (is_count && number <= SIZE_MAX / 2) {
		in->says_count = true;
		in->said = in->said + number > in->said ? in->said + number : in->said;
	}
}

/* Takes base64 apart where it stands; its bytes are shorter than its text. */
static const char *ldif_decode(struct ldif *in, const char *text, struct bytes *value)
{
	size_t len = strlen(text), room = len / 4 * 3 + 3;
	uint8_t *bytes = arena_alloc(&in->arena, room + 1);
	struct bytes_out out = bytes_out_of(bytes, room);
	if (!codec_parse(CODEC_BASE64, text, len, &out))
		return "no base64, or cut off";
	*value = bytes_of(bytes, bytes_out_len(&out));
	bytes[value->len] = '\0';
	return NULL;
}

/* `name: text`, `name:: base64` or `name:< url`. False: it is none of them. */
static bool ldif_parse(struct ldif *in, struct ldif_line *line, struct ldif_value *v)
{
	char *colon = memchr(line->text, ':', line->len), *text = colon ? colon + 1 : NULL;
	if (!colon || colon == line->text)
		return false;
	char kind = *text;
	*colon = '\0';
	*v = (struct ldif_value){.name = line->text, .options = "", .line = line->number};
	char *options = strchr(line->text, ';');
	if (options) {
		*options = '\0';
		v->options = options + 1;
	}
	text += kind == ':' || kind == '<';
	text += strspn(text, " ");
	v->value = bytes_of(text, (size_t)(line->text + line->len - text));
	if (strlen(text) != v->value.len)
		v->wrong = "a NUL in a text";
	else if (kind == '<')
		v->wrong = "a value in another file, which is not read";
	else if (kind == ':')
		v->wrong = ldif_decode(in, text, &v->value);
	return true;
}

static void ldif_complain(struct ldif_entry *entry, const char *wrong, unsigned line)
{
	if (entry->wrong)
		return;
	entry->wrong = wrong;
	entry->wrong_line = line;
}

/* The lines of an entry that are not a value of it. True: it was one of them. */
static bool ldif_read_other(struct ldif *in, struct ldif_entry *entry, const struct ldif_value *v)
{
	if (!entry->dn && strcasecmp(v->name, "dn") == 0) {
		entry->dn = (const char *)v->value.data;
		entry->line = v->line;
		if (v->wrong)
			ldif_complain(entry, v->wrong, v->line);
		return true;
	}
	/* Of ldapsearch: "result: 4 Size limit exceeded". */
	if (!entry->dn && strcasecmp(v->name, "result") == 0 && !v->wrong &&
	    strncmp((const char *)v->value.data, "0 ", 2) != 0) {
		in->is_partial = true;
		in->wrong_line = v->line;
	}
	if (strcasecmp(v->name, "changetype") == 0)
		ldif_complain(entry, "a change, not an entry", v->line);
	if (!entry->dn)
		return strcasecmp(v->name, "version") == 0 || strcasecmp(v->name, "ref") == 0 ||
		       strcasecmp(v->name, "search") == 0 || strcasecmp(v->name, "result") == 0 ||
		       strcasecmp(v->name, "control") == 0 ||
		       strcasecmp(v->name, "pagedresults") == 0;
	return false;
}

/* The lines up to an empty one. */
static void ldif_read_entry(struct ldif *in, struct ldif_entry *entry)
{
	struct ldif_value **last = &entry->values;
	struct ldif_line line;
	while (ldif_left(in) > 0) {
		if (!ldif_take_line(in, &line)) {
			ldif_complain(entry, "an entry of more than 64 MiB", line.number);
			ldif_skip_entry(in);
			return;
		}
		if (line.len == 0)
			return;
		struct ldif_value *v = arena_alloc(&in->arena, sizeof *v);
		if (line.text[0] == '#')
			ldif_read_comment(in, line.text);
		else if (!ldif_parse(in, &line, v))
			ldif_complain(entry, "a line that is no value", line.number);
		else if (!ldif_read_other(in, entry, v)) {
			*last = v;
			last = &v->next;
		}
	}
}

/* What is wrong with the whole, once all of it was read. */
static void ldif_finish(struct ldif *in)
{
	if (in->wrong)
		return;
	if (in->is_partial) {
		in->wrong = "the search did not end well, entries are missing";
		return;
	}
	in->wrong_line = in->line;
	if (in->says_count && in->said > in->entries)
		in->wrong = "the text has fewer entries than it says at its end";
	else if (in->is_counted || (in->at && in->line > 1 && in->end[-1] != '\n'))
		in->wrong = "the text is cut off";
}

bool ldif_next(struct ldif *in, struct ldif_entry *entry)
{
	while (ldif_left(in) > 0) {
		arena_reset(&in->arena);
		*entry = (struct ldif_entry){.line = in->line};
		ldif_read_entry(in, entry);
		if (!entry->dn && !entry->values && !entry->wrong)
			continue;
		if (!entry->dn && !entry->wrong)
			ldif_complain(entry, "an entry without a dn", entry->line);
		if (!entry->dn)
			entry->dn = "";
		in->entries += entry->dn[0] != '\0';
		return true;
	}
	ldif_finish(in);
	return false;
}

const struct ldif_value *ldif_find(const struct ldif_entry *entry, const char *name)
{
	for (const struct ldif_value *v = entry->values; v; v = v->next)
		if (strcasecmp(v->name, name) == 0)
			return v;
	return NULL;
}

const struct ldif_value *ldif_find_next(const struct ldif_value *from)
{
	for (const struct ldif_value *v = from->next; v; v = v->next)
		if (strcasecmp(v->name, from->name) == 0)
			return v;
	return NULL;
}

bool ldif_is(const struct ldif_value *v, const char *text)
{
	return !v->wrong && v->value.len == strlen(text) &&
	       strncasecmp((const char *)v->value.data, text, v->value.len) == 0;
}
