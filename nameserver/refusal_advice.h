/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What would help: for the word of each reason why a request was refused, the right that was
 * missing and the command that would change it. The policy's words are policy_reason_word()'s;
 * those of refusals that never come before the policy are REFUSALS. The log holds the words
 * (journal/entry.h `code`), `why` shows the remedies. Pure.
 */
#include "acl/policy.h"
#include "base/arena.h"

/* Refusals that are not the policy's: constant, word. */
#define REFUSALS(X)                                                                                \
	X(REFUSAL_BADKEY, "badkey")         /* TSIG: no such key, or context */                    \
	X(REFUSAL_BADSIG, "badsig")         /* TSIG: another secret */                             \
	X(REFUSAL_BADTIME, "badtime")       /* TSIG: the clocks differ */                          \
	X(REFUSAL_BADTRUNC, "badtrunc")     /* TSIG: too short a MAC */                            \
	X(REFUSAL_WRONG_ZONE, "wrong-zone") /* the zone section names no zone of ours */           \
	X(REFUSAL_NOT_ZONE, "not-zone")     /* a name lies outside the zone of the zone section */ \
	X(REFUSAL_FORM, "form")             /* FORMERR of RFC 2136's prescan */                    \
	X(REFUSAL_TOO_LARGE, "too-large")   /* an RRset that no message could carry */             \
	X(REFUSAL_FROZEN, "frozen")         /* the zone takes no updates for now */                \
	X(REFUSAL_IGNORED, "ignored")       /* a silent rule of RFC 2136 */                        \
	X(REFUSAL_SPARED, "spared")         /* a delete left what others own in place */           \
	X(REFUSAL_IN_USE, "in-use")         /* a prerequisite wants the name, or set, free */      \
	X(REFUSAL_NOT_THERE, "not-there")   /* a prerequisite wants what is not there */           \
	X(REFUSAL_TOO_FAST, "max-rate")     /* dropped without an answer */

#define X(constant, word) constant,
enum refusal_code { REFUSALS(X) };
#undef X

const char *refusal_word(enum refusal_code);
/* Of a TSIG error (RFC 8945 3). */
const char *refusal_word_of_tsig(unsigned error);

/* A refusal as far as it is known; NULL: that is not. `type` NULL: any. */
struct refusal_advice {
	const char *code, *event; /* `event` as in the log; NULL: an update's */
	const char *zone, *name, *type, *who, *owner, *rule;
	const char *key; /* that signed */
};

/* "write"; for a rule that denied, those of the rule; "nothing" when no right would have helped. */
const char *refusal_advice_right(const struct refusal_advice *, struct arena *);

/* NULL: nothing would, or the word is of another version. */
const char *refusal_advice_text(const struct refusal_advice *, struct arena *);
