/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/histogram.h"
#include "base/counter.h"
#include <assert.h>

const uint64_t histogram_times[] = {10,     25,      50,      100,     250,      500,    1000,
				    2500,   5000,    10000,   25000,   50000,    100000, 250000,
				    500000, 1000000, 2500000, 5000000, 10000000, 0};
const uint64_t histogram_numbers[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 0};

void histogram_add(struct histogram *histogram, uint64_t value, uint64_t times)
{
	size_t i = 0;
	while (histogram->bounds[i] && value > histogram->bounds[i])
		i++;
	assert(i <= HISTOGRAM_BOUNDS_MAX);
	counter_add(&histogram->counts[i], times);
	counter_add(&histogram->sum, value * times);
}

void histogram_join(struct histogram *histogram, const struct histogram *other)
{
	assert(histogram->bounds == other->bounds);
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS_MAX; i++)
		counter_add(&histogram->counts[i], counter_get(&other->counts[i]));
	counter_add(&histogram->sum, counter_get(&other->sum));
}

uint64_t histogram_up_to(const struct histogram *histogram, size_t i)
{
	uint64_t count = 0;
	for (size_t at = 0; at <= i; at++)
		count += counter_get(&histogram->counts[at]);
	return count;
}

uint64_t histogram_sum(const struct histogram *histogram)
{
	return counter_get(&histogram->sum);
}
