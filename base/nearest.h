/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Finds the candidate nearest to a mistyped word, for "did you mean". A letter that is added, left
 * out, wrong or swapped with its neighbour counts one each; a candidate that is too far away is not
 * offered. Pure; any thread.
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
/* Compares a candidate, which must remain valid until nearest_found. */
void nearest_try(struct nearest *, const char *candidate);
/* The nearest candidate; NULL: none is near enough. */
const char *nearest_found(const struct nearest *);
