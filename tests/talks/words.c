/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/talks/talk.h"
#include "dns/rdata.h"
#include <ctype.h>

char *word_trim(char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	size_t len = strlen(text);
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		text[--len] = 0;
	return text;
}

char *word_next(char **cursor)
{
	char *at = *cursor;
	while (isspace((unsigned char)*at))
		at++;
	char *word = at;
	while (*at && !isspace((unsigned char)*at))
		at++;
	if (*at)
		*at++ = 0;
	*cursor = at;
	return word;
}

char *word_until(char **cursor, const char *separator)
{
	if (!*cursor || !**cursor)
		return NULL;
	char *start = *cursor;
	char *found = strstr(start, separator);
	if (found) {
		*found = 0;
		*cursor = found + strlen(separator);
	} else {
		*cursor = start + strlen(start);
	}
	return word_trim(start);
}

char *word_number(struct talk *talk, const char *text, char mark, unsigned long number)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%lu", number);
	char *out = arena_alloc(&talk->arena, strlen(text) * sizeof digits + 1), *at = out;
	for (; *text; text++) {
		if (*text != mark) {
			*at++ = *text;
			continue;
		}
		memcpy(at, digits, (size_t)len);
		at += len;
	}
	*at = 0;
	return out;
}

const struct dns_name *talk_zone(struct talk *talk)
{
	if (talk->zones_count == 0)
		talk_fail(talk, "there is no zone yet");
	return &talk->zones[talk->zones_count - 1];
}

struct dns_name word_name(struct talk *talk, const char *text)
{
	struct dns_name name;
	size_t len = strlen(text);
	bool is_absolute = len > 0 && text[len - 1] == '.';
	if (!is_absolute && strcmp(text, "@") != 0 && !dns_name_parse(&name, text, len, NULL)) {
		for (unsigned i = 0; i < talk->zones_count; i++)
			if (dns_name_under(&name, &talk->zones[i]))
				return name;
	}
	const struct dns_name *origin = is_absolute ? NULL : talk_zone(talk);
	const char *wrong = dns_name_parse(&name, text, len, origin);
	if (wrong)
		talk_fail(talk, "name '%s': %s", text, wrong);
	return name;
}

uint16_t word_type(struct talk *talk, const char *text)
{
	uint16_t type;
	if (!dns_type_parse(text, strlen(text), &type))
		talk_fail(talk, "'%s' is not a type", text);
	return type;
}

struct bytes word_rdata(struct talk *talk, uint16_t type, const char *text)
{
	uint8_t *room = arena_alloc(&talk->arena, DNS_RDATA_MAX);
	struct bytes_out out = bytes_out_of(room, DNS_RDATA_MAX);
	unsigned column;
	const char *wrong = dns_rdata_parse_text(type, text, talk_zone(talk), &out, &column);
	if (wrong)
		talk_fail(talk, "data '%s', column %u: %s", text, column, wrong);
	return bytes_of(room, bytes_out_len(&out));
}
