/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * UTF-16 text, which PowerShell's `>` writes, to UTF-8. Pure.
 */
#include <stdbool.h>
#include <stddef.h>

/* Whether the text begins with a byte order mark of UTF-16, either order. */
bool utf16_is(const char *text, size_t len);

/* The same as UTF-8, without the mark, on the heap. NULL: it is not UTF-16; `*line` is where. */
char *utf16_to_utf8(const char *text, size_t len, size_t *out_len, unsigned *line);
