/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* SHA-256 by OpenSSL, for the log's chain and for remembering requests. Any thread. */
#include "base/bytes.h"

#define DIGEST_LEN 32

/* The digest of several pieces one after another. Aborts if OpenSSL cannot. */
void digest_sha256(const struct bytes *pieces, size_t count, uint8_t out[DIGEST_LEN]);

/* The same of pieces that come one after another. */
struct digest;
struct digest *digest_begin(void);
void digest_add(struct digest *, struct bytes);
/* Ends it, and gives its memory back; `out` may be NULL. */
void digest_end(struct digest *, uint8_t out[DIGEST_LEN]);

/* A place for what has this digest, below `places` (65,536 at most). */
static inline size_t digest_place(const uint8_t *digest, size_t places)
{
	return ((size_t)digest[0] << 8 | digest[1]) % places;
}

/* Lets libcrypto take memory from the reserve (base/memory.h) when the system has none. False: it
 * has allocated something already. */
bool digest_use_reserve(void);
