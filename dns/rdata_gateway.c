/* SPDX-License-Identifier: BSD-2-Clause */
/* Data in which one field says what the next ones are: IPSECKEY, AMTRELAY, HIP. */
#include "base/codec.h"
#include "dns/rdata_field.h"
#include "dns/wire.h"

/* RFC 4025 2.3, RFC 8777 4.2.3: nothing, an address, a name. */
static const struct dns_field *const gateways[] = {NULL, &dns_field_ipv4, &dns_field_ipv6,
						   &dns_field_name};
#define GATEWAYS (sizeof gateways / sizeof gateways[0])

static void check_gateway(struct bytes_in *in, unsigned type)
{
	if (type >= GATEWAYS)
		in->bad = true;
	else if (gateways[type])
		gateways[type]->check(in);
}

static void print_gateway(struct bytes_in *in, struct dns_text *text, unsigned type)
{
	if (gateways[type])
		gateways[type]->print(in, text);
	else
		dns_text_put(text, ".", 1);
}

static const char *parse_gateway(struct dns_words *w, uint64_t type)
{
	const char *text, *wrong;
	size_t len;
	if (gateways[type])
		return gateways[type]->parse(w);
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	if (len != 1 || text[0] != '.')
		return "no gateway is written as a dot";
	dns_words_next(w);
	return NULL;
}

/* --- IPSECKEY (RFC 4025): precedence, gateway type, algorithm, gateway, key --- */

static void check_ipseckey(struct bytes_in *in)
{
	bytes_in_u8(in);
	uint8_t type = bytes_in_u8(in), algorithm = bytes_in_u8(in);
	check_gateway(in, type);
	size_t key = bytes_in_left(in);
	bytes_in_take(in, key);
	/* Algorithm 0 says that there is no key (2.4). */
	if ((key == 0) != (algorithm == 0))
		in->bad = true;
}

static void print_ipseckey(struct bytes_in *in, struct dns_text *text)
{
	unsigned precedence = bytes_in_u8(in), type = bytes_in_u8(in), algorithm = bytes_in_u8(in);
	dns_text_print(text, "%u %u %u ", precedence, type, algorithm);
	print_gateway(in, text, type);
	if (bytes_in_left(in) > 0) {
		dns_text_next(text);
		dns_field_base64.print(in, text);
	}
}

static const char *parse_ipseckey(struct dns_words *w)
{
	uint64_t precedence, type, algorithm;
	const char *wrong;
	if ((wrong = dns_words_number(w, UINT8_MAX, &precedence)) ||
	    (wrong = dns_words_number(w, GATEWAYS - 1, &type)) ||
	    (wrong = dns_words_number(w, UINT8_MAX, &algorithm)))
		return wrong;
	bytes_out_u8(w->out, (uint8_t)precedence);
	bytes_out_u8(w->out, (uint8_t)type);
	bytes_out_u8(w->out, (uint8_t)algorithm);
	if ((wrong = parse_gateway(w, type)))
		return wrong;
	return algorithm == 0 ? NULL : dns_field_base64.parse(w);
}

const struct dns_field dns_field_ipseckey = {check_ipseckey, print_ipseckey, parse_ipseckey};

/* --- AMTRELAY (RFC 8777): precedence, discovery bit and relay type, relay --- */

static void check_amtrelay(struct bytes_in *in)
{
	bytes_in_u8(in);
	check_gateway(in, bytes_in_u8(in) & 0x7f);
}

static void print_amtrelay(struct bytes_in *in, struct dns_text *text)
{
	unsigned precedence = bytes_in_u8(in), type = bytes_in_u8(in);
	dns_text_print(text, "%u %u %u ", precedence, type >> 7, type & 0x7f);
	print_gateway(in, text, type & 0x7f);
}

static const char *parse_amtrelay(struct dns_words *w)
{
	uint64_t precedence, discovery, type;
	const char *wrong;
	if ((wrong = dns_words_number(w, UINT8_MAX, &precedence)) ||
	    (wrong = dns_words_number(w, 1, &discovery)) ||
	    (wrong = dns_words_number(w, GATEWAYS - 1, &type)))
		return wrong;
	bytes_out_u8(w->out, (uint8_t)precedence);
	bytes_out_u8(w->out, (uint8_t)(discovery << 7 | type));
	return parse_gateway(w, type);
}

const struct dns_field dns_field_amtrelay = {check_amtrelay, print_amtrelay, parse_amtrelay};

/* --- HIP (RFC 8005 5): lengths first, then identity tag, key and rendezvous servers --- */

static void check_hip(struct bytes_in *in)
{
	size_t tag = bytes_in_u8(in);
	bytes_in_u8(in);
	size_t key = bytes_in_u16(in);
	bytes_in_take(in, tag);
	bytes_in_take(in, key);
	if (tag == 0 || key == 0)
		in->bad = true;
	while (bytes_in_left(in) > 0)
		dns_wire_plain_name(in);
}

static void print_hip(struct bytes_in *in, struct dns_text *text)
{
	size_t tag = bytes_in_u8(in);
	dns_text_print(text, "%u ", bytes_in_u8(in));
	size_t key = bytes_in_u16(in);
	struct bytes_in part = bytes_in_of(bytes_in_take(in, tag), tag);
	dns_field_hex.print(&part, text);
	dns_text_next(text);
	part = bytes_in_of(bytes_in_take(in, key), key);
	dns_field_base64.print(&part, text);
	while (bytes_in_left(in) > 0) {
		dns_text_next(text);
		dns_field_name.print(in, text);
	}
}

/* One word of a blob; its length. */
static const char *parse_blob_word(struct dns_words *w, enum codec_kind kind, size_t *len)
{
	const char *text, *wrong;
	size_t text_len, start = bytes_out_len(w->out);
	if ((wrong = dns_words_plain(w, &text, &text_len)))
		return wrong;
	if (!codec_parse(kind, text, text_len, w->out) && !w->out->full)
		return kind == CODEC_HEX ? "not hexadecimal" : "not base64";
	*len = bytes_out_len(w->out) - start;
	dns_words_next(w);
	return NULL;
}

static const char *parse_hip(struct dns_words *w)
{
	uint64_t algorithm;
	size_t tag, key, start = bytes_out_len(w->out);
	const char *wrong;
	if ((wrong = dns_words_number(w, UINT8_MAX, &algorithm)))
		return wrong;
	bytes_out_u32(w->out, 0);
	if ((wrong = parse_blob_word(w, CODEC_HEX, &tag)) ||
	    (wrong = parse_blob_word(w, CODEC_BASE64, &key)))
		return wrong;
	if (tag == 0 || tag > UINT8_MAX || key == 0 || key > UINT16_MAX)
		return "a host identity tag or key that is empty or too long";
	bytes_out_patch_u16(w->out, start, (uint16_t)(tag << 8 | algorithm));
	bytes_out_patch_u16(w->out, start + 2, (uint16_t)key);
	while (!wrong && !dns_words_are_over(w))
		wrong = dns_field_name.parse(w);
	return wrong;
}

const struct dns_field dns_field_hip = {check_hip, print_hip, parse_hip};
