/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * What would help: for the word of each reason why a request was refused, the right that was
 * missing, and the commands that would change it, ready for a shell. The log holds the words
 * (nameserver/refusal_code.h), `why` shows the remedies. Pure.
 */
#include "base/arena.h"
#include "journal/event_kind.h"
#include "nameserver/refusal_code.h"

/* What is known here of the key that signed. */
enum refusal_key {
	REFUSAL_KEY_UNKNOWN, /* it was not looked up */
	REFUSAL_KEY_MISSING,
	REFUSAL_KEY_DISABLED,
	REFUSAL_KEY_HERE,
};

/* A refusal as far as it is known; NULL: that is not. `type` NULL: any. */
struct refusal_advice {
	const char *code;
	const char *reason;    /* the sentence */
	enum event_kind event; /* as in the log; EVENT_NONE: an update's */
	const char *zone, *name, *type, *who, *owner, *rule;
	/* The right that was asked for; where a rule denied it, else the rule's are taken. */
	const char *right;
	const char *key; /* that signed */
	enum refusal_key key_is;
	/* The prefix of all bits of the address that asked; NULL: not known. */
	const char *from;
	/* The requester and the owner are servers of one kind, as two DHCP servers that stand in
	 * for each other: they should be members of an acting group. */
	bool is_pair;
	const char *who_group, *owner_group; /* their acting groups; NULL: they have none */
	const char *new_group;               /* a name for one that does not exist yet, "@kea" */
	const char *near_zone; /* the zone of this server that was probably meant; NULL: none */
	const char *holder;    /* of an unsigned one: who has the name; NULL: nobody */
	bool has_name_key;     /* the same: there is a key of the name */
	/* The same: what the key of the name needs besides. */
	const char *const *then;
	size_t then_count;
	bool is_own;            /* a prerequisite wants to be gone what the requester owns */
	unsigned limit;         /* the value of the setting that would do; 0: not known */
	bool limit_is_of_hosts; /* it is max-names', of hosts alone */
};

/* "write"; for a rule that denied, those of the rule; "nothing" when no right would have helped. */
const char *refusal_advice_right(const struct refusal_advice *, struct arena *);

/* A sentence with the commands, and other ways behind them. NULL: nothing would help, or the word
 * is of another version. */
const char *refusal_advice_text(const struct refusal_advice *, struct arena *);

/* The commands of the first way, which suffice together for this refusal, each a line for a shell.
 * Returns how many; 0: no command of this server helps. */
#define REFUSAL_COMMANDS_MAX 8
size_t refusal_advice_commands(const struct refusal_advice *, struct arena *,
			       const char *commands[REFUSAL_COMMANDS_MAX]);

/* The rule that would allow what was refused: "allow key:web claim at pc1.corp.example. types A".
 */
const char *refusal_advice_rule(const struct refusal_advice *, struct arena *);
/* Of the sentence of a name at or below a delegation: where that stands, and whether it is an NS or
 * a DNAME. False: the sentence does not say. */
bool refusal_advice_cut(const char *reason, struct arena *, const char **name, const char **type);
/* The commands that make requester and owner members of one acting group, and give it what they
 * own; as refusal_advice_commands. 0: they are no pair. */
size_t refusal_advice_group(const struct refusal_advice *, struct arena *,
			    const char *commands[REFUSAL_COMMANDS_MAX]);
/* The command that gives the requester what the owner has at the name. */
const char *refusal_advice_transfer(const struct refusal_advice *, struct arena *);
