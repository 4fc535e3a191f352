/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Record data: reads, writes, prints and parses it, by one table of the shapes of types
 * (rdata_shape.c).
 *
 * The stored form is the wire form without compression, with names in their original case. Data of
 * a type that is not in the table is opaque, and printed and parsed by RFC 3597.
 *
 * Pure; any thread.
 */
#include "base/bytes.h"
#include "dns/lexer.h"
#include "dns/name.h"
#include "dns/type.h"

#define DNS_RDATA_MAX 65535

/*
 * Reads the `len` bytes of data that `message` stands at into stored form, appended to `out`.
 * Names are decompressed in the types in which RFC 3597 4 allows compression; in others a pointer
 * is an error. False: the data does not have the shape of `type`; the reader's place is then
 * undefined.
 */
bool dns_rdata_read(struct bytes_in *message, uint16_t type, size_t len, struct bytes_out *out);

/* Whether bytes are the stored form of data of `type`. */
bool dns_rdata_is_valid(uint16_t type, struct bytes rdata);

/*
 * What stored form of the right shape says wrong: a digest of another length than its algorithm
 * has, an NSEC without types, a regular expression that does not end. A constant phrase; NULL:
 * nothing. Asked wherever data comes in; what is stored already is left alone.
 */
const char *dns_rdata_fault(uint16_t type, struct bytes rdata);

/* The type that a signature covers (dns_type_is_signature()), of stored form; 0 for other types. */
static inline uint16_t dns_rdata_covered(uint16_t type, struct bytes rdata)
{
	struct bytes_in in = bytes_in_of(rdata.data, rdata.len);
	return dns_type_is_signature(type) ? bytes_in_u16(&in) : 0;
}

/* Whether two records of a type belong to one set, which has one TTL. */
static inline bool dns_rdata_is_one_set(uint16_t type, struct bytes a, struct bytes b)
{
	return dns_rdata_covered(type, a) == dns_rdata_covered(type, b);
}

/*
 * A callback for each name in the data that may be compressed when it is written to a message
 * (the types of RFC 1035 only, RFC 3597 4), and for the bytes between. Used by dns/reply.
 */
struct dns_rdata_pieces {
	void (*bytes)(void *context, struct bytes);
	void (*name)(void *context, struct bytes wire_name);
	void *context;
};
void dns_rdata_write(uint16_t type, struct bytes rdata, const struct dns_rdata_pieces *);

/*
 * Canonical order of stored forms (RFC 4034 6.3): names in the types of 6.2 (without NSEC, RFC 6840
 * 5.1) compared in lower case. Zero: the same record.
 */
int dns_rdata_compare(uint16_t type, struct bytes a, struct bytes b);

/*
 * Zone-file text of the data, as snprintf: writes at most `cap` bytes with the NUL, returns the
 * length the whole text has. Absolute names. Data that does not fit its shape is printed as `\#`.
 */
size_t dns_rdata_print(uint16_t type, struct bytes rdata, char *out, size_t cap);

/* The same in words that other servers know too (dns_type_is_common()), `\#` for the rest: what an
 * export holds. */
size_t dns_rdata_print_common(uint16_t type, struct bytes rdata, char *out, size_t cap);

/*
 * Parses text ("10.0.0.7", "10 mail.corp.example.", `\# 4 0A000007`), appended to
 * `out` as stored form. Names without a final dot are completed by `origin`. NULL, or what is wrong
 * (a constant phrase; `*column` then is where, from 1).
 */
const char *dns_rdata_parse_text(uint16_t type, const char *text, const struct dns_name *origin,
				 struct bytes_out *out, unsigned *column);

/*
 * The same from a zone file's line: the lexer stands at the data's first word, and behind it at the
 * line's end; when something is wrong, at the wrong word.
 */
const char *dns_rdata_parse(struct dns_lexer *, uint16_t type, const struct dns_name *origin,
			    struct bytes_out *out);

/*
 * The host that additional-section processing looks up: NS, MX, SRV, SVCB, HTTPS, and others with
 * a target (AFSDB, RT, KX, NAPTR). False: there is none.
 */
bool dns_rdata_target(uint16_t type, struct bytes rdata, struct dns_name *target);

/* The name that CNAME, DNAME, NS or PTR data consists of. Asserts the type; false: damaged. */
bool dns_rdata_name(uint16_t type, struct bytes rdata, struct dns_name *);

/* SOA's numbers (RFC 1035 3.3.13). */
struct dns_soa {
	struct dns_name mname, rname;
	uint32_t serial, refresh, retry, expire, minimum;
};
bool dns_soa_unpack(struct bytes rdata, struct dns_soa *);

/* The serial in SOA data, and the same data with another one; names are left as they are. */
uint32_t dns_soa_serial(struct bytes rdata);
void dns_soa_set_serial(uint8_t *rdata, size_t len, uint32_t serial);
