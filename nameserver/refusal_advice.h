/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What would help: for the word of each reason why a request was refused, the right that was
 * missing and the command that would change it. The log holds the words
 * (nameserver/refusal_code.h), `why` shows the remedies. Pure.
 */
#include "base/arena.h"
#include "journal/event_kind.h"
#include "nameserver/refusal_code.h"

/* A refusal as far as it is known; NULL: that is not. `type` NULL: any. */
struct refusal_advice {
	const char *code;
	enum event_kind event; /* as in the log; EVENT_NONE: an update's */
	const char *zone, *name, *type, *who, *owner, *rule;
	const char *key; /* that signed */
	/* The prefix of all bits of the address that asked; NULL: not known. */
	const char *from;
};

/* "write"; for a rule that denied, those of the rule; "nothing" when no right would have helped. */
const char *refusal_advice_right(const struct refusal_advice *, struct arena *);

/* NULL: nothing would, or the word is of another version. */
const char *refusal_advice_text(const struct refusal_advice *, struct arena *);
