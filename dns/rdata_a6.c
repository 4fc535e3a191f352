/* SPDX-License-Identifier: BSD-2-Clause */
/* A6 (RFC 2874 3.1): the length of a prefix, the address' bits behind it, and the name that has the
 * prefix. Historic (RFC 6563), but still in zone files. */
#include "dns/rdata_field.h"
#include <arpa/inet.h>
#include <string.h>

#define A6_BITS  128
#define A6_BYTES 16

static size_t a6_suffix_len(unsigned prefix)
{
	return (A6_BITS - prefix + 7) / 8;
}

/* The first byte's bits that belong to the prefix are zero. */
static void a6_check(struct bytes_in *in)
{
	unsigned prefix = bytes_in_u8(in);
	if (prefix > A6_BITS) {
		in->bad = true;
		return;
	}
	const uint8_t *suffix = bytes_in_take(in, a6_suffix_len(prefix));
	if (suffix && prefix < A6_BITS && *suffix & ~(0xff >> prefix % 8))
		in->bad = true;
	if (prefix > 0)
		dns_field_name_folded.check(in);
}

static void a6_print(struct bytes_in *in, struct dns_text *text)
{
	uint8_t address[A6_BYTES] = {0};
	char shown[INET6_ADDRSTRLEN];
	unsigned prefix = bytes_in_u8(in);
	size_t len = a6_suffix_len(prefix);
	memcpy(address + sizeof(address) - len, bytes_in_take(in, len), len);
	dns_text_print(text, "%u", prefix);
	if (prefix < A6_BITS)
		dns_text_print(text, " %s", inet_ntop(AF_INET6, address, shown, sizeof(shown)));
	if (prefix > 0) {
		dns_text_next(text);
		dns_field_name_folded.print(in, text);
	}
}

static const char *a6_parse(struct dns_words *w)
{
	uint64_t prefix;
	uint8_t address[A6_BYTES] = {0};
	const char *text, *wrong = dns_words_number(w, A6_BITS, &prefix);
	size_t len;
	if (wrong)
		return wrong;
	bytes_out_u8(w->out, (uint8_t)prefix);
	if (prefix < A6_BITS) {
		if ((wrong = dns_words_plain(w, &text, &len)))
			return wrong;
		if (!dns_address_parse(AF_INET6, text, len, address))
			return "not an IPv6 address";
		dns_words_next(w);
		len = a6_suffix_len((unsigned)prefix);
		address[sizeof(address) - len] &= (uint8_t)(0xff >> prefix % 8);
		bytes_out_put(w->out, address + sizeof(address) - len, len);
	}
	return prefix > 0 ? dns_field_name_folded.parse(w) : NULL;
}

const struct dns_field dns_field_a6 = {a6_check, a6_print, a6_parse};
