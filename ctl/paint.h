/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Colours of what must be seen: errors, and what is refused, in red; warnings, and what is held,
 * contested or stale, in yellow. A word is always there as well. By default a stream has them if it
 * is a terminal that knows colours (TERM), and NO_COLOR is not set. One thread; for all of the
 * process, as a stream's buffer is.
 */
#include <stdbool.h>
#include <stdio.h>

enum paint { PAINT_NONE, PAINT_BAD, PAINT_DOUBT };

/* What --color says: never, auto or always; NULL: auto. False: it is none of them. */
bool paint_set(const char *when);
bool paint_is_on(FILE *);

/* What is printed between them has the colour, if the stream has any. */
void paint_begin(FILE *, enum paint);
void paint_end(FILE *, enum paint);
