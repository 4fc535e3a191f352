/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses that are groups of digits: EUI-48, EUI-64, ILNP locators, NSAP, ATM. */
#include "base/codec.h"
#include "dns/rdata_field.h"

#define ATMA_E164 1 /* otherwise an ATM End System Address (af-dans-0152.000) */

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	char low = (char)(c | 0x20);
	return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/* --- `count` groups of `digits` hexadecimal digits with `mark` between --- */

struct groups {
	size_t count, digits;
	char mark;
	bool may_be_short; /* leading zeros of a group may be left out */
	const char *wrong;
};

static const struct groups eui48 = {6, 2, '-', false, "not six pairs of digits as in 00-00-5e-..."};
static const struct groups eui64 = {8, 2, '-', false,
				    "not eight pairs of digits as in 00-00-5e-..."};
static const struct groups locator = {4, 4, ':', true,
				      "not four groups of digits as in 14:4fff:ff20:ee64"};

static void print_groups(struct bytes_in *in, struct dns_text *text, const struct groups *g)
{
	for (size_t i = 0; i < g->count; i++) {
		unsigned group = (unsigned)bytes_in_number(in, g->digits / 2);
		if (i > 0)
			dns_text_put(text, &g->mark, 1);
		dns_text_print(text, "%0*x", (int)g->digits, group);
	}
}

/* One group at `*at`, moving behind it. */
static bool take_group(const char **at, const char *end, const struct groups *g, unsigned *value)
{
	const char *start = *at;
	unsigned v = 0;
	while (*at < end && (size_t)(*at - start) < g->digits && hex_value(**at) >= 0)
		v = v << 4 | (unsigned)hex_value(*(*at)++);
	*value = v;
	return g->may_be_short ? *at > start : (size_t)(*at - start) == g->digits;
}

static const char *parse_groups(struct dns_words *w, const struct groups *g)
{
	const char *at, *wrong;
	size_t len;
	if ((wrong = dns_words_plain(w, &at, &len)))
		return wrong;
	const char *end = at + len;
	for (size_t i = 0; i < g->count; i++) {
		unsigned value;
		if (i > 0 && (at == end || *at++ != g->mark))
			return g->wrong;
		if (!take_group(&at, end, g, &value))
			return g->wrong;
		bytes_out_number(w->out, value, g->digits / 2);
	}
	if (at != end)
		return g->wrong;
	dns_words_next(w);
	return NULL;
}

#define GROUPS(name, size)                                                                         \
	static void check_##name(struct bytes_in *in)                                              \
	{                                                                                          \
		bytes_in_take(in, size);                                                           \
	}                                                                                          \
	static void print_##name(struct bytes_in *in, struct dns_text *text)                       \
	{                                                                                          \
		print_groups(in, text, &name);                                                     \
	}                                                                                          \
	static const char *parse_##name(struct dns_words *w)                                       \
	{                                                                                          \
		return parse_groups(w, &name);                                                     \
	}                                                                                          \
	const struct dns_field dns_field_##name = {check_##name, print_##name, parse_##name}

GROUPS(eui48, 6);
GROUPS(eui64, 8);
GROUPS(locator, 8);

/* --- hexadecimal in which dots do not count (RFC 1706 7) --- */

static void check_digits(struct bytes_in *in)
{
	size_t len = bytes_in_left(in);
	bytes_in_take(in, len);
	if (len == 0)
		in->bad = true;
}

static void rdata_digits_print_hex(struct bytes_in *in, struct dns_text *text)
{
	while (bytes_in_left(in) > 0)
		dns_text_print(text, "%02X", bytes_in_u8(in));
}

static const char *parse_dotted_hex(struct dns_words *w, const char *text, size_t len)
{
	struct codec codec = codec_start(CODEC_HEX);
	for (size_t i = 0; i < len; i++) {
		if (text[i] != '.' && !codec_feed(&codec, text + i, 1, w->out))
			return "not hexadecimal";
	}
	if (!codec_finish(&codec) || codec.symbols == 0)
		return "not an even number of hexadecimal digits";
	dns_words_next(w);
	return NULL;
}

static void print_nsap(struct bytes_in *in, struct dns_text *text)
{
	dns_text_put(text, "0x", 2);
	rdata_digits_print_hex(in, text);
}

static const char *parse_nsap(struct dns_words *w)
{
	const char *text, *wrong;
	size_t len;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	if (len < 2 || text[0] != '0' || (text[1] | 0x20) != 'x')
		return "an NSAP address begins with 0x";
	return parse_dotted_hex(w, text + 2, len - 2);
}

const struct dns_field dns_field_nsap = {check_digits, print_nsap, parse_nsap};

/* --- ATMA: a format, and hexadecimal or, for E.164, `+` and decimal digits --- */

static bool are_decimal(const uint8_t *digits, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (digits[i] < '0' || digits[i] > '9')
			return false;
	}
	return len > 0;
}

static void check_atma(struct bytes_in *in)
{
	uint8_t format = bytes_in_u8(in);
	size_t len = bytes_in_left(in);
	const uint8_t *address = bytes_in_take(in, len);
	if (!address || len == 0 || format > ATMA_E164 ||
	    (format == ATMA_E164 && !are_decimal(address, len)))
		in->bad = true;
}

static void print_atma(struct bytes_in *in, struct dns_text *text)
{
	if (bytes_in_u8(in) != ATMA_E164) {
		rdata_digits_print_hex(in, text);
		return;
	}
	size_t len = bytes_in_left(in);
	dns_text_put(text, "+", 1);
	dns_text_put(text, (const char *)bytes_in_take(in, len), len);
}

static const char *parse_atma(struct dns_words *w)
{
	const char *text, *wrong;
	size_t len;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	bool is_e164 = len > 0 && text[0] == '+';
	bytes_out_u8(w->out, is_e164 ? ATMA_E164 : 0);
	if (!is_e164)
		return parse_dotted_hex(w, text, len);
	if (!are_decimal((const uint8_t *)text + 1, len - 1))
		return "an E.164 address is + and digits";
	bytes_out_put(w->out, text + 1, len - 1);
	dns_words_next(w);
	return NULL;
}

const struct dns_field dns_field_atma = {check_atma, print_atma, parse_atma};
