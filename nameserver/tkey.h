/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * TKEY queries (RFC 2930, RFC 3645), as far as a reader answers them: their form, modes that we do
 * not know, and the end of a context. A negotiation goes to the GSS thread.
 *
 * The record may stand in ADDITIONAL or, as old clients have it, in ANSWER; its class and the
 * question's may be IN or ANY. What fails is answered NOERROR, with TKEY's error.
 */
#include "dns/tkey.h"
#include "nameserver/answer.h"
#include "nameserver/pending.h"

struct tkey_request {
	struct dispatcher *by;
	const struct packet *packet;
	const struct dns_msg *msg;
	const struct identity *identity;
	uint64_t now;
};

/* A TKEY record: what was asked, or what is answered. */
struct tkey {
	struct dns_name key;
	struct dns_tkey data;
};

/* Whether a query is one of these. */
bool tkey_is_asked(const struct dns_msg *);

/* The request's only TKEY record, whose owner is the question's. */
bool tkey_find(const struct dns_msg *, struct tkey *);

/* NOERROR: `*pending` is a negotiation, to be posted; or it is still NULL, and `answer` is the
 * record to answer with. Else the answer is that code. */
enum dns_rcode tkey_serve(const struct tkey_request *, struct tkey *answer,
			  struct pending **pending);

/* Puts the record alone into ANSWER. False: it does not fit, and the answer is TC. */
bool tkey_put(struct answer *, const struct tkey *, struct arena *);
