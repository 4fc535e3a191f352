/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Refusals in the log: who was refused what, and why. A flood of them must neither fill the disk
 * nor hide what was proved: nameserver/refusal_fold.h says which are written and which are folded
 * into a count. A store that is nearly full takes none: what is left of it belongs to changes.
 *
 * What readers refuse is queued, and written by one job of the writer for all that waits.
 */
#include "base/addr.h"
#include "base/arena.h"
#include "journal/entry.h"
#include "nameserver/refusal_code.h"
#include "store/store.h"

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
	const char *subject;      /* "pc1.corp.example A" */
	const char *reason;       /* for people: a sentence, with what it is about */
	enum refusal_code code;   /* the same as a number */
	enum refusal_event event; /* what was asked */
	const char *owner;        /* who stood in the way, or NULL */
	const char *rule;         /* which rule refused, or NULL */
	bool is_signed;           /* the request's signature was verified */
	uint64_t asks;            /* refusal_holds_asks(), of one for want of a signature */
	/* Other names of the message, REFUSAL_MESSAGE_NAMES_MAX at most: as struct entry has them;
	 * NULL: none. */
	const char *names;
	bool has_more_names; /* not all of them fit */
};
#define REFUSAL_MESSAGE_NAMES_MAX 128

/* The count of refusals. Any thread. */
struct refusals;
struct refusals *refusals_new(void);
void refusals_free(struct refusals *);

/* Whether this one is to be written now. False: it is folded, and written later. */
bool refusal_is_due(struct refusals *, const struct refusal *, uint64_t now_us);

/* When it was, and what is folded into it: how many more, how many of those without their names
 * here, the first and the last, and other names (struct entry). */
struct refusal_when {
	uint64_t now_us;
	uint32_t folded, nameless;
	uint64_t first_us, last_us;
	const char *names;
};
/* Writes it. In a writer's job. */
void refusal_append(struct store_txn *, const struct refusal *, const struct refusal_when *,
		    struct arena *);

/* From a reader: counts it and, if it is due, leaves it for the writer, with a copy of the texts.
 * Never waits. */
void refusal_note(struct core *, const struct refusal *);

/* How many there were since the start, written or folded. Any thread. */
uint64_t refusals_count(struct refusals *, enum refusal_event, enum refusal_code);

/* The update was accepted with a signature, from there: the same, refused there for want of one in
 * the last minute, is forgotten (nameserver/refusal_hold.h). Returns how many. Any thread. */
struct dns_msg;
unsigned refusals_forget(struct core *, const struct dns_msg *, const struct addr *source);

/* What was folded in seconds before this one gets an entry, as far as the budgets go. Each second;
 * any thread. */
void refusals_flush(struct core *);

/* Writes what waits and holds the name, or NULL: all, and waits until it is in the log, for
 * REFUSALS_SETTLE_MS at most. Not from the writer's thread. */
#define REFUSALS_SETTLE_MS 2000
void refusals_settle(struct core *, const struct dns_name *name);

/* Waits until what is queued is in the log; what is folded stays. The same otherwise. */
void refusals_wait(struct core *);

/* Refusals that were folded without their names. */
struct refusal_nameless {
	uint64_t count, first_us, last_us;
};
void refusal_nameless_add(struct refusal_nameless *, uint64_t count, uint64_t first_us,
			  uint64_t last_us);
/* Adds those of a zone that wait. Any thread. */
void refusals_nameless(struct core *, const struct dns_name *zone, struct refusal_nameless *);
