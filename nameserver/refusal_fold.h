/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Which refusals are written one by one, and which are folded into a count: two budgets of bytes,
 * one for signed requests and one for all others, so that what anybody can forge never hides what
 * was proved. Of the signed one a principal gets a quarter at most.
 *
 * Refusals of the same event, reason, zone, principal, key and source are one a second; those that
 * come in between, or for which the budget has no room, are folded: a count, the time of the first
 * and the last, and up to REFUSAL_NAMES_MAX names. When more different ones come than the budget
 * can write, they are folded by the source's prefix (/24, /56), then without source, then without
 * principal and key, at last all into one. So memory is bounded, and nothing goes uncounted.
 *
 * No lock and no clock: the caller's.
 */
#include "nameserver/refusal.h"

#define REFUSAL_UNSIGNED_RATE  2048u      /* bytes a second, all together */
#define REFUSAL_SIGNED_RATE    16384u     /* the same */
#define REFUSAL_BURST          (1u << 20) /* bytes of each after a quiet time */
#define REFUSAL_PRINCIPAL_PART 4          /* of the signed one, to one principal */
#define REFUSAL_FOLDS_MAX      1024       /* of each kind that wait */
#define REFUSAL_FOLDS_PRESSURE 256        /* more than the budget can write: fold wider */
#define REFUSAL_NAMES_MAX      32

/* A refusal with copies of its texts, and what was folded into it. */
struct refusal_note {
	struct refusal_note *next;
	struct refusal refusal;
	struct refusal_when when;
	struct arena arena;
};
void refusal_note_free(struct refusal_note *);
/* A copy on its own, with nothing folded. */
struct refusal_note *refusal_note_new(const struct refusal *, uint64_t now_us);

struct refusal_folds;
struct refusal_folds *refusal_folds_new(void);
void refusal_folds_free(struct refusal_folds *);

/* True: it is to be written now, by itself, and is paid for. False: it was folded. */
bool refusal_folds_take(struct refusal_folds *, const struct refusal *, uint64_t now_us);
/* The same of one that happened at `at_us` and waited since. */
bool refusal_folds_take_late(struct refusal_folds *, const struct refusal *, uint64_t at_us,
			     uint64_t now_us);

/* This one is written by itself, though there may be no room: it is paid. */
void refusal_folds_charge(struct refusal_folds *, const struct refusal *, uint64_t now_us);

/* What was folded before this second and the budget has room for; `is_all`: all of it. A list, in
 * the order in which they happened; the notes are the caller's. */
struct refusal_note *refusal_folds_due(struct refusal_folds *, uint64_t now_us, bool is_all);

/* Those that hold the name, whatever the budget says. */
struct refusal_note *refusal_folds_named(struct refusal_folds *, const struct dns_name *,
					 uint64_t now_us);

/* What waits of a zone without its names; adds to the result. */
void refusal_folds_nameless(const struct refusal_folds *, const struct dns_name *zone,
			    struct refusal_nameless *);

/* How many wait. */
size_t refusal_folds_count(const struct refusal_folds *);
