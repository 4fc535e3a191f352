/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A whole message that `why` judges, and what would let it pass: remedies are supposed, and the
 * message is tried again, until nothing stands in its way or nothing more helps. The thread of the
 * call; all of it lives in the call's arena.
 */
#include "admin/why.h"
#include "nameserver/update_trial.h"

#define RULES_NEW    64
#define COMMANDS_MAX 128
#define GONE_MAX     64 /* names, or RRsets, that are deleted before */

/* A rule that is proposed: of one name. */
struct why_rule {
	struct dns_name name;
	unsigned rights; /* RULE_CLAIM, ... */
	uint16_t types[16];
	size_t types_count;
};

struct whole {
	struct call *call;
	struct who who;
	struct who signer; /* as whom an unsigned message would be signed */
	struct addr source;
	bool is_tcp;
	struct dns_msg msg;
	struct update_rr *change; /* that is judged instead of `msg`; NULL: it is not */
	struct zone zone;
	struct update_trial trial;
	/* What the present round found. */
	struct update_trial_found *found; /* in the arena, with room for so many */
	size_t count, more, room;
	/* What is proposed: what the trial supposes, and its commands. */
	struct why_rule rules[RULES_NEW];
	size_t rules_count;
	const char *commands[COMMANDS_MAX];
	size_t commands_count;
	bool has_new_owner; /* the trial supposes an owner since this round */
	struct update_trial_gone gone[GONE_MAX];
	bool is_open; /* no command of this server does it all */
	enum dns_rcode rcode;
	unsigned refused;
};

/* Name and type as they are shown. */
const char *why_prove_name(struct whole *, const struct dns_name *);
const char *why_prove_type(struct whole *, uint16_t type);
/* What is advised for one thing that stands in the way. */
struct refusal_advice why_prove_advice(struct whole *, const struct update_trial_found *);
/* Adds a command, once. */
void why_prove_command(struct whole *, const char *command);

/* Sets the trial, of the message or of `change`, as things are. */
void why_prove_begin(struct whole *);
/* Tries it with what is supposed; `found` is what stands in the way then. */
void why_prove_round(struct whole *);
/* After a round: supposes what remedies would change until nothing stands in the way, and sets
 * `commands`, and `is_open` if they do not suffice. */
void why_prove_run(struct whole *);

/* What whoever signs with the key of the name needs, to have such a record added there, of type ANY
 * to have the name deleted: commands, in the arena of the call, at most so many. Returns how many;
 * 0 if it needs nothing, or nothing is known to suffice. */
size_t why_prove_key(struct call *, const struct zone *, const struct dns_name *, uint16_t type,
		     const char **commands, size_t most);
