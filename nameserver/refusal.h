/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Refusals in the log (log.md): who was refused what, and why. A flood of them must neither fill
 * the disk nor hide a change: of each source, principal and kind one a second is written, with the
 * count of those that were folded into it since the last, and of all together REFUSALS_PER_SECOND,
 * of refused questions REFUSED_QUERIES_PER_SECOND. A store that is nearly full takes none: what is
 * left of it belongs to changes.
 */
#include "base/addr.h"
#include "base/arena.h"
#include "journal/entry.h"
#include "store/store.h"

#define REFUSALS_PER_SECOND        200
#define REFUSED_QUERIES_PER_SECOND 20 /* of these: whoever can ask can make them */

struct core;

/* A refusal. Texts are the caller's. */
struct refusal {
	bool has_zone;
	uint32_t zone_id;
	struct dns_name zone;
	const char *principal;
	const char *key; /* TSIG key's name, or NULL */
	struct addr source;
	enum entry_transport transport;
	uint16_t message_id;
	uint16_t rcode;
	const char *subject; /* "pc1.corp.example A" */
	const char *reason;
	const char
		*code; /* the reason's word: policy_reason_word, or nameserver/refusal_advice.h's */
	const char *owner; /* who stood in the way, or NULL */
	const char *rule;  /* which rule refused, or NULL */
	const char *event; /* a constant; NULL: update-denied */
};

/* The count of refusals. Any thread. */
struct refusals;
struct refusals *refusals_new(void);
void refusals_free(struct refusals *);

/* Whether this one is to be written; `*folded` is how many before it were not. False: it is folded.
 */
bool refusal_is_due(struct refusals *, const struct refusal *, uint64_t now, uint32_t *folded);

/* Writes it. In a writer's job. */
struct refusal_when {
	uint64_t now_us;
	uint32_t folded;
};
void refusal_append(struct store_txn *, const struct refusal *, const struct refusal_when *,
		    struct arena *);

/* From a reader: counts it and, if it is due, leaves it for the writer, with a copy of the texts.
 * Never waits; what the writer cannot take is dropped. */
void refusal_note(struct core *, const struct refusal *);

/* What was folded in seconds before `now`, and was followed by nothing that is written, gets an
 * entry of its own: a count is never lost. Each second; any thread. */
void refusals_flush(struct core *, uint64_t now);
