/* SPDX-License-Identifier: BSD-2-Clause */
/* APL (RFC 3123): a list of address prefixes, some of them negated. */
#include "dns/rdata_field.h"
#include <arpa/inet.h>

#define NEGATED 0x80u

static const struct family {
	uint16_t number; /* IANA's address family */
	int domain;
	uint8_t len;
} families[] = {{1, AF_INET, 4}, {2, AF_INET6, 16}};

/* Only families whose addresses have a text (RFC 3123 4 knows these two). */
static const struct family *family_of(uint64_t number)
{
	for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
		if (families[i].number == number)
			return &families[i];
	}
	return NULL;
}

static void rdata_apl_check(struct bytes_in *in)
{
	while (bytes_in_left(in) > 0) {
		const struct family *family = family_of(bytes_in_u16(in));
		uint8_t bits = bytes_in_u8(in), len = bytes_in_u8(in) & 0x7f;
		const uint8_t *address = bytes_in_take(in, len);
		/* Zeros at the end must not be sent (section 4). */
		if (!family || !address || bits > family->len * 8 || len > family->len ||
		    (len > 0 && address[len - 1] == 0))
			in->bad = true;
	}
}

static void rdata_apl_print(struct bytes_in *in, struct dns_text *text)
{
	while (bytes_in_left(in) > 0) {
		const struct family *family = family_of(bytes_in_u16(in));
		unsigned bits = bytes_in_u8(in), len = bytes_in_u8(in);
		uint8_t address[16] = {0};
		char out[INET6_ADDRSTRLEN];
		memcpy(address, bytes_in_take(in, len & ~NEGATED), len & ~NEGATED);
		inet_ntop(family->domain, address, out, sizeof out);
		dns_text_next(text);
		dns_text_print(text, "%s%u:%s/%u", len & NEGATED ? "!" : "", family->number, out,
			       bits);
	}
}

static const char *last_slash(const char *at, const char *end)
{
	while (end > at && end[-1] != '/')
		end--;
	return end > at ? end - 1 : NULL;
}

/* [!]FAMILY:ADDRESS/BITS */
static const char *rdata_apl_parse_prefix(const char *text, size_t len, struct bytes_out *out)
{
	static const char wrong[] = "not a prefix as in 1:192.0.2.0/24 or !2:2001:db8::/32";
	bool is_negated = len > 0 && text[0] == '!';
	const char *at = text + is_negated, *end = text + len;
	const char *colon = memchr(at, ':', (size_t)(end - at));
	const char *slash = last_slash(at, end);
	uint64_t number, bits;
	if (!colon || !slash || slash < colon ||
	    !dns_number_parse(at, (size_t)(colon - at), UINT16_MAX, &number))
		return wrong;
	const struct family *family = family_of(number);
	uint8_t address[16];
	if (!family ||
	    !dns_address_parse(family->domain, colon + 1, (size_t)(slash - colon - 1), address) ||
	    !dns_number_parse(slash + 1, (size_t)(end - slash - 1), family->len * 8u, &bits))
		return wrong;
	uint8_t used = family->len;
	while (used > 0 && address[used - 1] == 0)
		used--;
	bytes_out_u16(out, family->number);
	bytes_out_u8(out, (uint8_t)bits);
	bytes_out_u8(out, (uint8_t)(used | (is_negated ? NEGATED : 0)));
	bytes_out_put(out, address, used);
	return NULL;
}

static const char *rdata_apl_parse(struct dns_words *w)
{
	const char *text, *wrong;
	size_t len;
	for (; !dns_words_are_over(w); dns_words_next(w)) {
		if ((wrong = dns_words_plain(w, &text, &len)) ||
		    (wrong = rdata_apl_parse_prefix(text, len, w->out)))
			return wrong;
	}
	return NULL;
}

const struct dns_field dns_field_prefixes = {rdata_apl_check, rdata_apl_print, rdata_apl_parse};
