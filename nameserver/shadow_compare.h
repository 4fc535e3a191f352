/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Compares two answers to one question: ours, and that of another server that should know the same.
 *
 * Compared are the code and the records of the answer, in any order and without regard to the case
 * of names; of a referral the name servers that it names. TTLs are looked at last. Serials of an
 * SOA are each server's own and count as equal; what else two servers may add (authority,
 * additional, flags) is left alone. Pure; any thread.
 */
#include "base/arena.h"
#include "dns/msg.h"

#define SHADOW_RECORDS_MAX 512 /* of an answer that is compared */
#define SHADOW_TEXT_MAX    400

enum shadow_verdict {
	SHADOW_SAME,
	SHADOW_RCODE,  /* the codes differ */
	SHADOW_ANSWER, /* the records do */
	SHADOW_TTL,    /* nothing but TTLs */
};

struct shadow_record {
	struct dns_name owner;
	uint16_t type;
	uint32_t ttl;
	struct bytes rdata; /* stored form */
};

struct shadow_answer {
	unsigned rcode;
	bool is_referral;
	struct shadow_record *records; /* sorted */
	size_t count;
};

/* Reads an answer; its records lie in the arena. `question` is what it must be of. False: it is no
 * answer to it, or has too many records. */
bool shadow_answer_read(struct shadow_answer *, struct bytes message, const struct dns_name *name,
			uint16_t type, struct arena *);

/* How the second differs from the first. */
enum shadow_verdict shadow_compare(const struct shadow_answer *, const struct shadow_answer *);

/* "NOERROR: A 192.0.2.1 (900), A 192.0.2.2 (900)", made short; returns `out`. */
char *shadow_answer_print(const struct shadow_answer *, char out[SHADOW_TEXT_MAX]);
