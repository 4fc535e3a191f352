/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Numbers of the protocol with their mnemonics: types, classes, opcodes, response codes.
 * Types that the house treats specially have a constant; all of the IANA registry have a mnemonic
 * (the table is in type.c), and the rest are TYPE12345 (RFC 3597). Pure; any thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dns_type {
	DNS_TYPE_A = 1,
	DNS_TYPE_NS = 2,
	DNS_TYPE_CNAME = 5,
	DNS_TYPE_SOA = 6,
	DNS_TYPE_PTR = 12,
	DNS_TYPE_HINFO = 13,
	DNS_TYPE_MX = 15,
	DNS_TYPE_TXT = 16,
	DNS_TYPE_SIG = 24,
	DNS_TYPE_KEY = 25,
	DNS_TYPE_AAAA = 28,
	DNS_TYPE_SRV = 33,
	DNS_TYPE_NAPTR = 35,
	DNS_TYPE_DNAME = 39,
	DNS_TYPE_OPT = 41,
	DNS_TYPE_DS = 43,
	DNS_TYPE_RRSIG = 46,
	DNS_TYPE_NSEC = 47,
	DNS_TYPE_DNSKEY = 48,
	DNS_TYPE_DHCID = 49,
	DNS_TYPE_NSEC3 = 50,
	DNS_TYPE_SVCB = 64,
	DNS_TYPE_HTTPS = 65,
	DNS_TYPE_TKEY = 249,
	DNS_TYPE_TSIG = 250,
	DNS_TYPE_IXFR = 251,
	DNS_TYPE_AXFR = 252,
	DNS_TYPE_MAILB = 253,
	DNS_TYPE_MAILA = 254,
	DNS_TYPE_ANY = 255,
};

enum dns_class {
	DNS_CLASS_IN = 1,
	DNS_CLASS_CH = 3,
	DNS_CLASS_NONE = 254,
	DNS_CLASS_ANY = 255,
};

enum dns_opcode {
	DNS_OPCODE_QUERY = 0,
	DNS_OPCODE_NOTIFY = 4,
	DNS_OPCODE_UPDATE = 5,
};

/* The header's four bits, the OPT's twelve (RFC 6891), and TSIG's sixteen (RFC 8945). */
enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
	DNS_YXDOMAIN = 6,
	DNS_YXRRSET = 7,
	DNS_NXRRSET = 8,
	DNS_NOTAUTH = 9,
	DNS_NOTZONE = 10,
	DNS_BADVERS = 16,
	DNS_BADSIG = 16,
	DNS_BADKEY = 17,
	DNS_BADTIME = 18,
	DNS_BADMODE = 19,
	DNS_BADNAME = 20,
	DNS_BADALG = 21,
	DNS_BADTRUNC = 22,
};

#define DNS_TYPE_TEXT_MAX 16

/* "A", "TYPE65280"; returns `out`. */
char *dns_type_print(uint16_t type, char out[DNS_TYPE_TEXT_MAX]);

/* A mnemonic in any case, or TYPEnnn. False: neither. */
bool dns_type_parse(const char *text, size_t len, uint16_t *type);

/* "IN", "CLASS32". */
char *dns_class_print(uint16_t class, char out[DNS_TYPE_TEXT_MAX]);
bool dns_class_parse(const char *text, size_t len, uint16_t *class);

/* "NOERROR", "RCODE3841". As a TSIG error 16 is BADSIG: use dns_tsig_error_name(). */
const char *dns_rcode_name(unsigned rcode);
const char *dns_tsig_error_name(unsigned error);

/* A type that exists only in questions and messages (RFC 6895 3.1: 128-255 and OPT) and 0. */
bool dns_type_is_meta(uint16_t type);

/* At most one record at a name: SOA, CNAME, DNAME (RFC 2136 3.4.2.2 replaces). */
bool dns_type_is_singleton(uint16_t type);
