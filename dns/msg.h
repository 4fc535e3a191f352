/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A message, opened once: header, question, OPT and TSIG are found and checked, the places of the
 * sections are known, records are then walked where they lie. Owns nothing: the packet must stay.
 * Pure; any thread.
 */
#include "base/bytes.h"
#include "base/must_use.h"
#include "dns/edns.h"
#include "dns/name.h"
#include "dns/tsig.h"
#include "dns/type.h"

#define DNS_HEADER_LEN     12
#define DNS_OFFSET_ARCOUNT 10
#define DNS_MESSAGE_MAX    65535

#define DNS_FLAG_QR 0x8000
#define DNS_FLAG_AA 0x0400
#define DNS_FLAG_TC 0x0200
#define DNS_FLAG_RD 0x0100
#define DNS_FLAG_RA 0x0080
#define DNS_FLAG_AD 0x0020
#define DNS_FLAG_CD 0x0010

/* Sections, by both of their names (RFC 1035 4.1, RFC 2136 2). */
enum dns_section {
	DNS_QUESTION = 0,
	DNS_ANSWER = 1,
	DNS_AUTHORITY = 2,
	DNS_ADDITIONAL = 3,
	DNS_ZONE = 0,
	DNS_PREREQUISITE = 1,
	DNS_UPDATE = 2,
};

struct dns_msg {
	struct bytes packet;
	uint16_t id, flags;
	uint8_t opcode;
	uint16_t count[4];
	bool has_question; /* exactly one, and it was read */
	struct dns_name qname;
	uint16_t qtype, qclass;
	size_t question_end;  /* offset behind the question */
	size_t section_at[4]; /* offset of each section's first record */
	struct dns_edns edns;
	bool has_tsig;
	struct dns_tsig tsig;
	size_t tsig_at; /* offset of the TSIG record: what is signed ends here */
};

/* Whether this is worth an answer at all: a whole header, and not an answer itself. */
bool dns_msg_is_request(struct bytes packet);

/*
 * Opens a request. DNS_NOERROR, or DNS_FORMERR: then header fields are right, `has_question` says
 * whether the question may be echoed, and the rest is not to be used. FORMERR: more or less than
 * one question (a query with none that is nothing but a header, too), a compressed question, a
 * record that leaves the packet, an owner that is not a name, bytes behind the last record, a
 * second OPT, an OPT outside ADDITIONAL, with an owner or with broken options, a TSIG that is not
 * the last record, not class ANY with TTL 0, or not of TSIG's shape (RFC 8945 5.2).
 */
MUST_USE enum dns_rcode dns_msg_open(struct dns_msg *, struct bytes packet);

struct dns_msg_rr {
	struct dns_name owner;
	uint16_t type, class;
	uint32_t ttl;
	size_t rdata_at; /* offset in the packet */
	uint16_t rdata_len;
};

/* Walks one section's records. */
struct dns_msg_walk {
	struct bytes_in in;
	unsigned left;
};
struct dns_msg_walk dns_msg_walk(const struct dns_msg *, enum dns_section);

/* The next record; false: there are no more (opening has shown that all are whole). OPT and TSIG
 * come too, where they stand. */
bool dns_msg_next(struct dns_msg_walk *, struct dns_msg_rr *);

/* The record's data in stored form, appended to `out`. False, and `out` as before: not the shape
 * of its type, or no room. */
MUST_USE bool dns_msg_rdata(const struct dns_msg *, const struct dns_msg_rr *,
			    struct bytes_out *out);
