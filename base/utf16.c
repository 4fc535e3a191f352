/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/utf16.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool utf16_is(const char *text, size_t len)
{
	return len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

static uint32_t unit_at(const uint8_t *at, bool is_big)
{
	return is_big ? (uint32_t)at[0] << 8 | at[1] : (uint32_t)at[1] << 8 | at[0];
}

/* The code point at `*at`, moving behind it. False: half of a pair, or half a unit. */
static bool utf16_take(const uint8_t **at, const uint8_t *end, bool is_big, uint32_t *code)
{
	if (end - *at < 2)
		return false;
	*code = unit_at(*at, is_big);
	*at += 2;
	if (*code < 0xd800 || *code > 0xdfff)
		return true;
	if (*code > 0xdbff || end - *at < 2)
		return false;
	uint32_t low = unit_at(*at, is_big);
	*at += 2;
	*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
	return low >= 0xdc00 && low <= 0xdfff;
}

static char *utf16_put(char *out, uint32_t code)
{
	if (code < 0x80) {
		*out++ = (char)code;
		return out;
	}
	unsigned rest = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const uint8_t heads[] = {0, 0xc0, 0xe0, 0xf0};
	*out++ = (char)(heads[rest] | code >> (6 * rest));
	while (rest-- > 0)
		*out++ = (char)(0x80 | (code >> (6 * rest) & 0x3f));
	return out;
}

char *utf16_to_utf8(const char *text, size_t len, size_t *out_len, unsigned *line)
{
	const uint8_t *at = (const uint8_t *)text, *end = at + len;
	bool is_big = at[0] == 0xfe;
	/* Two bytes become three at most. */
	char *start = malloc(len / 2 * 3 + 1), *out = start;
	if (!start)
		abort();
	*line = 1;
	for (at += 2; at < end;) {
		uint32_t code;
		if (!utf16_take(&at, end, is_big, &code)) {
			free(start);
			return NULL;
		}
		*line += code == '\n';
		out = utf16_put(out, code);
	}
	*out = '\0';
	*out_len = (size_t)(out - start);
	return start;
}
