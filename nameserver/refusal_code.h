/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What was refused, and why, as numbers. The log holds their words (journal/entry.h `event`,
 * `code`), which other programs know: these stand in the two tables below, and in the policy's
 * (acl/policy.h POLICY_REASONS), and nowhere else. Pure.
 */
#include "acl/policy.h"

/* What was asked: constant, the event's name in the log; NULL: the entry's kind says it. */
#define REFUSAL_EVENTS(X)                                                                          \
	X(REFUSAL_UPDATE_DENIED, NULL)                                                             \
	X(REFUSAL_UPDATE_FAILED, "update-failed")   /* a prerequisite */                           \
	X(REFUSAL_UPDATE_DROPPED, "update-dropped") /* without an answer */                        \
	X(REFUSAL_QUERY_DENIED, "query-denied")                                                    \
	X(REFUSAL_TRANSFER_DENIED, "transfer-denied")

#define X(constant, word) constant,
enum refusal_event { REFUSAL_EVENTS(X) REFUSAL_EVENT_COUNT };
#undef X

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
	X(REFUSAL_TOO_MUCH, "too-much")     /* more than one message may ask for */                \
	X(REFUSAL_LOG_SHARE, "principal-size") /* more of the log than one client may write */     \
	X(REFUSAL_FROZEN, "frozen")            /* the zone takes no updates for now */             \
	X(REFUSAL_IGNORED, "ignored")          /* a silent rule of RFC 2136 */                     \
	X(REFUSAL_SPARED, "spared")            /* a delete left what others own in place */        \
	X(REFUSAL_HIDDEN, "hidden")            /* the answer would tell what may not be queried */ \
	X(REFUSAL_IN_USE, "in-use")            /* a prerequisite wants the name, or set, free */   \
	X(REFUSAL_NOT_THERE, "not-there")      /* a prerequisite wants what is not there */        \
	X(REFUSAL_TOO_FAST, "max-rate")        /* dropped without an answer */                     \
	X(REFUSAL_WAITING, "waiting")          /* dropped: too many wait for the writer */         \
	X(REFUSAL_TABLE_FULL, "table-full")    /* dropped: what ran cannot be remembered */        \
	X(REFUSAL_IN_DOUBT, "in-doubt")        /* dropped: it may have run before a crash */

/* The policy's reasons (REFUSAL_POLICY_...) are decisions that allow, too. */
enum refusal_code {
	REFUSAL_NO_CODE, /* none is known, or it is of another version */
#define X(constant, word, sentence) REFUSAL_##constant,
	POLICY_REASONS(X)
#undef X
#define X(constant, word) constant,
		REFUSALS(X)
#undef X
			REFUSAL_CODE_COUNT
};

/* The name in the log; NULL where the table has none. */
const char *refusal_event_word(enum refusal_event);
/* Of a name in the log, NULL being an update's; false: it is no refusal's. */
bool refusal_event_parse(const char *word, enum refusal_event *);

/* NULL: it is REFUSAL_NO_CODE. */
const char *refusal_word(enum refusal_code);
enum refusal_code refusal_code_parse(const char *word);
enum refusal_code refusal_code_of_policy(enum policy_reason);
/* Of a TSIG error (RFC 8945 3). */
enum refusal_code refusal_code_of_tsig(unsigned error);
