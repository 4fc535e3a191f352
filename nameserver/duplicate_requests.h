/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The duplicate request cache: the updates that ran, with their answers. A client that got no
 * answer sends the same bytes again, and must get the answer of the first run, not the result of a
 * second one; and nobody who captured a signed update can let it run again.
 *
 * A signed request is known by a hash of its key and of what it signs, so that another id in its
 * header, another source, a shorter MAC or a MIC in another form is the same request. It is kept as
 * long as its signature verifies: until its time signed and its fudge (identity_fudge) have passed,
 * and DUPLICATE_REQUESTS_GRACE more, for requests that wait for the writer. An unsigned one is
 * known by its source and bytes, for DUPLICATE_REQUESTS_UNSIGNED_SECONDS.
 *
 * The hash is keyed by a secret that is derived from the store key: who sends requests cannot
 * choose where they lie, and the hashes are the same after a restart. A clean stop writes the table
 * into local state (duplicate_requests_close); the next start takes it from there. After a crash
 * nothing is there: then the hashes of the requests that changed something are read from the log,
 * and of other requests those that were signed before the second of that start are in doubt.
 *
 * When the clock goes back, requests verify again that the table has forgotten. Those up to the
 * last end that was forgotten are in doubt until the log was read again.
 *
 * A request that is in doubt is dropped without an answer: its client waits, and signs anew.
 *
 * Memory has one bound, DUPLICATE_REQUESTS_BYTES, enough for 2.5 million requests, an eighth of it
 * a reserve. A principal may have DUPLICATE_REQUESTS_SHARE times as many requests in it as are
 * still free before the reserve, and DUPLICATE_REQUESTS_LEAST in any case; above that
 * duplicate_requests_rate() says how many updates a second it may send. So whoever sends most is
 * slowed, and who sends few is not: 75 principals together could use up the reserve.
 *
 * An entry is provisional until its transaction is on disk. The writer's thread, but for
 * duplicate_request_key_of and duplicate_requests_rate: any thread.
 */
#include "acl/store_key.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/must_use.h"
#include "journal/entry.h"
#include "nameserver/request.h"
#include "store/store.h"

#define DUPLICATE_REQUESTS_BYTES            ((size_t)64 << 20)
#define DUPLICATE_REQUESTS_RESERVE          (DUPLICATE_REQUESTS_BYTES / 8)
#define DUPLICATE_REQUESTS_SHARE            7
#define DUPLICATE_REQUESTS_LEAST            4096
#define DUPLICATE_REQUESTS_GRACE            60
#define DUPLICATE_REQUESTS_UNSIGNED_SECONDS 15
/* Of unsigned requests more are not kept: anybody can send them. */
#define DUPLICATE_REQUESTS_UNSIGNED_MAX 262144
#define DUPLICATE_REQUEST_HASH_LEN      16

struct duplicate_requests;

/* The identity of a request. Times in seconds. */
struct duplicate_request_key {
	uint8_t hash[DUPLICATE_REQUEST_HASH_LEN];
	bool is_signed;
	bool is_of_context; /* of GSS: it verifies in this process alone */
	uint16_t asker;     /* of the principal */
	uint64_t signed_at; /* time signed; 0: unsigned */
	uint64_t ends_at;   /* then it verifies no more; 0: unsigned */
};

/* An answer. */
struct duplicate_request_answer {
	unsigned rcode;
	const char *ede_text; /* the text of its EDE, or NULL; valid until the next call */
};

enum duplicate_request_state {
	DUPLICATE_REQUEST_NEW,      /* it has a place now, provisionally */
	DUPLICATE_REQUEST_KNOWN,    /* it ran, and this was its answer */
	DUPLICATE_REQUEST_IN_DOUBT, /* it may have run */
	DUPLICATE_REQUEST_NO_ROOM,
};

/* An empty table. Without a store key its secret is random. */
struct duplicate_requests *duplicate_requests_new(const struct store_key *);
void duplicate_requests_free(struct duplicate_requests *);

struct duplicate_request_key duplicate_request_key_of(const struct duplicate_requests *,
						      const struct request_kept *);
/* Of a signed request as an entry of the log has it. `ends_at`: when it cannot verify any more. */
struct duplicate_request_key duplicate_request_key_of_entry(const struct duplicate_requests *,
							    const struct entry *);

/* Looks for a request, and gives it a place if it is new. `now` in seconds, as below. */
enum duplicate_request_state duplicate_requests_take(struct duplicate_requests *,
						     const struct duplicate_request_key *,
						     uint64_t now,
						     struct duplicate_request_answer *);
/* The answer of the request that was taken last, with a copy of its text. */
void duplicate_requests_answer(struct duplicate_requests *,
			       const struct duplicate_request_answer *);
/* What is provisional is on the disk. */
void duplicate_requests_confirm(struct duplicate_requests *);
/* Drops what is provisional. */
void duplicate_requests_forget(struct duplicate_requests *);

/* Adds one that ran, and is on disk. False: there is no room. */
MUST_USE bool duplicate_requests_add(struct duplicate_requests *,
				     const struct duplicate_request_key *,
				     const struct duplicate_request_answer *);

/* How many updates a second this principal may send; 0: any number. Any thread. */
uint32_t duplicate_requests_rate(const struct duplicate_requests *, uint16_t asker);

/* How many requests it knows, and the memory it takes. */
size_t duplicate_requests_count(const struct duplicate_requests *);
size_t duplicate_requests_bytes(const struct duplicate_requests *);

/* --- duplicate_requests_kept.c: over a restart --- */

/* Takes the table from local state, and removes it there; if none is there, from the log. Before
 * the writer starts. The clock must remain valid: if it is set later, the start after a crash was
 * earlier or later than it seemed. */
void duplicate_requests_open(struct duplicate_requests *, struct store *, const struct clock *);
/* Writes the table into local state. After the writer ended. */
void duplicate_requests_close(struct duplicate_requests *, struct store *, uint64_t now);
/* Whether the clock went back behind what was forgotten, and the log may tell what that was. */
bool duplicate_requests_is_behind(const struct duplicate_requests *, uint64_t now);
/* Then: takes from the log what ran and can verify now. False: that is too much; what is in doubt
 * stays so. */
bool duplicate_requests_learn(struct duplicate_requests *, struct store_txn *, uint64_t now);
