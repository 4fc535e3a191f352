/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/utf8.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How many bytes follow the first one, and the least number that needs so many; -1: none begins so.
 */
static int utf8_following(uint8_t first, uint32_t *bits, uint32_t *least)
{
	if (first < 0x80) {
		*bits = first;
		*least = 0;
		return 0;
	}
	if (first >= 0xc0 && first < 0xe0) {
		*bits = first & 0x1f;
		*least = 0x80;
		return 1;
	}
	if (first >= 0xe0 && first < 0xf0) {
		*bits = first & 0x0f;
		*least = 0x800;
		return 2;
	}
	*bits = first & 0x07;
	*least = 0x10000;
	return first >= 0xf0 && first < 0xf8 ? 3 : -1;
}

bool utf8_is_valid(struct bytes text)
{
	struct bytes_in in = bytes_in_of(text.data, text.len);
	while (bytes_in_left(&in) > 0) {
		uint32_t number, least;
		int following = utf8_following(bytes_in_u8(&in), &number, &least);
		if (following < 0)
			return false;
		for (; following > 0; following--) {
			uint8_t next = bytes_in_u8(&in);
			if ((next & 0xc0) != 0x80)
				return false;
			number = number << 6 | (next & 0x3f);
		}
		if (number < least || number > 0x10ffff || (number >= 0xd800 && number < 0xe000))
			return false;
	}
	return true;
}

char *utf8_escape(const char *text)
{
	char *copy = malloc(4 * strlen(text) + 1), *out = copy;
	for (; copy && *text; text++) {
		unsigned byte = (unsigned char)*text;
		if (byte < 0x80)
			*out++ = *text;
		else
			out += sprintf(out, "\\%03u", byte);
	}
	if (copy)
		*out = '\0';
	return copy;
}
