/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Answers to updates, kept for when the request comes again: a client that heard nothing sends the
 * same bytes once more, and must hear what became of them, not what a second run would find.
 *
 * A signed request is known by its key and MAC, an unsigned one by its source and bytes. An answer
 * is provisional until its transaction is on disk. Bounded: DUPLICATE_REQUESTS_SETS sets of
 * DUPLICATE_REQUESTS_WAYS, the oldest of a set gives way. The writer's thread.
 */
#include "base/addr.h"
#include "base/digest.h"
#include "journal/entry.h"

#define DUPLICATE_REQUESTS_SETS 16384
#define DUPLICATE_REQUESTS_WAYS 4
#define DUPLICATE_REQUESTS_SIGNED_SECONDS                                                          \
	600 /* twice the fudge: older ones do not verify any more */
#define DUPLICATE_REQUESTS_UNSIGNED_SECONDS 15

struct duplicate_requests;

/* What a request is known by. */
struct duplicate_request_key {
	uint8_t digest[DIGEST_LEN];
	bool is_signed;
};
struct duplicate_request_key duplicate_request_key_of_mac(const struct dns_name *key,
							  struct bytes mac);
struct duplicate_request_key duplicate_request_key_of_packet(const struct addr *source,
							     enum entry_transport,
							     struct bytes packet);

struct duplicate_requests *duplicate_requests_new(void);
void duplicate_requests_free(struct duplicate_requests *);

/* What was answered. */
struct duplicate_request_answer {
	unsigned rcode;
	const char
		*ede_text; /* what was said of why (RFC 8914), or NULL; lives until the next keep */
};

/* The stored answer; false: this is new. */
bool duplicate_requests_find(const struct duplicate_requests *,
			     const struct duplicate_request_key *, uint64_t now,
			     struct duplicate_request_answer *);

/* Keeps an answer, with a copy of its text, provisionally; then for good, or not at all. */
void duplicate_requests_keep(struct duplicate_requests *, const struct duplicate_request_key *,
			     uint64_t now, const struct duplicate_request_answer *);
void duplicate_requests_confirm(struct duplicate_requests *, const struct duplicate_request_key *);
void duplicate_requests_drop(struct duplicate_requests *, const struct duplicate_request_key *);

/* Drops all that is provisional. */
void duplicate_requests_forget(struct duplicate_requests *);
