/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/paint.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum paint_when { PAINT_AUTO, PAINT_NEVER, PAINT_ALWAYS } paint_when;

bool paint_set(const char *when)
{
	static const char *const words[] = {"auto", "never", "always"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(when ? when : words[PAINT_AUTO], words[i]) != 0)
			continue;
		paint_when = (enum paint_when)i;
		return true;
	}
	return false;
}

bool paint_is_on(FILE *out)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");
	if (paint_when != PAINT_AUTO)
		return paint_when == PAINT_ALWAYS;
	if ((none && *none) || !term || !*term || strcmp(term, "dumb") == 0)
		return false;
	return fileno(out) >= 0 && isatty(fileno(out));
}

void paint_begin(FILE *out, enum paint paint)
{
	if (paint != PAINT_NONE && paint_is_on(out))
		fputs(paint == PAINT_BAD ? "\033[31m" : "\033[33m", out);
}

void paint_end(FILE *out, enum paint paint)
{
	if (paint != PAINT_NONE && paint_is_on(out))
		fputs("\033[0m", out);
}
