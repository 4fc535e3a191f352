/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A NOTIFY as it goes out (RFC 1996 3.7: QNAME, QCLASS, QTYPE SOA, the new SOA as a hint in the
 * answer section), and what comes back. Pure; any thread.
 */
#include "acl/tsig_client.h"

#define NOTIFY_MESSAGE_MAX 2048

struct notify_message {
	uint16_t id;
	struct dns_name apex;
	bool is_signed;
	struct tsig_client tsig_client; /* if it is; knows the MAC after notify_write */
};

/* Writes the request into `out`, empty and with room for NOTIFY_MESSAGE_MAX bytes; returns its
 * length. `soa` is the record's data, whole. */
size_t notify_write(struct notify_message *, struct bytes soa, uint32_t ttl, uint64_t now,
		    struct bytes_out *out);

enum notify_answer {
	NOTIFY_NOT_AN_ANSWER, /* somebody else's, or broken: wait on */
	NOTIFY_IS_ANSWER,     /* `rcode` is what the peer says */
};

struct notify_reading {
	unsigned rcode;
	const char
		*problem; /* why it is no answer, a constant phrase; NULL: it is nothing at all */
	bool is_unknown_secret; /* it says that the key has another secret there */
};

/* A packet that came from the peer: id, opcode, question and signature must be those of what was
 * sent. */
enum notify_answer notify_read(const struct notify_message *, struct bytes packet, uint64_t now,
			       struct notify_reading *);
