/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The form of the duplicate request cache, for duplicate_requests.c and duplicate_requests_kept.c
 * alone.
 *
 *      heads    by hash; the first slot of a chain
 *      wheel    by second; the first chunk of those whose requests end in such a second
 *      chunks   1008 bytes: up to CHUNK_SLOTS requests that end in the same second
 *
 * A slot's number is that of its chunk times CHUNK_STRIDE, and its place there, and one; 0 is none.
 */
#include "base/hash.h"
#include "nameserver/duplicate_requests.h"

#define CHUNK_SLOTS  41
#define CHUNK_STRIDE 64
#define CHUNK_BYTES  1024 /* with what malloc adds */
#define HEADS        ((size_t)1 << 19)
#define WHEEL        1024 /* seconds; a request ends at most 600 from now */
#define ASKERS       65536
#define CHUNKS_MAX   ((DUPLICATE_REQUESTS_BYTES - sizeof(struct duplicate_requests)) / CHUNK_BYTES)
/* From an entry's time until what made it verifies no more: its clock may have been ahead. */
#define ENTRY_SECONDS   (2 * TSIG_SERVER_FUDGE_MAX)
#define PROVISIONAL_MAX 1024 /* more than the writer takes into a transaction */

enum slot_mark {
	SLOT_IS_DEAD = 1,    /* taken back */
	SLOT_HAS_REMARK = 2, /* the text of its EDE stands among its chunk's */
};

struct slot {
	uint8_t hash[DUPLICATE_REQUEST_HASH_LEN];
	uint32_t next; /* of the chain */
	uint16_t asker;
	uint8_t rcode;
	uint8_t marks;
};

/* The text of an answer. */
struct remark {
	struct remark *next;
	unsigned place;
	char text[];
};

struct chunk {
	uint64_t ends_at;
	struct remark *remarks;
	uint32_t next; /* of the wheel's place: its number and one */
	uint16_t count;
	bool is_signed;
	struct slot slots[CHUNK_SLOTS];
};
_Static_assert(sizeof(struct chunk) == 1008, "with malloc's head 1,024 bytes");

struct duplicate_requests {
	uint8_t secret[STORE_KEY_LEN];
	struct hash_key asker_key;
	uint64_t swept;       /* seconds of the wheel up to this one are swept */
	uint64_t forgotten;   /* the last end that was forgotten */
	uint64_t given_up;    /* `forgotten` when the log was too long to learn from */
	uint64_t signed_from; /* what was signed before is not known */
	/* Then it was so many seconds ago, when so much had passed on its clock; NULL: nothing is
	 * unknown. */
	const struct clock *clock;
	uint64_t age, passed_us;
	_Atomic size_t bytes;
	size_t count, unsigned_count;
	uint32_t taken; /* the slot that was taken last */
	unsigned provisional_count;
	uint32_t provisional[PROVISIONAL_MAX];
	uint32_t chunk_count; /* of `chunks`: those that were used ever */
	uint32_t free_chunk;  /* a number that is free, and one; 0: none */
	uint32_t wheel[WHEEL];
	uint32_t heads[HEADS];
	_Atomic uint32_t askers[ASKERS]; /* requests of each */
	/* NULL: free; the next free number stands in `free_next`. */
	struct chunk *chunks[(DUPLICATE_REQUESTS_BYTES) / CHUNK_BYTES];
	uint32_t free_next[(DUPLICATE_REQUESTS_BYTES) / CHUNK_BYTES];
};

/* The slot of this number. */
static inline struct slot *duplicate_requests_slot(const struct duplicate_requests *duplicates,
						   uint32_t number)
{
	number--;
	return &duplicates->chunks[number / CHUNK_STRIDE]->slots[number % CHUNK_STRIDE];
}

/* The text of its EDE; NULL: it has none. */
const char *duplicate_requests_remark(const struct duplicate_requests *, uint32_t number);
