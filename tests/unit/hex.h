/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Packets in tests, as text: hexadecimal digits with spaces wherever they help; "text" in single
 * quotes stands for its bytes: a label is `03'www'`. */
#include "base/bytes.h"
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>

static inline unsigned hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = strchr(digits, tolower((unsigned char)c));
	cr_assert(c && at, "not hexadecimal: %c", c);
	return (unsigned)(at - digits);
}

/* The bytes of `text`, in a buffer of exactly their size (AddressSanitizer then sees a step
 * behind the end); the caller frees `data`. */
static inline struct bytes hex_bytes(const char *text)
{
	uint8_t *data = malloc(strlen(text) + 1);
	size_t len = 0;
	for (const char *c = text; *c; c++) {
		if (*c == '\'') {
			for (c++; *c != '\''; c++)
				data[len++] = (uint8_t)*c;
		} else if (!isspace((unsigned char)*c)) {
			data[len++] = (uint8_t)(hex_digit(c[0]) << 4 | hex_digit(c[1]));
			c++;
		}
	}
	uint8_t *exact = malloc(len ? len : 1);
	memcpy(exact, data, len);
	free(data);
	return bytes_of(exact, len);
}

/* Lower-case digits without spaces; the caller frees it. */
static inline char *hex_text(struct bytes bytes)
{
	char *text = calloc(2 * bytes.len + 1, 1);
	for (size_t i = 0; i < bytes.len; i++)
		sprintf(text + 2 * i, "%02x", bytes.data[i]);
	return text;
}

/* Asserts that `got` is what `want` spells. */
static inline void hex_expect(struct bytes got, const char *want, const char *what)
{
	struct bytes bytes = hex_bytes(want);
	char *got_text = hex_text(got), *want_text = hex_text(bytes);
	cr_expect_str_eq(got_text, want_text, "%s:\n got  %s\n want %s", what, got_text, want_text);
	free(got_text);
	free(want_text);
	free((void *)bytes.data);
}
