/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The trial of a message: says what an update would meet, by the functions that judge updates, on a
 * snapshot of the store, and changes nothing. It finds all that stands in the way, not only the
 * first. It can suppose that zone, rules or ownership were others: so what is advised is proved.
 * Any thread, with its own snapshot.
 */
#include "nameserver/update_parts.h"

/* What stands in the way. Texts are the trial's arena's. */
struct update_trial_found {
	const char *change; /* "prerequisite", "add", "delete", "change TTL" */
	enum dns_rcode rcode;
	bool is_prerequisite, is_spared, has_data;
	bool is_judged; /* a difference, of which `judged` was called with the same verdict */
	bool is_own;    /* a prerequisite wants to be gone what the requester owns */
	struct dns_name name;
	uint16_t type;
	struct bytes rdata;
	size_t record; /* of its section, from 1: which one asks for it; 0: not known */
	enum refusal_code code;
	const char *because, *owner, *rule;
	enum policy_right right;
	unsigned line; /* of the zone's rule; 0: it was none */
};

/* A difference that the message makes, and what the policy says of it. What makes a name too many
 * is told of once more. */
struct update_trial_judged {
	const char *change; /* "add", "delete", "change TTL" */
	struct dns_name name;
	uint16_t type;
	struct bytes rdata;
	const char *owner; /* of what was there; NULL: nobody, or it is added */
	struct verdict verdict;
};

/* What is supposed to have been deleted before: the records of a type, or DNS_TYPE_ANY all. */
struct update_trial_gone {
	struct dns_name name;
	uint16_t type;
};

struct update_trial {
	struct core *core;
	const struct snapshot *snapshot;
	const struct dns_msg *msg; /* that passed the prescan; NULL for update_trial_change() */
	const struct who *who;
	struct addr source; /* len 0: not known */
	bool is_tcp;
	struct arena *arena;
	/* What is supposed. */
	struct zone zone;
	const struct rules *rules; /* the zone's; NULL: those of the snapshot */
	const char *owns;          /* the requester owns what this owner does; NULL: no */
	bool holds;                /* prerequisites hold */
	bool was_probed;           /* the client was asked to sign (`report-probe`) */
	const struct update_trial_gone *gone;
	size_t gone_count;
	void (*found)(void *context, const struct update_trial_found *);
	void (*judged)(void *context, const struct update_trial_judged *); /* NULL: nobody hears */
	void *context;
	/* The result: records that the message would add, remove, change or refresh. */
	unsigned refused, added, removed, altered, refreshed;
	/* Records that are old enough to be refreshed, and that it names again in vain; the owner
	 * of the first, NULL: nobody. */
	unsigned ignored;
	const char *ignored_owner;
	/* In a zone that reports: whether the message will be noted, and with what. */
	bool is_reported;
	struct report_verdict report;
};

void update_trial_run(struct update_trial *);
/* The same of a message with this change alone. */
void update_trial_change(struct update_trial *, struct update_rr *change);
