/* SPDX-License-Identifier: BSD-2-Clause */
/* Patterns: two of them, divided by a newline. Canonical forms are stable; what both match is seen
 * as an overlap; a pattern covers itself. */
#include "acl/pattern.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_one(const char *pattern)
{
	char again[WHO_TEXT_MAX];
	assert(strlen(pattern) < WHO_TEXT_MAX);
	assert(!pattern_parse(again, pattern, strlen(pattern)));
	assert(strcmp(again, pattern) == 0);
	assert(pattern_overlaps(pattern, pattern));
	if (pattern_is_single(pattern))
		assert(pattern_matches(pattern, pattern));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char a[WHO_TEXT_MAX], b[WHO_TEXT_MAX];
	const uint8_t *newline = len ? memchr(data, '\n', len) : NULL;
	size_t first = newline ? (size_t)(newline - data) : len;
	if (len == 0 || pattern_parse(a, (const char *)data, first))
		return 0;
	check_one(a);
	if (!newline || pattern_parse(b, (const char *)newline + 1, len - first - 1))
		return 0;
	check_one(b);
	assert(pattern_overlaps(a, b) == pattern_overlaps(b, a));
	if (pattern_is_single(b) && pattern_matches(a, b))
		assert(pattern_overlaps(a, b));
	return 0;
}
