/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Packs records into the messages of a transfer (RFC 5936 2.2), as many into each as fit, with
 * compressed names. The first message has the question and the OPT of an answer, the others have
 * neither. Each message goes into a spool, behind two bytes of length. It is not signed, but leaves
 * room for the signature. One thread.
 */
#include "dns/reply.h"
#include "nameserver/spool.h"

/* Longer messages gain nothing, since compression reaches only the first 16 KiB. */
#define PACK_MESSAGE 32768

struct pack_how {
	const struct dns_msg *request;
	struct dns_reply_opt opt; /* of the first message, when the request had one */
	size_t signature;         /* bytes kept free in each message */
	size_t limit;             /* of a message; a longer record gets a longer one of its own */
	bool is_single;           /* all must go into one message */
};

struct pack {
	struct pack_how how;
	struct spool *spool;
	struct dns_reply reply;
	bool is_open;   /* a message is being written */
	bool is_failed; /* a record fits into no message, all do not fit into a single one, or the
			   spool failed */
	uint64_t messages, records;
	uint8_t buffer[DNS_MESSAGE_MAX];
};

void pack_start(struct pack *, const struct pack_how *, struct spool *);
/* Adds a record. False, then and later: it failed. */
bool pack_record(struct pack *, const struct dns_name *owner, uint16_t type, uint32_t ttl,
		 struct bytes rdata);
/* Puts the last message into the spool. False: it failed. */
bool pack_end(struct pack *);
