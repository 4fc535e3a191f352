/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * UTF-8 text (RFC 3629). Pure; any thread.
 */
#include "base/bytes.h"

/* Whether the bytes are UTF-8: no overlong forms, surrogates or numbers above U+10FFFF. */
bool utf8_is_valid(struct bytes);
