/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "base/hash.h"
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define WORD 8

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate_left(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

static void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = rotate_left(s->v1, 13) ^ s->v0;
	s->v3 = rotate_left(s->v3, 16) ^ s->v2;
	s->v0 = rotate_left(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = rotate_left(s->v1, 17) ^ s->v2;
	s->v3 = rotate_left(s->v3, 21) ^ s->v0;
	s->v2 = rotate_left(s->v2, 32);
}

static void sip_take(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

/* Up to eight bytes, the first in the lowest place. */
static uint64_t little_endian(const uint8_t *data, size_t len)
{
	uint64_t word = 0;
	for (size_t i = 0; i < len; i++)
		word |= (uint64_t)data[i] << 8 * i;
	return word;
}

static struct hash_key hash_process_key;

/* Before main: any thread may hash then. */
__attribute__((constructor)) static void hash_process_key_make(void)
{
	hash_process_key = hash_key_random();
}

struct hash_key hash_key_random(void)
{
	struct hash_key key;
	if (getrandom(&key, sizeof key, 0) != (ssize_t)sizeof key)
		abort();
	return key;
}

/* Both halves of the product. */
static inline uint64_t hash_fold(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;
	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The last bytes, at most WORD: of a longer text those before them are read again, so that no copy
 * has a length that the compiler does not know. */
static inline uint64_t hash_last_word(struct bytes bytes)
{
	uint64_t word;
	uint32_t first, last;
	if (bytes.len >= WORD) {
		memcpy(&word, bytes.data + bytes.len - WORD, WORD);
		return word;
	}
	if (bytes.len >= sizeof first) {
		memcpy(&first, bytes.data, sizeof first);
		memcpy(&last, bytes.data + bytes.len - sizeof last, sizeof last);
		return (uint64_t)last << 32 | first;
	}
	if (bytes.len == 0)
		return 0;
	return (uint64_t)bytes.data[bytes.len - 1] << 16 |
	       (uint64_t)bytes.data[bytes.len / 2] << 8 | bytes.data[0];
}

uint64_t hash_secret(struct bytes bytes)
{
	/* Odd and with its highest bit set, so that no product vanishes. */
	uint64_t factor = hash_process_key.word[0] | (UINT64_C(1) << 63) | 1, word;
	uint64_t hash = hash_process_key.word[1] ^ bytes.len;
	for (size_t at = 0; at + WORD < bytes.len; at += WORD) {
		memcpy(&word, bytes.data + at, WORD);
		hash = hash_fold(hash ^ word, factor);
	}
	return hash_fold(hash ^ hash_last_word(bytes), factor ^ hash_process_key.word[1] >> 1);
}

uint64_t hash_keyed(const struct hash_key *key, struct bytes bytes)
{
	struct sip s = {
		.v0 = key->word[0] ^ UINT64_C(0x736f6d6570736575),
		.v1 = key->word[1] ^ UINT64_C(0x646f72616e646f6d),
		.v2 = key->word[0] ^ UINT64_C(0x6c7967656e657261),
		.v3 = key->word[1] ^ UINT64_C(0x7465646279746573),
	};
	size_t whole = bytes.len - bytes.len % WORD;
	for (size_t at = 0; at < whole; at += WORD)
		sip_take(&s, little_endian(bytes.data + at, WORD));
	uint64_t last = (uint64_t)bytes.len << 56;
	if (bytes.len > whole)
		last |= little_endian(bytes.data + whole, bytes.len - whole);
	sip_take(&s, last);
	s.v2 ^= 0xff;
	for (unsigned i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
