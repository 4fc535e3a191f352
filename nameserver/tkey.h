/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Answers TKEY queries (RFC 2930, RFC 3645) in the reader's thread: checks their form, refuses
 * other modes, and deletes contexts. A negotiation goes to the GSS thread.
 *
 * The record may be in ADDITIONAL or, as old clients send it, in ANSWER; its class and that of the
 * question may be IN or ANY. A failure is answered with NOERROR and an error in the TKEY record.
 */
#include "dns/tkey.h"
#include "nameserver/answer.h"
#include "nameserver/pending.h"

/* A TKEY record: what was asked, or what is answered. */
struct tkey {
	struct dns_name key;
	struct dns_tkey data;
};

/* Whether the message is a TKEY query. */
bool tkey_is_asked(const struct dns_msg *);

/* Reads the request's only TKEY record, whose owner must be that of the question. False: there is
 * no such record. */
bool tkey_find(const struct dns_msg *, struct tkey *);

/* Serves a query. NOERROR: `*pending` is a negotiation that is to be posted; or it is NULL, and
 * `answer` is the record of the answer. Otherwise the rcode of the answer. */
enum dns_rcode tkey_serve(const struct request *, struct tkey *answer, struct pending **pending);

/* Puts the record into ANSWER. False: it does not fit, and TC is set. */
bool tkey_put(struct answer *, const struct tkey *, struct arena *);
