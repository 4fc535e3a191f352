/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The comment at the beginning of a zone file that `zone export` wrote, which says of what it is an
 * export:
 *
 *      ; tenure export zone=corp.example serial=42 seq=17
 *
 * The zone's serial then, and its last entry in the log. By it `zone import` knows what was
 * registered since. Pure; any thread.
 */
#include "dns/name.h"
#include <stdio.h>

struct export_line {
	struct dns_name zone;
	uint32_t serial;
	uint64_t seq; /* 0: it has no entry in the log any more */
};

enum export_line_found {
	EXPORT_LINE_NONE,
	EXPORT_LINE_FOUND,
	EXPORT_LINE_BROKEN, /* there is one, and it does not say what it should */
};

/* Looks for the line among the comments and empty lines with which the text begins. */
enum export_line_found export_line_find(const char *text, size_t len, struct export_line *);

/* Writes the line, with its end. */
void export_line_write(FILE *, const struct export_line *);
