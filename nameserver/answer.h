/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Builds an answer of any opcode: limits it to the size of the transport, adds the OPT record if
 * the request had one, and signs it if the request was signed. The caller fills the sections.
 *
 *      answer_start -> dns_reply_rr(&answer->reply, ...)... -> answer_finish
 *
 * An answer is on the stack of the thread that answers the request.
 */
#include "acl/tsig_server.h"
#include "dns/reply.h"
#include "nameserver/core.h"
#include "nameserver/request.h"

/* The longest text of an EDE (RFC 8914), with its NUL. */
#define ANSWER_EDE_TEXT_MAX 81

/* The text for a client without any right in the zone, which must not learn what the zone holds. */
#define ANSWER_NOT_AUTHORIZED "not authorized"

struct answer {
	const struct request *request;
	struct dns_reply reply;
	struct bytes_out *out; /* the caller's; filled by answer_finish */
	unsigned rcode;        /* with the bits that are in the OPT */
	uint16_t ede;          /* RFC 8914's code, sent if the request had an OPT; 0: none */
	char ede_text[ANSWER_EDE_TEXT_MAX]; /* its text */
	uint32_t zone_id;                   /* where a query was looked up first; 0: nowhere */
};

/* Begins an answer in `out`, which must be empty. All arguments must remain valid. */
void answer_start(struct answer *, const struct request *, struct bytes_out *out);

/* The OPT of an answer, without an EDE. */
struct dns_reply_opt answer_opt(const struct core *, const struct dns_msg *, unsigned rcode);
/* How many bytes the answer may have, by the transport and the request's OPT. */
size_t answer_limit(const struct request *);

/* Discards the sections that were written; the answer is then the rcode alone. */
void answer_only(struct answer *, unsigned rcode);

/* Sets the EDE Prohibited (RFC 8914 4.19) with the text `why`, cut if it is too long; a byte that
 * is not ASCII becomes `?`. It is sent if the request had an OPT, and there is room. */
void answer_prohibit(struct answer *, const char *why);

/* Writes OPT and header, signs. `keyring` is this thread's, or NULL. */
void answer_finish(struct answer *, struct keyring *, uint64_t now);
