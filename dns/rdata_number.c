/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers and addresses in record data. */
#include "dns/rdata_field.h"
#include "dns/type.h"
#include <arpa/inet.h>
#include <strings.h>
#include <time.h>

struct mnemonic {
	unsigned number;
	const char *text;
};

/* IANA's DNSSEC algorithm numbers. */
static const struct mnemonic algorithms[] = {{1, "RSAMD5"},
					     {2, "DH"},
					     {3, "DSA"},
					     {5, "RSASHA1"},
					     {6, "DSA-NSEC3-SHA1"},
					     {7, "RSASHA1-NSEC3-SHA1"},
					     {8, "RSASHA256"},
					     {10, "RSASHA512"},
					     {12, "ECC-GOST"},
					     {13, "ECDSAP256SHA256"},
					     {14, "ECDSAP384SHA384"},
					     {15, "ED25519"},
					     {16, "ED448"},
					     {17, "SM2SM3"},
					     {23, "ECC-GOST12"},
					     {252, "INDIRECT"},
					     {253, "PRIVATEDNS"},
					     {254, "PRIVATEOID"},
					     {0, NULL}};

/* RFC 4398 2.1 */
static const struct mnemonic cert_types[] = {
	{1, "PKIX"},   {2, "SPKI"},    {3, "PGP"},   {4, "IPKIX"}, {5, "ISPKI"}, {6, "IPGP"},
	{7, "ACPKIX"}, {8, "IACPKIX"}, {253, "URI"}, {254, "OID"}, {0, NULL}};

/* RFC 9859 2.1 */
static const struct mnemonic schemes[] = {{1, "NOTIFY"}, {0, NULL}};

bool dns_number_parse(const char *text, size_t len, uint64_t most, uint64_t *value)
{
	uint64_t v = 0;
	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(text[i] - '0');
		if (digit > 9 || v > (UINT64_MAX - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (v > most)
		return false;
	*value = v;
	return true;
}

bool dns_period_parse(const char *text, size_t len, uint32_t *seconds)
{
	uint64_t total = 0, n = 0;
	bool has_digits = false;
	for (size_t i = 0; i < len; i++) {
		unsigned digit = (unsigned)(text[i] - '0');
		if (digit <= 9) {
			n = n * 10 + digit;
			has_digits = true;
		} else {
			char unit = (char)(text[i] | 0x20);
			uint32_t each = unit == 's'   ? 1
					: unit == 'm' ? 60
					: unit == 'h' ? 3600
					: unit == 'd' ? 86400
					: unit == 'w' ? 604800
						      : 0;
			if (!has_digits || !each)
				return false;
			total += n * each;
			n = 0;
			has_digits = false;
		}
		if (n > UINT32_MAX || total > UINT32_MAX)
			return false;
	}
	/* Digits behind the last unit count as seconds only when there was no unit at all. */
	if (len == 0 || (has_digits && total > 0) || total + n > UINT32_MAX)
		return false;
	*seconds = (uint32_t)(total + n);
	return true;
}

bool dns_address_parse(int family, const char *text, size_t len, uint8_t *out)
{
	char copy[INET6_ADDRSTRLEN];
	if (len >= sizeof copy || memchr(text, '\0', len))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(family, copy, out) == 1;
}

const char *dns_words_number(struct dns_words *w, uint64_t most, uint64_t *value)
{
	const char *text, *wrong;
	size_t len;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	if (!dns_number_parse(text, len, most, value))
		return "not a number, or one that is too large";
	dns_words_next(w);
	return NULL;
}

static const char *parse_number(struct dns_words *w, size_t size)
{
	uint64_t value;
	const char *wrong = dns_words_number(w, UINT64_MAX >> (64 - 8 * size), &value);
	if (!wrong)
		bytes_out_number(w->out, value, size);
	return wrong;
}

/* A number, or one of `words`. */
static const char *parse_mnemonic(struct dns_words *w, size_t size, const struct mnemonic *words)
{
	const char *text, *wrong;
	size_t len;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	for (; words->text; words++) {
		if (strlen(words->text) == len && strncasecmp(words->text, text, len) == 0) {
			bytes_out_number(w->out, words->number, size);
			dns_words_next(w);
			return NULL;
		}
	}
	return parse_number(w, size);
}

static void print_number(struct bytes_in *in, struct dns_text *text, size_t size)
{
	char digits[20];
	size_t at = sizeof digits;
	uint64_t value = bytes_in_number(in, size);
	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	dns_text_put(text, digits + at, sizeof digits - at);
}

/* --- plain numbers --- */

#define NUMBER(name, size)                                                                         \
	static void check_##name(struct bytes_in *in)                                              \
	{                                                                                          \
		bytes_in_take(in, size);                                                           \
	}                                                                                          \
	static void print_##name(struct bytes_in *in, struct dns_text *text)                       \
	{                                                                                          \
		print_number(in, text, size);                                                      \
	}                                                                                          \
	static const char *parse_##name(struct dns_words *w)                                       \
	{                                                                                          \
		return parse_number(w, size);                                                      \
	}                                                                                          \
	const struct dns_field dns_field_##name = {check_##name, print_##name, parse_##name}

NUMBER(u8, 1);
NUMBER(u16, 2);
NUMBER(u32, 4);
NUMBER(u64, 8);

/* --- numbers with words --- */

static const char *parse_algorithm(struct dns_words *w)
{
	return parse_mnemonic(w, 1, algorithms);
}

static const char *parse_scheme(struct dns_words *w)
{
	return parse_mnemonic(w, 1, schemes);
}

static const char *parse_cert_type(struct dns_words *w)
{
	return parse_mnemonic(w, 2, cert_types);
}

static const char *parse_period(struct dns_words *w)
{
	const char *text, *wrong;
	size_t len;
	uint32_t seconds;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	if (!dns_period_parse(text, len, &seconds))
		return "not a time in seconds, or with units as in 1h30m";
	bytes_out_u32(w->out, seconds);
	dns_words_next(w);
	return NULL;
}

const struct dns_field dns_field_algorithm = {check_u8, print_u8, parse_algorithm};
const struct dns_field dns_field_scheme = {check_u8, print_u8, parse_scheme};
const struct dns_field dns_field_cert_type = {check_u16, print_u16, parse_cert_type};
const struct dns_field dns_field_period = {check_u32, print_u32, parse_period};

/* --- types --- */

static void rdata_number_print_type(struct bytes_in *in, struct dns_text *text)
{
	char type[DNS_TYPE_TEXT_MAX];
	if (text->is_common)
		dns_type_print_common(bytes_in_u16(in), type);
	else
		dns_type_print(bytes_in_u16(in), type);
	dns_text_put(text, type, strlen(type));
}

static const char *parse_type(struct dns_words *w)
{
	const char *text, *wrong;
	size_t len;
	uint16_t type;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	if (!dns_type_parse(text, len, &type))
		return "not a record type";
	bytes_out_u16(w->out, type);
	dns_words_next(w);
	return NULL;
}

const struct dns_field dns_field_type = {check_u16, rdata_number_print_type, parse_type};

/* --- points in time (RFC 4034 3.2) --- */

/* Seconds since 1970, modulo 2^32 (RFC 4034 3.1.5): those after 2106 are read, and printed as of
 * the first turn, since RFC 1982's arithmetic would need to know what time it is. */
static void print_time(struct bytes_in *in, struct dns_text *text)
{
	time_t t = (time_t)bytes_in_u32(in);
	struct tm tm;
	char out[16];
	gmtime_r(&t, &tm);
	dns_text_put(text, out, strftime(out, sizeof out, "%Y%m%d%H%M%S", &tm));
}

/* `count` digits of the text from `at`. */
static int rdata_number_digits(const char *text, size_t at, size_t count)
{
	uint64_t value = 0;
	return dns_number_parse(text + at, count, INT32_MAX, &value) ? (int)value : -1;
}

static bool time_of_date(const char *text, uint32_t *seconds)
{
	struct tm tm = {.tm_year = rdata_number_digits(text, 0, 4) - 1900,
			.tm_mon = rdata_number_digits(text, 4, 2) - 1,
			.tm_mday = rdata_number_digits(text, 6, 2),
			.tm_hour = rdata_number_digits(text, 8, 2),
			.tm_min = rdata_number_digits(text, 10, 2),
			.tm_sec = rdata_number_digits(text, 12, 2)};
	struct tm as_given = tm;
	if (tm.tm_year < 70)
		return false;
	time_t t = timegm(&tm);
	if (t < 0 || tm.tm_mon != as_given.tm_mon || tm.tm_mday != as_given.tm_mday ||
	    tm.tm_hour != as_given.tm_hour || tm.tm_min != as_given.tm_min ||
	    tm.tm_sec != as_given.tm_sec)
		return false;
	*seconds = (uint32_t)t;
	return true;
}

static const char *rdata_number_parse_time(struct dns_words *w)
{
	const char *text, *wrong;
	size_t len;
	uint64_t number;
	uint32_t seconds;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	if (len == 14 && time_of_date(text, &seconds))
		bytes_out_u32(w->out, seconds);
	else if (len <= 10 && dns_number_parse(text, len, UINT32_MAX, &number))
		bytes_out_u32(w->out, (uint32_t)number);
	else
		return "not a time as YYYYMMDDHHmmSS or in seconds";
	dns_words_next(w);
	return NULL;
}

const struct dns_field dns_field_time = {check_u32, print_time, rdata_number_parse_time};

/* --- addresses --- */

static void check_ipv6(struct bytes_in *in)
{
	bytes_in_take(in, 16);
}

static void print_address(struct bytes_in *in, struct dns_text *text, int family)
{
	char out[INET6_ADDRSTRLEN];
	inet_ntop(family, bytes_in_take(in, family == AF_INET ? 4 : 16), out, sizeof out);
	dns_text_put(text, out, strlen(out));
}

static void print_ipv4(struct bytes_in *in, struct dns_text *text)
{
	print_address(in, text, AF_INET);
}

static void print_ipv6(struct bytes_in *in, struct dns_text *text)
{
	print_address(in, text, AF_INET6);
}

static const char *parse_address(struct dns_words *w, int family)
{
	const char *text, *wrong;
	size_t len;
	uint8_t address[16];
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	if (!dns_address_parse(family, text, len, address))
		return family == AF_INET ? "not an IPv4 address" : "not an IPv6 address";
	bytes_out_put(w->out, address, family == AF_INET ? 4 : 16);
	dns_words_next(w);
	return NULL;
}

static const char *parse_ipv4(struct dns_words *w)
{
	return parse_address(w, AF_INET);
}

static const char *parse_ipv6(struct dns_words *w)
{
	return parse_address(w, AF_INET6);
}

const struct dns_field dns_field_ipv4 = {check_u32, print_ipv4, parse_ipv4};
const struct dns_field dns_field_ipv6 = {check_ipv6, print_ipv6, parse_ipv6};
