/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * The kinds of fields of record data, the table of shapes (the fields of each type), and functions
 * that the kinds share; for dns/rdata*.c alone. Pure.
 */
#include "base/bytes.h"
#include "dns/lexer.h"
#include "dns/name.h"

/* Text that grows as snprintf's: counted whole, written as far as it fits. */
struct dns_text {
	char *out;
	size_t cap, len;
	bool wants_blank; /* before the next text, if there is one */
	bool is_common;   /* only words that other servers know: dns_type_is_common() */
};

void dns_text_put(struct dns_text *, const char *from, size_t len);
void dns_text_print(struct dns_text *, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A blank, if there is text already and there will be more. */
void dns_text_next(struct dns_text *);

/* One byte inside quotes, escaped if it must be. */
void dns_text_escaped(struct dns_text *, uint8_t byte);

/* Bytes in double quotes. */
void dns_text_quoted(struct dns_text *, struct bytes);

/* Words being read into data. The lexer stands at the first word that was not taken yet. */
struct dns_words {
	struct dns_lexer *lexer;
	const struct dns_name *origin;
	struct bytes_out *out;
	size_t start; /* of this record's data in `out` */
};

/*
 * The functions of a kind of field. `check` moves behind a field of stored form, or sets `bad`;
 * `print` does the same and writes its text, and is only given what was checked; `parse` takes the
 * field's words and appends its bytes, or returns what is wrong, the lexer then at the wrong word.
 */
struct dns_field {
	void (*check)(struct bytes_in *);
	void (*print)(struct bytes_in *, struct dns_text *);
	const char *(*parse)(struct dns_words *);
};

#define DNS_FIELD(name) extern const struct dns_field dns_field_##name

/* Numbers and addresses (rdata_number.c) */
DNS_FIELD(u8);
DNS_FIELD(u16);
DNS_FIELD(u32);
DNS_FIELD(u64);
DNS_FIELD(period);    /* u32; units are read: 1h30m */
DNS_FIELD(time);      /* u32; YYYYMMDDHHmmSS (RFC 4034 3.2) */
DNS_FIELD(type);      /* u16; a type's mnemonic */
DNS_FIELD(algorithm); /* u8; DNSSEC mnemonics are read */
DNS_FIELD(cert_type); /* u16; mnemonics are read (RFC 4398 2.1) */
DNS_FIELD(scheme);    /* u8; NOTIFY is read (RFC 9859 2.1) */
DNS_FIELD(ipv4);
DNS_FIELD(ipv6);
DNS_FIELD(eui48);
DNS_FIELD(eui64);
DNS_FIELD(locator); /* four groups of hexadecimal (RFC 6742) */

/* Names (rdata_name.c) */
DNS_FIELD(name_compressed); /* of RFC 1035's types: may be compressed (RFC 3597 4) */
DNS_FIELD(name_old);        /* may be compressed when read, not when written (RFC 3597 4) */
DNS_FIELD(name_folded);     /* never compressed, but case does not count (RFC 4034 6.2) */
DNS_FIELD(name);            /* never compressed, case counts */

/* Texts and blobs (rdata_text.c) */
DNS_FIELD(string);
DNS_FIELD(string_optional);
DNS_FIELD(strings); /* one or more, to the end */
DNS_FIELD(text);    /* to the end, no length (RFC 7553 4.4, RFC 8659 4.1) */
DNS_FIELD(tag);     /* CAA's (RFC 8659 4.1) */
DNS_FIELD(hex);     /* to the end, at least one byte */
DNS_FIELD(base64);  /* to the end, at least one byte */
DNS_FIELD(base64_optional);
DNS_FIELD(base64_dash); /* to the end, "-" for none (DOA) */
DNS_FIELD(salt);        /* a length and hexadecimal, "-" for none (RFC 5155 3.3) */
DNS_FIELD(hash);        /* a length and base32hex (RFC 5155 3.3) */
DNS_FIELD(nsap);        /* 0x47.0005.80... (RFC 1706) */
DNS_FIELD(atma);

/* One subject each (rdata_bitmap.c, rdata_gateway.c, rdata_loc.c, rdata_a6.c, rdata_apl.c,
 * rdata_svcb.c) */
DNS_FIELD(types);     /* windows of types (RFC 4034 4.1.2) */
DNS_FIELD(types_nxt); /* RFC 2535 5.2 */
DNS_FIELD(wks);       /* protocol and ports (RFC 1035 3.4.2) */
DNS_FIELD(ipseckey);  /* all of RFC 4025 */
DNS_FIELD(amtrelay);  /* all of RFC 8777 */
DNS_FIELD(hip);       /* all of RFC 8005 */
DNS_FIELD(loc);       /* all of RFC 1876 */
DNS_FIELD(a6);        /* all of RFC 2874 */
DNS_FIELD(prefixes);  /* APL's (RFC 3123) */
DNS_FIELD(service);   /* SvcParams (RFC 9460) */

#undef DNS_FIELD

#define DNS_FIELDS_MAX 9

/* The fields of a type; the first is NULL: not known, opaque bytes. */
struct dns_shape {
	const struct dns_field *fields[DNS_FIELDS_MAX + 1];
};

const struct dns_shape *dns_shape_of(uint16_t type);

static inline bool dns_field_is_name(const struct dns_field *field)
{
	return field == &dns_field_name_compressed || field == &dns_field_name_old ||
	       field == &dns_field_name_folded || field == &dns_field_name;
}

/* Checks all fields and that nothing is left. */
bool dns_shape_fits(const struct dns_shape *, struct bytes rdata);

/* --- for parse --- */

/* The current word, if there is one that is not quoted. NULL, or what is there instead. */
const char *dns_words_plain(struct dns_words *, const char **text, size_t *len);

/* The same, quoted or not. */
const char *dns_words_any(struct dns_words *, const char **text, size_t *len);

/* Moves behind the current word. */
void dns_words_next(struct dns_words *);

/* Whether the record has no more words. */
bool dns_words_are_over(const struct dns_words *);

/* The current word as a number up to `most`, taken. */
const char *dns_words_number(struct dns_words *, uint64_t most, uint64_t *value);

/* A decimal number that fills the text. */
bool dns_number_parse(const char *text, size_t len, uint64_t most, uint64_t *value);

/* Addresses that fill the text: `out` is 4 or 16 bytes. */
bool dns_address_parse(int family, const char *text, size_t len, uint8_t *out);

/* A period that fills the text: seconds, or with units (1w2d3h4m5s). */
bool dns_period_parse(const char *text, size_t len, uint32_t *seconds);
