/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Numbers of variable length: seven bits a byte, the lowest first; the top bit says that more
 * follow. Pure; any thread.
 */
#include "base/bytes.h"

#define VARINT_MAX 10 /* bytes of the longest */

static inline void varint_put(struct bytes_out *out, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		bytes_out_u8(out, (uint8_t)(v | 0x80));
	bytes_out_u8(out, (uint8_t)v);
}

/* 0, and `bad`, where the bytes end early or the number is longer than 64 bits. */
static inline uint64_t varint_get(struct bytes_in *in)
{
	uint64_t v = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = bytes_in_u8(in);
		if (shift == 63 && byte > 1)
			break;
		v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return v;
	}
	in->bad = true;
	return 0;
}

/* The same; a larger number is `bad` too. */
static inline uint64_t varint_at_most(struct bytes_in *in, uint64_t most)
{
	uint64_t v = varint_get(in);
	if (v > most)
		in->bad = true;
	return in->bad ? 0 : v;
}
