/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Hashes for tables in memory (base/hash_table.h); none of them is stored or sent.
 *
 * FNV-1a is for keys that the administrator or the store chooses, since an attacker who chooses
 * keys can make them collide. hash_secret is for keys that clients choose, in tables of which they
 * see nothing but the time that they take. SipHash-2-4 with a key of the caller's is for the
 * others.
 *
 * Pure; any thread.
 */
#include "base/bytes.h"

#define HASH_START UINT64_C(14695981039346656037)

/* FNV-1a, 64 bits, of one piece after another; HASH_START is the hash of nothing. */
static inline uint64_t hash_add(uint64_t hash, const void *data, size_t len)
{
	const uint8_t *at = data;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ at[i]) * UINT64_C(1099511628211);
	return hash;
}

/* Brings the upper half into the lower bits, by which a table takes its bucket. */
static inline uint64_t hash_end(uint64_t hash)
{
	return hash ^ hash >> 32;
}

static inline uint64_t hash_bytes(struct bytes bytes)
{
	return hash_end(hash_add(HASH_START, bytes.data, bytes.len));
}

/* Multiplied with a random number of this process, word by word, so that nobody can choose bytes
 * that collide; another number after each start. */
uint64_t hash_secret(struct bytes);

struct hash_key {
	uint64_t word[2];
};

/* A random key. Aborts if the machine has no randomness. */
struct hash_key hash_key_random(void);

/* SipHash-2-4 (Aumasson, Bernstein: SipHash: a fast short-input PRF), 64 bits. */
uint64_t hash_keyed(const struct hash_key *, struct bytes);
