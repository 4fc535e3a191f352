/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* CRC-32C (Castagnoli, RFC 3720 B.4), by the processor's instruction where it has one. Pure. */
#include <stddef.h>
#include <stdint.h>

/* Continues `crc` (0 to begin) over `len` bytes. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

/* The same by a table, as machines without the instruction get it. */
uint32_t crc32c_by_table(uint32_t crc, const void *data, size_t len);
