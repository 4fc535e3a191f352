/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Numbers of the protocol with their mnemonics: types, classes, opcodes, response codes.
 * All types of IANA's registry have a constant and a mnemonic, the rest are TYPE12345 (RFC 3597).
 * Pure; any thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* IANA's registry of types, the obsolete ones and those of questions too. */
#define DNS_TYPES(X)                                                                               \
	X(1, A, "A")                                                                               \
	X(2, NS, "NS")                                                                             \
	X(3, MD, "MD")                                                                             \
	X(4, MF, "MF")                                                                             \
	X(5, CNAME, "CNAME")                                                                       \
	X(6, SOA, "SOA")                                                                           \
	X(7, MB, "MB")                                                                             \
	X(8, MG, "MG")                                                                             \
	X(9, MR, "MR")                                                                             \
	X(10, NULL, "NULL")                                                                        \
	X(11, WKS, "WKS")                                                                          \
	X(12, PTR, "PTR")                                                                          \
	X(13, HINFO, "HINFO")                                                                      \
	X(14, MINFO, "MINFO")                                                                      \
	X(15, MX, "MX")                                                                            \
	X(16, TXT, "TXT")                                                                          \
	X(17, RP, "RP")                                                                            \
	X(18, AFSDB, "AFSDB")                                                                      \
	X(19, X25, "X25")                                                                          \
	X(20, ISDN, "ISDN")                                                                        \
	X(21, RT, "RT")                                                                            \
	X(22, NSAP, "NSAP")                                                                        \
	X(23, NSAP_PTR, "NSAP-PTR")                                                                \
	X(24, SIG, "SIG")                                                                          \
	X(25, KEY, "KEY")                                                                          \
	X(26, PX, "PX")                                                                            \
	X(27, GPOS, "GPOS")                                                                        \
	X(28, AAAA, "AAAA")                                                                        \
	X(29, LOC, "LOC")                                                                          \
	X(30, NXT, "NXT")                                                                          \
	X(31, EID, "EID")                                                                          \
	X(32, NIMLOC, "NIMLOC")                                                                    \
	X(33, SRV, "SRV")                                                                          \
	X(34, ATMA, "ATMA")                                                                        \
	X(35, NAPTR, "NAPTR")                                                                      \
	X(36, KX, "KX")                                                                            \
	X(37, CERT, "CERT")                                                                        \
	X(38, A6, "A6")                                                                            \
	X(39, DNAME, "DNAME")                                                                      \
	X(40, SINK, "SINK")                                                                        \
	X(41, OPT, "OPT")                                                                          \
	X(42, APL, "APL")                                                                          \
	X(43, DS, "DS")                                                                            \
	X(44, SSHFP, "SSHFP")                                                                      \
	X(45, IPSECKEY, "IPSECKEY")                                                                \
	X(46, RRSIG, "RRSIG")                                                                      \
	X(47, NSEC, "NSEC")                                                                        \
	X(48, DNSKEY, "DNSKEY")                                                                    \
	X(49, DHCID, "DHCID")                                                                      \
	X(50, NSEC3, "NSEC3")                                                                      \
	X(51, NSEC3PARAM, "NSEC3PARAM")                                                            \
	X(52, TLSA, "TLSA")                                                                        \
	X(53, SMIMEA, "SMIMEA")                                                                    \
	X(55, HIP, "HIP")                                                                          \
	X(56, NINFO, "NINFO")                                                                      \
	X(57, RKEY, "RKEY")                                                                        \
	X(58, TALINK, "TALINK")                                                                    \
	X(59, CDS, "CDS")                                                                          \
	X(60, CDNSKEY, "CDNSKEY")                                                                  \
	X(61, OPENPGPKEY, "OPENPGPKEY")                                                            \
	X(62, CSYNC, "CSYNC")                                                                      \
	X(63, ZONEMD, "ZONEMD")                                                                    \
	X(64, SVCB, "SVCB")                                                                        \
	X(65, HTTPS, "HTTPS")                                                                      \
	X(66, DSYNC, "DSYNC")                                                                      \
	X(67, HHIT, "HHIT")                                                                        \
	X(68, BRID, "BRID")                                                                        \
	X(99, SPF, "SPF")                                                                          \
	X(100, UINFO, "UINFO")                                                                     \
	X(101, UID, "UID")                                                                         \
	X(102, GID, "GID")                                                                         \
	X(103, UNSPEC, "UNSPEC")                                                                   \
	X(104, NID, "NID")                                                                         \
	X(105, L32, "L32")                                                                         \
	X(106, L64, "L64")                                                                         \
	X(107, LP, "LP")                                                                           \
	X(108, EUI48, "EUI48")                                                                     \
	X(109, EUI64, "EUI64")                                                                     \
	X(128, NXNAME, "NXNAME")                                                                   \
	X(249, TKEY, "TKEY")                                                                       \
	X(250, TSIG, "TSIG")                                                                       \
	X(251, IXFR, "IXFR")                                                                       \
	X(252, AXFR, "AXFR")                                                                       \
	X(253, MAILB, "MAILB")                                                                     \
	X(254, MAILA, "MAILA")                                                                     \
	X(255, ANY, "ANY")                                                                         \
	X(256, URI, "URI")                                                                         \
	X(257, CAA, "CAA")                                                                         \
	X(258, AVC, "AVC")                                                                         \
	X(259, DOA, "DOA")                                                                         \
	X(260, AMTRELAY, "AMTRELAY")                                                               \
	X(261, RESINFO, "RESINFO")                                                                 \
	X(262, WALLET, "WALLET")                                                                   \
	X(263, CLA, "CLA")                                                                         \
	X(264, IPN, "IPN")                                                                         \
	X(32768, TA, "TA")                                                                         \
	X(32769, DLV, "DLV")

enum dns_type {
#define DNS_TYPE_CONSTANT(number, constant, text) DNS_TYPE_##constant = number,
	DNS_TYPES(DNS_TYPE_CONSTANT)
#undef DNS_TYPE_CONSTANT
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

/* Whether the zone file readers of BIND 9.18, Knot 3.2 and NSD 4.6 all know the type's mnemonic and
 * its data as text. */
bool dns_type_is_common(uint16_t type);

/* The mnemonic of a common type, TYPEnnn of any other; returns `out`. */
char *dns_type_print_common(uint16_t type, char out[DNS_TYPE_TEXT_MAX]);

/* A mnemonic in any case, or TYPEnnn. False: neither. */
bool dns_type_parse(const char *text, size_t len, uint16_t *type);

/* The mnemonic that is spelled most like the text, for "did you mean"; NULL: none is near. */
const char *dns_type_meant(const char *text, size_t len);
/* "'AAA' is not a record type: did you mean 'AAAA'?". Returns `out`. */
#define DNS_TYPE_PROBLEM_MAX 200
const char *dns_type_problem(const char *text, char out[DNS_TYPE_PROBLEM_MAX]);
/* "IN", "CLASS32". */
char *dns_class_print(uint16_t class, char out[DNS_TYPE_TEXT_MAX]);
bool dns_class_parse(const char *text, size_t len, uint16_t *class);

/* "NOERROR", "RCODE3841". As a TSIG error 16 is BADSIG: use dns_tsig_error_name(). */
const char *dns_rcode_name(unsigned rcode);
const char *dns_tsig_error_name(unsigned error);

/* A type that exists only in questions and messages (RFC 6895 3.1: 128-255 and OPT) and 0. */
bool dns_type_is_meta(uint16_t type);

/* RRSIG, and SIG before it: the data begins with the type that it covers, and records that cover
 * one type are a set of their own, with the TTL of what they sign (RFC 4034 3). */
static inline bool dns_type_is_signature(uint16_t type)
{
	return type == DNS_TYPE_RRSIG || type == DNS_TYPE_SIG;
}

/* At most one record at a name: SOA, CNAME, DNAME (RFC 2136 3.4.2.2 replaces). */
bool dns_type_is_singleton(uint16_t type);
