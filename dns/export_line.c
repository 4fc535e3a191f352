/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/export_line.h"
#include <inttypes.h>
#include <string.h>

#define EXPORT_LINE_BEGIN "; tenure export "
#define EXPORT_LINE_MAX   (DNS_NAME_TEXT_MAX + 128)

/* The value of NAME=VALUE; NULL: the words do not go on so. */
static const char *export_line_value(char **at, const char *name)
{
	size_t len = strlen(name);
	char *word = strsep(at, " ");
	return word && strncmp(word, name, len) == 0 && word[len] == '=' ? word + len + 1 : NULL;
}

static bool export_line_number(const char *text, uint64_t max, uint64_t *number)
{
	*number = 0;
	if (!text || !*text)
		return false;
	for (; *text; text++) {
		unsigned digit = (unsigned)*text - '0';
		if (digit > 9 || *number > (max - digit) / 10)
			return false;
		*number = *number * 10 + digit;
	}
	return true;
}

static bool export_line_parse(const char *text, size_t len, struct export_line *line)
{
	char words[EXPORT_LINE_MAX], *at = words;
	uint64_t serial;
	if (len >= sizeof words || memchr(text, '\0', len))
		return false;
	memcpy(words, text, len);
	words[len] = '\0';
	const char *zone = export_line_value(&at, "zone");
	return zone && !dns_name_parse_text(&line->zone, zone) &&
	       export_line_number(export_line_value(&at, "serial"), UINT32_MAX, &serial) &&
	       export_line_number(export_line_value(&at, "seq"), UINT64_MAX, &line->seq) && !at &&
	       (line->serial = (uint32_t)serial, true);
}

enum export_line_found export_line_find(const char *text, size_t len, struct export_line *line)
{
	size_t begin = strlen(EXPORT_LINE_BEGIN);
	struct export_line found = {0};
	while (len > 0 && (*text == ';' || *text == '\n' || *text == '\r')) {
		const char *end = memchr(text, '\n', len);
		size_t line_len = end ? (size_t)(end - text) : len;
		size_t left = line_len && text[line_len - 1] == '\r' ? line_len - 1 : line_len;
		if (left >= begin && memcmp(text, EXPORT_LINE_BEGIN, begin) == 0) {
			if (!export_line_parse(text + begin, left - begin, &found))
				return EXPORT_LINE_BROKEN;
			*line = found;
			return EXPORT_LINE_FOUND;
		}
		line_len += end != NULL;
		text += line_len;
		len -= line_len;
	}
	return EXPORT_LINE_NONE;
}

void export_line_write(FILE *file, const struct export_line *line)
{
	char zone[DNS_NAME_TEXT_MAX];
	fprintf(file, EXPORT_LINE_BEGIN "zone=%s serial=%" PRIu32 " seq=%" PRIu64 "\n",
		dns_name_show(&line->zone, zone), line->serial, line->seq);
}
