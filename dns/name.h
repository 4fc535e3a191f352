/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * A domain name: a value, absolute, lower case, uncompressed, copied by `=`.
 *
 * Lower case because a name is an identity here (RFC 4343); the case a client wrote is echoed from
 * its own question (dns/reply.h), and names inside record data keep theirs (dns/rdata.h).
 *
 * The database key of a name is its labels in reverse order, lower case, relative to the zone's
 * apex, each label ended by 00, with 00 written as 01 01 and 01 as 01 02. So memcmp order is
 * canonical order (RFC 4034 6.1), and "below" is "begins with". The apex itself is the empty key.
 *
 * Pure; any thread.
 */
#include "base/hash.h"
#include "base/must_use.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_MAX      255
#define DNS_LABEL_MAX     63
#define DNS_LABELS_MAX    127
#define DNS_NAME_TEXT_MAX 1016 /* every byte as \DDD, dots, NUL */
#define DNS_NAME_KEY_MAX  504

struct dns_name {
	uint8_t len;    /* bytes of `wire` used, the root label included: 1 to 255 */
	uint8_t labels; /* the root not counted: the root name has 0 */
	uint8_t wire[DNS_NAME_MAX];
};

/* Lower case of ASCII's letters alone (RFC 4343 3). */
static inline uint8_t dns_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* The root name. */
struct dns_name dns_name_root(void);
/* Makes a name the root, without touching what its bytes do not use. */
static inline void dns_name_set_root(struct dns_name *name)
{
	name->len = 1;
	name->labels = 0;
	name->wire[0] = 0;
}

/* From uncompressed wire form that fills `wire` exactly; any case. False: not a name. */
MUST_USE bool dns_name_from_wire(struct dns_name *, struct bytes wire);

/*
 * From text (RFC 1035 5.1: `\.`, `\DDD`, `@` for the origin). A name that does not end in a dot is
 * completed by `origin`; without an origin (NULL) it is taken as absolute. NULL, or what is wrong
 * with it (a constant phrase: "label longer than 63 bytes", ...).
 */
MUST_USE const char *dns_name_parse(struct dns_name *, const char *text, size_t len,
				    const struct dns_name *origin);

/* The same for text of the keyboard: NUL-ended, absolute, the last dot optional. */
MUST_USE const char *dns_name_parse_text(struct dns_name *, const char *text);

/* Same as dns_name_parse, but keeps the case: for names inside record data. Writes wire form to
 * `raw`, its length to `*len`. */
const char *dns_name_parse_raw(uint8_t raw[DNS_NAME_MAX], uint8_t *len, const char *text,
			       size_t text_len, const struct dns_name *origin);

/* Absolute text with its final dot ("."; "corp.example."); returns `out`. */
char *dns_name_print(const struct dns_name *, char out[DNS_NAME_TEXT_MAX]);

/* The same without the final dot (the root stays "."): for people, logs and principals. */
char *dns_name_show(const struct dns_name *, char out[DNS_NAME_TEXT_MAX]);

/* Text of a wire-form name that keeps its case (names in record data). */
char *dns_name_print_raw(struct bytes wire, char out[DNS_NAME_TEXT_MAX]);

bool dns_name_equal(const struct dns_name *, const struct dns_name *);

/* For tables in memory (base/hash.h): of names that the administrator chose, and of any. */
static inline uint64_t dns_name_hash(const struct dns_name *name)
{
	return hash_bytes(bytes_of(name->wire, name->len));
}
static inline uint64_t dns_name_hash_secret(const struct dns_name *name)
{
	return hash_secret(bytes_of(name->wire, name->len));
}

/* Canonical order: below, at or above zero as memcmp. */
int dns_name_compare(const struct dns_name *, const struct dns_name *);

/* `name` is `ancestor` or below it. */
bool dns_name_under(const struct dns_name *name, const struct dns_name *ancestor);

/* The name without its first `n` labels; asserts that it has as many. */
struct dns_name dns_name_strip(const struct dns_name *, unsigned n);

/* The name's last `n` labels (the root not counted); asserts that it has as many. */
struct dns_name dns_name_last(const struct dns_name *, unsigned n);

/* `*.name`. False: longer than a name may be. */
bool dns_name_wildcard(struct dns_name *, const struct dns_name *name);
bool dns_name_is_wildcard(const struct dns_name *);

/*
 * `name` with its ending `from` replaced by `to` (RFC 6672 DNAME substitution). False: too long.
 * Asserts that `name` is below `from`.
 */
bool dns_name_replace(struct dns_name *, const struct dns_name *name, const struct dns_name *from,
		      const struct dns_name *to);

/* The database key of `name`, which must be at or below `apex`. Returns its length. */
size_t dns_name_key(uint8_t out[DNS_NAME_KEY_MAX], const struct dns_name *name,
		    const struct dns_name *apex);

/* The name again from its key. False: not a key of a name below `apex` (a damaged store). */
MUST_USE bool dns_name_from_key(struct dns_name *, struct bytes key, const struct dns_name *apex);

/* The reverse name of an address (RFC 1035 3.5, RFC 3596 2.5): `len` is 4 or 16. */
struct dns_name dns_name_of_address(const uint8_t *address, size_t len);
/* Whether it lies in in-addr.arpa or ip6.arpa. */
bool dns_name_is_reverse(const struct dns_name *);

/*
 * The apex of the reverse zone of a prefix: `bits` of `address`, rounded down to a whole label
 * (octets for IPv4, nibbles for IPv6).
 */
struct dns_name dns_name_of_prefix(const uint8_t *address, size_t len, unsigned bits);
