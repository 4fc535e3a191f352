/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * An answer on its way out, whatever its opcode: the size that the transport takes, the OPT record
 * if the request had one, the signature if the request was signed. What stands in the sections is
 * the opcode's business.
 *
 *      answer_start -> dns_reply_rr(&answer->reply, ...)... -> answer_finish
 *
 * Lives on the stack of one request; one thread.
 */
#include "acl/tsig_server.h"
#include "dns/reply.h"
#include "nameserver/core.h"

/* What an answer says of why, with its end (RFC 8914). */
#define ANSWER_EDE_TEXT_MAX 81

/* All that is said to whom has no right in a zone: what stands there is none of his business. */
#define ANSWER_NOT_AUTHORIZED "not authorized"

struct answer {
	struct core *core;
	const struct dns_msg *msg;
	const struct identity *identity;
	struct dns_reply reply;
	struct bytes_out *out; /* the caller's; filled by answer_finish */
	unsigned rcode;        /* the whole of it, with the bits that stand in the OPT */
	uint16_t ede;          /* RFC 8914's code, sent if the request had an OPT; 0: none */
	char ede_text[ANSWER_EDE_TEXT_MAX]; /* its text */
};

/* What a request brought, and where its answer goes. */
struct answer_to {
	struct core *core;
	const struct dns_msg *msg;
	const struct identity *identity;
	enum entry_transport transport;
};
void answer_start(struct answer *, const struct answer_to *, struct bytes_out *out);

/* The OPT of an answer, without an EDE. */
struct dns_reply_opt answer_opt(const struct core *, const struct dns_msg *, unsigned rcode);
/* What the transport takes, as the request says. */
size_t answer_limit(const struct answer_to *);

/* Throws away what was written so far; the answer is `rcode` and nothing more. */
void answer_only(struct answer *, unsigned rcode);

/* Prohibited (RFC 8914 4.19), and why in a few words: cut to fit, what is not ASCII as `?`. Said if
 * the request had an OPT; of an answer with records, if there is room. */
void answer_prohibit(struct answer *, const char *why);

/* Writes OPT and header, signs. `keyring` is this thread's, or NULL. */
void answer_finish(struct answer *, struct keyring *, uint64_t now);
