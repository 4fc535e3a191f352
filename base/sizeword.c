/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/sizeword.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct unit {
	char letter;
	uint64_t bytes;
} units[] = {{'K', 1ull << 10}, {'M', 1ull << 20}, {'G', 1ull << 30}, {'T', 1ull << 40}};

#define UNITS (sizeof units / sizeof *units)

static bool is_tail(const char *tail)
{
	return *tail == '\0' || strcmp(tail, "iB") == 0 || strcmp(tail, "B") == 0;
}

bool size_parse(const char *text, uint64_t *bytes)
{
	char *rest;
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	uint64_t n = strtoull(text, &rest, 10);
	if (errno)
		return false;
	if (*rest == '\0') {
		*bytes = n;
		return true;
	}
	for (size_t i = 0; i < UNITS; i++) {
		if ((*rest & ~0x20) != units[i].letter || n > UINT64_MAX / units[i].bytes)
			continue;
		if (!is_tail(rest + 1))
			return false;
		*bytes = n * units[i].bytes;
		return true;
	}
	return false;
}

void size_print(uint64_t bytes, char out[SIZEWORD_TEXT_MAX])
{
	size_t i = UNITS;
	while (i > 0 && (bytes < units[i - 1].bytes || bytes % units[i - 1].bytes))
		i--;
	if (i)
		snprintf(out, SIZEWORD_TEXT_MAX, "%" PRIu64 "%c", bytes / units[i - 1].bytes,
			 units[i - 1].letter);
	else
		snprintf(out, SIZEWORD_TEXT_MAX, "%" PRIu64, bytes);
}
