/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * TSIG (RFC 8945): the record, and the bytes that are signed. No cryptography here (acl/hmac).
 * Pure; any thread.
 */
#include "base/bytes.h"
#include "base/must_use.h"
#include "dns/name.h"
#include <stdbool.h>

#define DNS_TSIG_MAC_MAX       64 /* HMAC-SHA512 */
#define DNS_TSIG_FUDGE         300
#define DNS_TSIG_VARIABLES_MAX (255 + 2 + 4 + 255 + 6 + 2 + 2 + 2 + 64)

struct dns_tsig {
	struct dns_name key, algorithm; /* lower case */
	uint64_t time;                  /* seconds, 48 bits */
	uint16_t fudge;
	uint16_t original_id;
	uint16_t error;
	struct bytes mac;   /* lies in the message (or wherever the writer keeps it) */
	struct bytes other; /* the same; BADTIME: six bytes of the server's time */
};

/*
 * Reads a TSIG's data; `message` stands at it, `len` is its length. Owner, class and TTL are
 * checked by dns/msg. False: not of TSIG's shape.
 */
MUST_USE bool dns_tsig_read(struct dns_tsig *, struct bytes_in *message, size_t len);

/*
 * The "TSIG variables" of RFC 8945 4.3.3 that are signed behind the message; for the later
 * messages of a stream (5.3.1) `timers_only`: time and fudge alone.
 */
void dns_tsig_variables(const struct dns_tsig *, bool timers_only, struct bytes_out *out);

/* Appends the whole record (owner, type, class, TTL, data; nothing compressed). */
void dns_tsig_write(const struct dns_tsig *, struct bytes_out *out);

/* What signs the message now, without a MAC: its id, and the usual fudge. */
struct dns_tsig dns_tsig_for(struct bytes message, const struct dns_name *key,
			     const struct dns_name *algorithm, uint64_t now);

/* Writes the record behind a message of `len` bytes in the buffer, and counts it in the message's
 * header; returns the new length. Asserts that `cap` has the room. */
size_t dns_tsig_append(const struct dns_tsig *, uint8_t *buffer, size_t len, size_t cap);

/* The bytes dns_tsig_write() will need with a MAC of `mac_len`: what an answer must leave free. */
size_t dns_tsig_size(const struct dns_name *key, const struct dns_name *algorithm, size_t mac_len,
		     size_t other_len);
