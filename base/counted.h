/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* Numbers of things as people write them: "1 zone", "2 zones", "1 entry", "0 entries". Pure. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define COUNTED_TEXT_MAX 64

/* The noun is in the singular; one that ends in `ry` has `ries`. */
static inline const char *counted(uint64_t count, const char *noun, char out[COUNTED_TEXT_MAX])
{
	size_t len = strlen(noun);
	bool is_ry = len > 2 && strcmp(noun + len - 2, "ry") == 0;
	snprintf(out, COUNTED_TEXT_MAX, "%" PRIu64 " %.*s%s", count,
		 (int)(is_ry && count != 1 ? len - 1 : len), noun,
		 count == 1 ? ""
		 : is_ry    ? "ies"
			    : "s");
	return out;
}
