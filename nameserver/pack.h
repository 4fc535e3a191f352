/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Records packed into the messages of a transfer (RFC 5936 2.2), as many into each as fit, names
 * compressed. The first message has the question and the OPT of an answer, the later ones neither.
 * Each is put into a spool, two bytes of length before it, unsigned, so that what is left for the
 * signature is still free.
 *
 * One thread.
 */
#include "dns/reply.h"
#include "nameserver/spool.h"

/* Longer ones would gain nothing: compression reaches no further than 16 KiB. */
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
	bool is_failed; /* a record that no message can hold, more than the single message holds, or
			   the spool's problem */
	uint64_t messages, records;
	uint8_t buffer[DNS_MESSAGE_MAX];
};

void pack_start(struct pack *, const struct pack_how *, struct spool *);
/* False, then and from then on: failed. */
bool pack_record(struct pack *, const struct dns_name *owner, uint16_t type, uint32_t ttl,
		 struct bytes rdata);
/* The last message is put. False: failed. */
bool pack_end(struct pack *);
