/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What one thread counts of its requests: queries by type, by zone and code, updates by zone and by
 * principal with what became of them, and how long each took. Only its thread adds to a tally, so
 * that counting costs no atomic operation; any thread sums all of them up.
 *
 * Everything is bounded: types above TALLY_TYPES are counted as one, zones above TALLY_ZONES too,
 * and of principals those that came most are kept.
 */
#include "base/arena.h"
#include "base/histogram.h"
#include "nameserver/update_outcome.h"

#define TALLY_TYPES      288   /* types below have a count of their own */
#define TALLY_ZONES      12288 /* zones that have counts of their own */
#define TALLY_PRINCIPALS 256
#define TALLY_TEXT_MAX   256 /* of a principal; a longer one is cut */

/* The codes that are counted by zone, and the words for them. */
#define TALLY_RCODES(X)                                                                            \
	X(TALLY_NOERROR, "NOERROR")                                                                \
	X(TALLY_NXDOMAIN, "NXDOMAIN")                                                              \
	X(TALLY_SERVFAIL, "SERVFAIL")                                                              \
	X(TALLY_REFUSED, "REFUSED")                                                                \
	X(TALLY_OTHER, "other")

#define X(constant, word) constant,
enum tally_rcode { TALLY_RCODES(X) TALLY_RCODE_COUNT };
#undef X

struct tallies;
struct tally;

struct tallies *tallies_new(void);
/* All of them must have ended. */
void tallies_free(struct tallies *);

/* Of one thread. tally_end keeps what was counted. */
struct tally *tally_begin(struct tallies *);
void tally_end(struct tallies *, struct tally *);

/* --- the tally's thread */

/* A query for a zone was answered; zone 0: there was none. */
void tally_query(struct tally *, uint16_t type, uint32_t zone_id, unsigned rcode);
/* So many queries took so long each, at most; microseconds. */
void tally_query_time(struct tally *, uint64_t us, uint64_t queries);

/* A request whose signature was right was signed so many seconds ago; before or after. */
void tally_skew(struct tally *, int64_t seconds);

struct tally_of_update {
	uint32_t zone_id; /* 0: no zone of ours */
	enum update_outcome outcome;
	const char *principal;
	uint64_t us; /* how long it took; 0: it was answered without the writer */
};
void tally_update(struct tally *, const struct tally_of_update *);

/* --- any thread */

/* The counts of a zone; 0: of the zones that had no place. */
struct tally_zone {
	uint32_t id;
	uint64_t queries[TALLY_RCODE_COUNT], updates[UPDATE_OUTCOMES];
};

struct tally_principal {
	char text[TALLY_TEXT_MAX];
	uint64_t updates[UPDATE_OUTCOMES];
};

struct tally_sum {
	uint64_t types[TALLY_TYPES + 1]; /* the last: all others */
	struct histogram queries, updates, skews;
	struct tally_zone *zones; /* by id */
	size_t zone_count;
	struct tally_principal *principals; /* those with the most updates first */
	size_t principal_count;
};

/* Sums them up, in the arena. */
void tallies_sum(struct tallies *, struct arena *, struct tally_sum *);

/* The words for a code that is counted by zone, and for what became of an update. */
const char *tally_rcode_word(enum tally_rcode);
const char *update_outcome_word(enum update_outcome);
