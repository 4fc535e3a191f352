/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Answers to updates, kept for when the request comes again: a client that heard nothing sends the
 * same bytes once more, and must hear what became of them, not what a second run would find.
 *
 * A signed request is known by its key and MAC, an unsigned one by its source and bytes. An answer
 * is provisional until its transaction is on disk. Bounded: RESEND_SETS sets of RESEND_WAYS, the
 * oldest of a set gives way. The writer's thread.
 */
#include "base/addr.h"
#include "base/digest.h"
#include "journal/entry.h"

#define RESEND_SETS             16384
#define RESEND_WAYS             4
#define RESEND_SIGNED_SECONDS   600 /* twice the fudge: older ones do not verify any more */
#define RESEND_UNSIGNED_SECONDS 15

struct resend;

/* What a request is known by. */
struct resend_key {
	uint8_t digest[DIGEST_LEN];
	bool is_signed;
};
struct resend_key resend_key_of_mac(const struct dns_name *key, struct bytes mac);
struct resend_key resend_key_of_packet(const struct addr *source, enum entry_transport,
				       struct bytes packet);

struct resend *resend_new(void);
void resend_free(struct resend *);

/* What was answered. */
struct resend_answer {
	unsigned rcode;
	const char *told; /* what was said of why (RFC 8914), or NULL; lives until the next keep */
};

/* The stored answer; false: this is new. */
bool resend_find(const struct resend *, const struct resend_key *, uint64_t now,
		 struct resend_answer *);

/* Keeps an answer, with a copy of its text, provisionally; then for good, or not at all. */
void resend_keep(struct resend *, const struct resend_key *, uint64_t now,
		 const struct resend_answer *);
void resend_confirm(struct resend *, const struct resend_key *);
void resend_drop(struct resend *, const struct resend_key *);

/* Drops all that is provisional. */
void resend_forget(struct resend *);
