/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Writes an answer into a buffer of the caller. Each step writes a whole record or nothing; the
 * first that does not fit makes the reply full, and later steps do nothing. Records must come
 * in the order of the sections. The question is echoed byte for byte, so a client finds its own
 * case (RFC 4343 and "0x20"), and names that end like it are compressed into it. Pure; any thread.
 */
#include "base/bytes.h"
#include "dns/msg.h"
#include "dns/name.h"

#define DNS_REPLY_NAMES_MAX 128 /* names remembered for compression */

struct dns_reply {
	struct bytes_out out;
	size_t reserved; /* kept free at the end for OPT and TSIG */
	uint16_t flags;
	uint16_t count[4];
	bool is_full;
	size_t question_end;
	struct {
		uint16_t offset, hash;
	} names[DNS_REPLY_NAMES_MAX];
	unsigned names_count;
	size_t compress_below; /* where pointers may still point to: 0x3fff */
};

/*
 * Begins the answer to `request` in `buffer`: id, opcode, RD, CD and the question are taken over,
 * QR is set. `limit` is what the transport takes (512, the EDNS size, 65535); never above the
 * buffer. `reserve` bytes are kept for dns_reply_opt and the TSIG (acl/identify). The question and
 * the reserve always fit: if they alone exceed the limit, by key names of hundreds of bytes, so
 * does the answer. Asserts that the buffer holds them.
 */
void dns_reply_start(struct dns_reply *, const struct dns_msg *request, struct bytes_out buffer,
		     size_t limit, size_t reserve);

void dns_reply_set_rcode(struct dns_reply *, unsigned rcode); /* the low four bits */
void dns_reply_set_flags(struct dns_reply *, uint16_t flags); /* adds DNS_FLAG_AA, ... */

/* One record; names in it are compressed where RFC 3597 4 allows, those in its data only into names
 * of the same case. False: full. */
bool dns_reply_rr(struct dns_reply *, enum dns_section, const struct dns_name *owner, uint16_t type,
		  uint16_t class, uint32_t ttl, struct bytes rdata);

/* From here on names are written whole: some clients cannot follow pointers to a key's name
 * (MS-GSSA 3.1.5.4). */
void dns_reply_write_plain(struct dns_reply *);

/* A place in the answer to go back to, so that an RRset is in it whole or not at all. */
struct dns_reply_mark {
	size_t at;
	uint16_t count[4];
	unsigned names_count;
	bool is_full;
};
struct dns_reply_mark dns_reply_mark(const struct dns_reply *);
void dns_reply_back_to(struct dns_reply *, const struct dns_reply_mark *);

/* Removes all records and sets TC (RFC 2181 9), so that the client asks again by TCP. After this
 * only the OPT can be written. */
void dns_reply_truncate(struct dns_reply *);

/*
 * The OPT record of the answer (RFC 6891 6.1.1), from the reserve: our UDP size, the upper bits of
 * `rcode`, the DO bit of the request, NSID if asked and set, an EDE if `ede` is not 0 with a text.
 */
struct dns_reply_opt {
	uint16_t udp_size;
	unsigned rcode; /* the whole of it */
	bool wants_dnssec;
	struct bytes nsid; /* empty: none */
	uint16_t ede;      /* 0: none */
	struct bytes ede_text;
};
#define DNS_OPT_SIZE_MAX 400
void dns_reply_opt(struct dns_reply *, const struct dns_reply_opt *);

/* Reserves more bytes after dns_reply_start. False: there is no room for them. */
bool dns_reply_reserve(struct dns_reply *, size_t more);

/* How many bytes dns_reply_opt writes for this, to be reserved. */
size_t dns_reply_opt_size(const struct dns_reply_opt *);

/* Writes the counts and flags of the header. Returns the bytes of the answer, to which
 * acl/tsig_server.h adds a signature. */
struct bytes dns_reply_finish(struct dns_reply *);
