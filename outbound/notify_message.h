/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Writes NOTIFY requests (RFC 1996 3.7: QNAME, QCLASS, QTYPE SOA, the new SOA as a hint in the
 * answer section) and reads their answers. Pure; any thread.
 */
#include "acl/tsig_client.h"

#define NOTIFY_MESSAGE_MAX 2048

struct notify_message {
	uint16_t id;
	struct dns_name apex;
	bool is_signed;
	struct tsig_client tsig_client; /* if it is signed; holds the MAC after notify_write */
};

/* Writes the request into `out`, which must be empty and have room for NOTIFY_MESSAGE_MAX bytes.
 * `soa` is the SOA's data without compression, `now` in seconds. Returns the length. */
size_t notify_write(struct notify_message *, struct bytes soa, uint32_t ttl, uint64_t now,
		    struct bytes_out *out);

enum notify_answer {
	NOTIFY_NOT_AN_ANSWER, /* of another request, or malformed: it is ignored */
	NOTIFY_IS_ANSWER,     /* `rcode` is the peer's */
};

struct notify_reading {
	unsigned rcode;
	const char
		*problem; /* why an answer is not taken, a constant phrase; NULL: it is no answer */
	bool is_unknown_secret; /* the peer has another secret of the key */
};

/* The same for a question for the zone's SOA (RFC 1034 4.3.5), by which a secondary is asked what
 * it has. */
size_t notify_write_question(struct notify_message *, uint64_t now, struct bytes_out *out);

/* Reads a packet that came from the peer. It is an answer if id, opcode, question and signature fit
 * the request. */
enum notify_answer notify_read(const struct notify_message *, struct bytes packet, uint64_t now,
			       struct notify_reading *);
/* The same of the answer to a question. With NOERROR, `has_serial`: it holds the SOA of the zone,
 * as one who is sure of it says (AA), with this serial. */
struct notify_serial {
	bool has_serial;
	uint32_t serial;
};
enum notify_answer notify_read_serial(const struct notify_message *, struct bytes packet,
				      uint64_t now, struct notify_reading *,
				      struct notify_serial *);
