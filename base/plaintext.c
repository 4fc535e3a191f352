/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/plaintext.h"
#include "base/utf8.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Ranges of characters of several bytes, as UTF-8: those between first and last, which differ in
 * the last byte alone. */
static const struct {
	const char *first, *last;
} unwanted[] = {
	{"\xc2\x80", "\xc2\x9f"},         /* C1: control characters, too */
	{"\xd8\x9c", "\xd8\x9c"},         /* U+061C, and the rest of what turns text around */
	{"\xe2\x80\x8b", "\xe2\x80\x8f"}, /* of no width, and marks of direction */
	{"\xe2\x80\xa8", "\xe2\x80\xae"}, /* ends of lines and paragraphs, embeddings */
	{"\xe2\x81\xa0", "\xe2\x81\xaf"}, /* of no width, isolates */
	{"\xef\xbb\xbf", "\xef\xbb\xbf"}, /* U+FEFF */
	{"\xf3\xa0\x80\x80", "\xf3\xa0\x80\xbf"}, /* tags, which nobody sees */
	{"\xf3\xa0\x81\x80", "\xf3\xa0\x81\xbf"},
};

size_t plaintext_unwanted(const char *at)
{
	uint8_t byte = (uint8_t)*at;
	if (byte < 0x20 || byte == 0x7f)
		return 1;
	for (size_t i = 0; byte >= 0x80 && i < sizeof unwanted / sizeof *unwanted; i++) {
		size_t len = strlen(unwanted[i].first);
		if (strncmp(at, unwanted[i].first, len - 1) == 0 &&
		    (uint8_t)at[len - 1] >= (uint8_t)unwanted[i].first[len - 1] &&
		    (uint8_t)at[len - 1] <= (uint8_t)unwanted[i].last[len - 1])
			return len;
	}
	return 0;
}

const char *plaintext_problem(const char *text, size_t most, char problem[PLAINTEXT_PROBLEM_MAX])
{
	size_t len = strlen(text);
	if (text[strspn(text, " ")] == '\0')
		return "is empty";
	if (len > most) {
		snprintf(problem, PLAINTEXT_PROBLEM_MAX, "is %zu bytes long, and %zu are the most",
			 len, most);
		return problem;
	}
	if (!utf8_is_valid(bytes_of(text, len)))
		return "is not UTF-8";
	for (const char *at = text; *at; at++) {
		if (!plaintext_unwanted(at))
			continue;
		snprintf(problem, PLAINTEXT_PROBLEM_MAX,
			 "has a control character (its byte %zu): it is one line of plain text",
			 (size_t)(at - text) + 1);
		return problem;
	}
	return NULL;
}
