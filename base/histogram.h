/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Counts of values by upper bounds, in the form that Prometheus reads: of each bound how many
 * values were at most as large, their number and their sum. One thread adds; any thread may read
 * meanwhile, and sees each number as it was at some moment.
 */
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BOUNDS_MAX 20

struct histogram {
	const uint64_t *bounds; /* ascending, ended by 0; constant */
	_Atomic uint64_t counts[HISTOGRAM_BOUNDS_MAX + 1], sum;
};

/* Microseconds from 10 to 10,000,000; and numbers of things from 1 to 256. */
extern const uint64_t histogram_times[], histogram_numbers[];

/* Adds `times` equal values. */
void histogram_add(struct histogram *, uint64_t value, uint64_t times);

/* Adds the counts of another one with the same bounds. */
void histogram_join(struct histogram *, const struct histogram *other);

/* How many values were at most bounds[i]; behind the last bound, how many there were. */
uint64_t histogram_up_to(const struct histogram *, size_t i);
uint64_t histogram_sum(const struct histogram *);
