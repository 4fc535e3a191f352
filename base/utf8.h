/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * UTF-8 text (RFC 3629). Pure; any thread.
 */
#include "base/bytes.h"

/* Whether the bytes are UTF-8: no overlong forms, surrogates or numbers above U+10FFFF. */
bool utf8_is_valid(struct bytes);

/* A copy of the text, on the heap, in which each byte that is not ASCII is escaped as in a zone
 * file, `\DDD`: for texts that are no UTF-8 and have to be. NULL: no memory. */
char *utf8_escape(const char *text);
