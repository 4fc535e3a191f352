/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/nearest.h"
#include <stdint.h>
#include <string.h>

/* Longer words are not typed by hand; they are not compared. */
#define WORD_MAX 48

static size_t nearest_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Restricted Damerau-Levenshtein distance, one row for each letter of `a`. */
static size_t nearest_distance(const char *a, const char *b)
{
	size_t an = strlen(a), bn = strlen(b);
	size_t rows[WORD_MAX + 1][WORD_MAX + 1];
	if (an > WORD_MAX || bn > WORD_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i <= an; i++)
		rows[i][0] = i;
	for (size_t j = 0; j <= bn; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= an; i++) {
		for (size_t j = 1; j <= bn; j++) {
			size_t change = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			size_t d = nearest_least(change,
						 nearest_least(rows[i - 1][j], rows[i][j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d = nearest_least(d, rows[i - 2][j - 2] + 1);
			rows[i][j] = d;
		}
	}
	return rows[an][bn];
}

struct nearest nearest_to(const char *word)
{
	return (struct nearest){.word = word, .best = NULL, .distance = SIZE_MAX};
}

void nearest_try(struct nearest *n, const char *candidate)
{
	size_t d = nearest_distance(n->word, candidate);
	if (d < n->distance) {
		n->best = candidate;
		n->distance = d;
	}
}

const char *nearest_found(const struct nearest *n)
{
	/* A third of the letters may be wrong: "ls" is not "list", "lisen" is "listen". */
	size_t allowed = strlen(n->word) < 4 ? 1 : 1 + strlen(n->word) / 4;
	return n->best && n->distance <= allowed ? n->best : NULL;
}
