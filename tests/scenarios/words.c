/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/rdata.h"
#include "tests/scenarios/scenario.h"
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

char *word_number(struct scenario *scenario, const char *text, char mark, unsigned long number)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%lu", number);
	char *out = arena_alloc(&scenario->arena, strlen(text) * sizeof digits + 1), *at = out;
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

const struct dns_name *scenario_zone(struct scenario *scenario)
{
	if (scenario->zones_count == 0)
		scenario_fail(scenario, "there is no zone yet");
	return &scenario->zones[scenario->zones_count - 1];
}

struct dns_name word_name(struct scenario *scenario, const char *text)
{
	struct dns_name name;
	size_t len = strlen(text);
	bool is_absolute = len > 0 && text[len - 1] == '.';
	if (!is_absolute && strcmp(text, "@") != 0 && !dns_name_parse(&name, text, len, NULL)) {
		for (unsigned i = 0; i < scenario->zones_count; i++)
			if (dns_name_under(&name, &scenario->zones[i]))
				return name;
	}
	const struct dns_name *origin = is_absolute ? NULL : scenario_zone(scenario);
	const char *wrong = dns_name_parse(&name, text, len, origin);
	if (wrong)
		scenario_fail(scenario, "name '%s': %s", text, wrong);
	return name;
}

uint16_t word_type(struct scenario *scenario, const char *text)
{
	uint16_t type;
	if (!dns_type_parse(text, strlen(text), &type))
		scenario_fail(scenario, "'%s' is not a type", text);
	return type;
}

struct bytes word_rdata(struct scenario *scenario, uint16_t type, const char *text)
{
	static uint8_t room[DNS_RDATA_MAX]; /* scenarios have one thread */
	struct bytes_out out = bytes_out_of(room, DNS_RDATA_MAX);
	unsigned column;
	const char *wrong =
		dns_rdata_parse_text(type, text, scenario_zone(scenario), &out, &column);
	if (wrong)
		scenario_fail(scenario, "data '%s', column %u: %s", text, column, wrong);
	size_t len = bytes_out_len(&out);
	return bytes_of(arena_copy(&scenario->arena, room, len), len);
}
