/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The aging windows that a rule or a group gives to what it lets in, instead of the zone's: a
 * window class, written `30d/7d`, no-refresh before refresh. Pure; any thread.
 */
#include "base/timeword.h"
#include <stddef.h>

/* Zero-initialised: none. Seconds. */
struct window {
	bool is_given;
	uint32_t no_refresh, refresh; /* refresh is not 0 */
};

#define WINDOW_TEXT_MAX (2 * TIMEWORD_TEXT_MAX)

/* Reads `len` bytes of text. NULL: read; otherwise what is wrong, a constant phrase. */
const char *window_parse(struct window *, const char *text, size_t len);

/* Writes the shortest exact form, "30d/7d"; returns `out`. */
const char *window_print(const struct window *, char out[WINDOW_TEXT_MAX]);

/* Whether both give the same windows, or both none. */
static inline bool window_equal(const struct window *a, const struct window *b)
{
	return a->is_given == b->is_given && a->no_refresh == b->no_refresh &&
	       a->refresh == b->refresh;
}
