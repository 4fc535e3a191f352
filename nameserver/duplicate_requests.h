/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The duplicate request cache: the answers to recent updates. A client that got no answer sends the
 * same bytes again, and must get the answer of the first run, not the result of a second one.
 *
 * A signed request is identified by its key and MAC, an unsigned one by its source and bytes. An
 * answer is provisional until its transaction is on disk. The cache has DUPLICATE_REQUESTS_SETS
 * sets of DUPLICATE_REQUESTS_WAYS answers; the oldest of a set is replaced. The writer's thread.
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

/* The identity of a request. */
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

/* An answer. */
struct duplicate_request_answer {
	unsigned rcode;
	const char *ede_text; /* the text of its EDE, or NULL; valid until the next call of _keep */
};

/* Finds the stored answer. False: the request is new. `now` in seconds, as below. */
bool duplicate_requests_find(const struct duplicate_requests *,
			     const struct duplicate_request_key *, uint64_t now,
			     struct duplicate_request_answer *);

/* Keep an answer provisionally, with a copy of its text; then confirm it, or drop it. */
void duplicate_requests_keep(struct duplicate_requests *, const struct duplicate_request_key *,
			     uint64_t now, const struct duplicate_request_answer *);
void duplicate_requests_confirm(struct duplicate_requests *, const struct duplicate_request_key *);
void duplicate_requests_drop(struct duplicate_requests *, const struct duplicate_request_key *);

/* Drops all provisional answers. */
void duplicate_requests_forget(struct duplicate_requests *);
