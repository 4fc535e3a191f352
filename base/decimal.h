/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Decimal digits of a number, for short texts that each request makes: words of counters and
 * addresses. Printing through the C library costs ten times as much.
 *
 * Pure; any thread.
 */
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_MAX 20 /* digits of the largest number */

/* Writes the digits, at most DECIMAL_MAX and no NUL, and returns the place behind them. */
static inline char *decimal_put(char *at, uint64_t number)
{
	char digits[DECIMAL_MAX];
	size_t count = 0;
	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	while (count)
		*at++ = digits[--count];
	return at;
}
