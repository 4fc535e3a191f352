/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/crc32c.h"
#include <pthread.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78u /* reversed */

static uint32_t table[256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void table_fill(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
		table[i] = crc;
	}
}

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *p,
								 size_t len)
{
	uint64_t wide = ~crc;
	for (; len >= 8; len -= 8, p += 8) {
		uint64_t eight;
		memcpy(&eight, p, sizeof eight);
		wide = __builtin_ia32_crc32di(wide, eight);
	}
	uint32_t rest = (uint32_t)wide;
	for (; len > 0; len--, p++)
		rest = __builtin_ia32_crc32qi(rest, *p);
	return ~rest;
}
#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t len)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return by_instruction(crc, data, len);
#endif
	return crc32c_by_table(crc, data, len);
}

uint32_t crc32c_by_table(uint32_t crc, const void *data, size_t len)
{
	pthread_once(&table_once, table_fill);
	const uint8_t *p = data;
	crc = ~crc;
	for (size_t i = 0; i < len; i++)
		crc = crc >> 8 ^ table[(crc ^ p[i]) & 0xff];
	return ~crc;
}
