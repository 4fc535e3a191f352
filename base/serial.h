/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Serial number arithmetic on 32 bits (RFC 1982): serials of zones, and times in seconds that wrap.
 * Two numbers that are 2^31 apart have no order: neither is ahead of the other. Pure.
 */
#include <stdbool.h>
#include <stdint.h>

/* Whether `a` comes after `b` (RFC 1982 3.2). */
static inline bool serial_is_ahead(uint32_t a, uint32_t b)
{
	return a != b && a - b < UINT32_C(1) << 31;
}

/* `a` less `b`; below zero: `b` is ahead. Of numbers 2^31 apart: -2^31. */
static inline int32_t serial_difference(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}
