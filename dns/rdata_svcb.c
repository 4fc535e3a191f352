/* SPDX-License-Identifier: BSD-2-Clause */
/* Service parameters of SVCB and HTTPS (RFC 9460): a list of key=value, sorted by key. */
#include "base/codec.h"
#include "dns/rdata_field.h"
#include <arpa/inet.h>
#include <strings.h>

enum key {
	MANDATORY = 0,
	ALPN = 1,
	NO_DEFAULT_ALPN = 2,
	INVALID = 65535, /* RFC 9460 14.3.2 */
};

/* How a value is written, and what it must hold. */
enum form {
	KEYS,    /* two bytes each */
	STRINGS, /* a length and bytes each (RFC 9460 7.1.1) */
	NOTHING,
	NUMBER, /* two bytes */
	ADDRESSES4,
	ADDRESSES6,
	BLOB,    /* base64 */
	NUMBERS, /* two bytes each */
	TEXT,
};

static const struct known {
	enum form form;
	const char *text;
} known[] = {
	[MANDATORY] = {KEYS, "mandatory"},
	[ALPN] = {STRINGS, "alpn"},
	[NO_DEFAULT_ALPN] = {NOTHING, "no-default-alpn"},
	[3] = {NUMBER, "port"},
	[4] = {ADDRESSES4, "ipv4hint"},
	[5] = {BLOB, "ech"},
	[6] = {ADDRESSES6, "ipv6hint"},
	[7] = {TEXT, "dohpath"},                 /* RFC 9461 5 */
	[8] = {NOTHING, "ohttp"},                /* RFC 9540 4 */
	[9] = {NUMBERS, "tls-supported-groups"}, /* draft-ietf-tls-key-share-prediction */
};
#define KNOWN (sizeof known / sizeof known[0])

/* Keys below are known to other servers too. */
#define COMMON 7

static enum form form_of(unsigned key)
{
	return key < KNOWN ? known[key].form : TEXT;
}

/* --- check --- */

/* Whether the list has `key`. */
static bool rdata_svcb_has_key(struct bytes params, unsigned key)
{
	struct bytes_in in = bytes_in_of(params.data, params.len);
	while (bytes_in_left(&in) > 0) {
		uint16_t k = bytes_in_u16(&in);
		bytes_in_take(&in, bytes_in_u16(&in));
		if (k == key && !in.bad)
			return true;
	}
	return false;
}

/* Ascending, each of them in the list, not `mandatory` itself (RFC 9460 8). */
static bool are_mandatory_keys(struct bytes value, struct bytes params)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	unsigned last = MANDATORY;
	while (bytes_in_left(&in) > 0) {
		unsigned key = bytes_in_u16(&in);
		if (key <= last || !rdata_svcb_has_key(params, key))
			return false;
		last = key;
	}
	return !in.bad && value.len > 0;
}

static bool are_strings(struct bytes value)
{
	struct bytes_in in = bytes_in_of(value.data, value.len);
	while (bytes_in_left(&in) > 0) {
		size_t len = bytes_in_u8(&in);
		bytes_in_take(&in, len);
		if (len == 0)
			return false;
	}
	return !in.bad && value.len > 0;
}

static bool is_value(unsigned key, struct bytes value, struct bytes params)
{
	switch (form_of(key)) {
	case KEYS:
		return are_mandatory_keys(value, params);
	case STRINGS:
		return are_strings(value);
	case NOTHING:
		/* no-default-alpn says something only beside alpn (RFC 9460 7.1.1). */
		return value.len == 0 &&
		       (key != NO_DEFAULT_ALPN || rdata_svcb_has_key(params, ALPN));
	case NUMBER:
		return value.len == 2;
	case NUMBERS:
		return value.len > 0 && value.len % 2 == 0;
	case ADDRESSES4:
		return value.len > 0 && value.len % 4 == 0;
	case ADDRESSES6:
		return value.len > 0 && value.len % 16 == 0;
	case BLOB:
		return value.len > 0;
	case TEXT:
		break;
	}
	return true;
}

static void rdata_svcb_check(struct bytes_in *in)
{
	struct bytes params = bytes_of(in->at, bytes_in_left(in));
	int last = -1;
	while (bytes_in_left(in) > 0) {
		uint16_t key = bytes_in_u16(in), len = bytes_in_u16(in);
		const uint8_t *value = bytes_in_take(in, len);
		if (!value || key <= last || key == INVALID ||
		    !is_value(key, bytes_of(value, len), params))
			in->bad = true;
		last = key;
	}
}

/* --- print --- */

static void rdata_svcb_print_key(struct dns_text *text, unsigned key)
{
	if (key < (text->is_common ? COMMON : KNOWN))
		dns_text_put(text, known[key].text, strlen(known[key].text));
	else
		dns_text_print(text, "key%u", key);
}

/* A comma or backslash inside an item is escaped twice (RFC 9460 A.1). */
static void rdata_svcb_print_strings(struct bytes_in *in, struct dns_text *text)
{
	dns_text_put(text, "\"", 1);
	for (bool is_first = true; bytes_in_left(in) > 0; is_first = false) {
		if (!is_first)
			dns_text_put(text, ",", 1);
		for (unsigned left = bytes_in_u8(in); left > 0; left--) {
			uint8_t byte = bytes_in_u8(in);
			if (byte == ',' || byte == '\\')
				dns_text_put(text, "\\\\", 2);
			dns_text_escaped(text, byte);
		}
	}
	dns_text_put(text, "\"", 1);
}

static void rdata_svcb_print_addresses(struct bytes_in *in, struct dns_text *text, int family)
{
	while (bytes_in_left(in) > 0) {
		char out[INET6_ADDRSTRLEN];
		inet_ntop(family, bytes_in_take(in, family == AF_INET ? 4 : 16), out, sizeof out);
		dns_text_print(text, "%s%s", out, bytes_in_left(in) > 0 ? "," : "");
	}
}

static void print_numbers(struct bytes_in *in, struct dns_text *text)
{
	while (bytes_in_left(in) > 0) {
		unsigned number = bytes_in_u16(in);
		dns_text_print(text, "%u%s", number, bytes_in_left(in) > 0 ? "," : "");
	}
}

static void print_keys(struct bytes_in *in, struct dns_text *text)
{
	while (bytes_in_left(in) > 0) {
		rdata_svcb_print_key(text, bytes_in_u16(in));
		if (bytes_in_left(in) > 0)
			dns_text_put(text, ",", 1);
	}
}

static void print_value(enum form form, struct bytes_in *in, struct dns_text *text)
{
	switch (form) {
	case KEYS:
		print_keys(in, text);
		break;
	case STRINGS:
		rdata_svcb_print_strings(in, text);
		break;
	case NUMBER:
	case NUMBERS:
		print_numbers(in, text);
		break;
	case ADDRESSES4:
		rdata_svcb_print_addresses(in, text, AF_INET);
		break;
	case ADDRESSES6:
		rdata_svcb_print_addresses(in, text, AF_INET6);
		break;
	case BLOB:
		dns_field_base64.print(in, text);
		break;
	case TEXT:
		dns_field_text.print(in, text);
		break;
	case NOTHING:
		break;
	}
}

static void rdata_svcb_print(struct bytes_in *in, struct dns_text *text)
{
	for (bool is_first = true; bytes_in_left(in) > 0; is_first = false) {
		uint16_t key = bytes_in_u16(in), len = bytes_in_u16(in);
		struct bytes_in value = bytes_in_of(bytes_in_take(in, len), len);
		if (!is_first)
			dns_text_put(text, " ", 1);
		rdata_svcb_print_key(text, key);
		if (len > 0) {
			dns_text_put(text, "=", 1);
			print_value(text->is_common && key >= COMMON ? TEXT : form_of(key), &value,
				    text);
		}
	}
}

/* --- parse --- */

/* A key's word, or keyNNNNN. */
static bool key_parse(const char *text, size_t len, uint16_t *key)
{
	uint64_t number;
	for (unsigned i = 0; i < KNOWN; i++) {
		if (strlen(known[i].text) == len && strncasecmp(known[i].text, text, len) == 0) {
			*key = (uint16_t)i;
			return true;
		}
	}
	if (len <= 3 || strncasecmp(text, "key", 3) != 0 ||
	    !dns_number_parse(text + 3, len - 3, INVALID - 1, &number))
		return false;
	*key = (uint16_t)number;
	return true;
}

/* The items of a comma-separated text; false: there are no more. */
static bool next_item(const char **at, const char *end, const char **item, size_t *len)
{
	if (*at > end)
		return false;
	const char *comma = memchr(*at, ',', (size_t)(end - *at));
	*item = *at;
	*len = (size_t)((comma ? comma : end) - *at);
	*at = comma ? comma + 1 : end + 1;
	return true;
}

static const char *parse_numbers(const char *text, size_t len, bool are_keys, struct bytes_out *out)
{
	const char *at = text, *item;
	size_t item_len;
	while (next_item(&at, text + len, &item, &item_len)) {
		uint16_t key;
		uint64_t number;
		if (are_keys && key_parse(item, item_len, &key))
			number = key;
		else if (are_keys || !dns_number_parse(item, item_len, UINT16_MAX, &number))
			return are_keys ? "mandatory= wants keys with commas between"
					: "not a number from 0 to 65535";
		bytes_out_u16(out, (uint16_t)number);
	}
	return NULL;
}

static const char *parse_addresses(const char *text, size_t len, int family, struct bytes_out *out)
{
	const char *at = text, *item;
	size_t item_len;
	while (next_item(&at, text + len, &item, &item_len)) {
		uint8_t address[16];
		if (!dns_address_parse(family, item, item_len, address))
			return family == AF_INET ? "ipv4hint= wants IPv4 addresses"
						 : "ipv6hint= wants IPv6 addresses";
		bytes_out_put(out, address, family == AF_INET ? 4 : 16);
	}
	return NULL;
}

/* The mandatory keys sorted, as they must be on the wire (RFC 9460 8). */
static void sort_numbers(uint8_t *data, size_t len)
{
	for (size_t i = 2; i < len; i += 2) {
		uint8_t moved[2] = {data[i], data[i + 1]};
		size_t k = i;
		for (; k > 0 && memcmp(data + k - 2, moved, 2) > 0; k -= 2)
			memcpy(data + k, data + k - 2, 2);
		memcpy(data + k, moved, 2);
	}
}

static const char *parse_keys(const char *text, size_t len, struct bytes_out *out)
{
	size_t start = bytes_out_len(out);
	const char *wrong = parse_numbers(text, len, true, out);
	if (!wrong && !out->full)
		sort_numbers(out->start + start, bytes_out_len(out) - start);
	return wrong;
}

static const char *rdata_svcb_parse_text(const char *text, size_t len, struct bytes_out *out)
{
	for (const char *at = text, *end = text + len; at < end;) {
		int byte = dns_lexer_unescape(&at, end);
		if (byte < 0)
			return "a backslash with neither a character nor three digits up to 255";
		bytes_out_u8(out, (uint8_t)byte);
	}
	return NULL;
}

/* Ends the item whose length byte is at `start`, and begins the next. */
static const char *close_item(struct bytes_out *out, size_t *start)
{
	size_t len = bytes_out_len(out) - *start - 1;
	if (len == 0 || len > 255)
		return "an item of alpn= that is empty or longer than 255 bytes";
	if (!out->full)
		out->start[*start] = (uint8_t)len;
	*start = bytes_out_len(out);
	return NULL;
}

/* Escapes are resolved once for the zone file, and again for the list (RFC 9460 A.1). */
static const char *rdata_svcb_parse_strings(const char *text, size_t len, struct bytes_out *out)
{
	size_t start = bytes_out_len(out);
	bool is_escaped = false;
	bytes_out_u8(out, 0);
	for (const char *at = text, *end = text + len, *wrong; at < end;) {
		int byte = dns_lexer_unescape(&at, end);
		if (byte < 0)
			return "a backslash with neither a character nor three digits up to 255";
		if (byte == '\\' && !is_escaped) {
			is_escaped = true;
			continue;
		}
		if (byte == ',' && !is_escaped) {
			if ((wrong = close_item(out, &start)))
				return wrong;
			byte = 0; /* the next item's length, known when it ends */
		}
		bytes_out_u8(out, (uint8_t)byte);
		is_escaped = false;
	}
	return is_escaped ? "a list that ends in a backslash" : close_item(out, &start);
}

static const char *parse_value(enum form form, const char *text, size_t len, struct bytes_out *out)
{
	uint64_t number;
	switch (form) {
	case KEYS:
		return parse_keys(text, len, out);
	case STRINGS:
		return rdata_svcb_parse_strings(text, len, out);
	case NUMBER:
		if (!dns_number_parse(text, len, UINT16_MAX, &number))
			return "not a number from 0 to 65535";
		bytes_out_u16(out, (uint16_t)number);
		return NULL;
	case NUMBERS:
		return parse_numbers(text, len, false, out);
	case ADDRESSES4:
		return parse_addresses(text, len, AF_INET, out);
	case ADDRESSES6:
		return parse_addresses(text, len, AF_INET6, out);
	case BLOB:
		return codec_parse(CODEC_BASE64, text, len, out) || out->full ? NULL : "not base64";
	case TEXT:
		return rdata_svcb_parse_text(text, len, out);
	case NOTHING:
		break;
	}
	return len == 0 ? NULL : "a value for a key that has none";
}

static void rdata_svcb_reverse(uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len / 2; i++) {
		uint8_t moved = data[i];
		data[i] = data[len - 1 - i];
		data[len - 1 - i] = moved;
	}
}

/*
 * Moves the parameter at `last` to its place among those that begin at `first`: texts may have
 * any order, data has one. False: its key is there already.
 */
static bool move_into_place(struct bytes_out *out, size_t first, size_t last)
{
	struct bytes_in in = bytes_in_of(out->start, bytes_out_len(out));
	struct bytes_in moved = in;
	bytes_in_take(&in, first);
	bytes_in_take(&moved, last);
	uint16_t key = bytes_in_u16(&moved);
	size_t place = first;
	while (place < last) {
		uint16_t other = bytes_in_u16(&in);
		if (other == key)
			return false;
		if (other > key)
			break;
		bytes_in_take(&in, bytes_in_u16(&in));
		place = bytes_in_offset(&in);
	}
	rdata_svcb_reverse(out->start + place, last - place);
	rdata_svcb_reverse(out->start + last, bytes_out_len(out) - last);
	rdata_svcb_reverse(out->start + place, bytes_out_len(out) - place);
	return true;
}

/* One key=value word, appended. */
static const char *parse_param(const char *text, size_t len, struct bytes_out *out)
{
	const char *equals = memchr(text, '=', len), *wrong;
	const char *value = equals ? equals + 1 : text + len;
	size_t value_len = (size_t)(text + len - value), start = bytes_out_len(out);
	uint16_t key;
	if (!key_parse(text, equals ? (size_t)(equals - text) : len, &key))
		return "not a service parameter's key";
	if (value_len >= 2 && value[0] == '"') {
		value++;
		value_len -= 2;
	} else if (value_len >= 2 && text[len - 1] == '"' && text[len - 2] != '\\') {
		return "a quote inside a word";
	}
	/* keyNNNNN=value is bytes even when the key has a word (RFC 9460 2.1). */
	bool is_numbered = key < KNOWN && (text[0] | 0x20) == 'k';
	bytes_out_u16(out, key);
	bytes_out_u16(out, 0);
	if ((wrong = parse_value(is_numbered ? TEXT : form_of(key), value, value_len, out)))
		return wrong;
	size_t written = bytes_out_len(out) - start - 4;
	if (written > UINT16_MAX)
		return "a service parameter that is too long";
	bytes_out_patch_u16(out, start + 2, (uint16_t)written);
	return NULL;
}

static const char *rdata_svcb_parse(struct dns_words *w)
{
	size_t first = bytes_out_len(w->out);
	const char *text, *wrong;
	size_t len;
	for (; !dns_words_are_over(w); dns_words_next(w)) {
		size_t start = bytes_out_len(w->out);
		if ((wrong = dns_words_plain(w, &text, &len)) ||
		    (wrong = parse_param(text, len, w->out)))
			return wrong;
		if (!w->out->full && !move_into_place(w->out, first, start))
			return "a service parameter given twice";
	}
	if (w->out->full)
		return NULL;
	struct bytes_in in = bytes_in_of(w->out->start + first, bytes_out_len(w->out) - first);
	rdata_svcb_check(&in);
	return in.bad ? "service parameters that do not fit each other" : NULL;
}

const struct dns_field dns_field_service = {rdata_svcb_check, rdata_svcb_print, rdata_svcb_parse};
