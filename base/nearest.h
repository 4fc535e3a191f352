/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * "Did you mean": the candidate that is nearest to a word somebody mistyped. Letters added, left
 * out, wrong or swapped with their neighbour count one each; what is too far away is not offered.
 * Pure; any thread.
 *
 *      struct nearest n = nearest_to("lisen");
 *      for (each option)
 *              nearest_try(&n, option->name);
 *      if (nearest_found(&n)) ...
 */
#include <stddef.h>

struct nearest {
	const char *word, *best;
	size_t distance; /* of `best` */
};

struct nearest nearest_to(const char *word);
/* `candidate` must live as long as the nearest_found that gives it back. */
void nearest_try(struct nearest *, const char *candidate);
/* NULL: nothing is near enough to be what was meant. */
const char *nearest_found(const struct nearest *);
