/* SPDX-License-Identifier: BSD-2-Clause */
#include "dns/name.h"
#include <assert.h>

/* A name being read from text: the label that is open begins at its length byte. */
struct building {
	uint8_t *wire;
	size_t at, label;
};

/* What a byte of a name's text is; most are plain, which makes names of big files cheap. */
enum { PLAIN, DOT, BACKSLASH };

static const uint8_t kinds[256] = {['.'] = DOT, ['\\'] = BACKSLASH};

static bool name_text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The byte behind a backslash at `text[*at]` (RFC 1035 5.1), moving behind it. */
static const char *take_escape(const char *text, size_t len, size_t *at, uint8_t *byte)
{
	size_t left = len - *at;
	if (left == 0)
		return "backslash at the end of a name";
	if (!name_text_is_digit(text[*at])) {
		*byte = (uint8_t)text[(*at)++];
		return NULL;
	}
	if (left < 3 || !name_text_is_digit(text[*at + 1]) || !name_text_is_digit(text[*at + 2]))
		return "backslash and less than three digits in a name";
	int value = (text[*at] - '0') * 100 + (text[*at + 1] - '0') * 10 + (text[*at + 2] - '0');
	if (value > 255)
		return "backslash and a number above 255 in a name";
	*at += 3;
	*byte = (uint8_t)value;
	return NULL;
}

/* Ends the open label and opens the next. */
static const char *close_label(struct building *b)
{
	size_t len = b->at - b->label - 1;
	if (len == 0)
		return "empty label in a name";
	if (len > DNS_LABEL_MAX)
		return "label longer than 63 bytes";
	b->wire[b->label] = (uint8_t)len;
	/* The next label, or the root's, needs a byte. */
	if (b->at >= DNS_NAME_MAX)
		return "name longer than 255 bytes";
	b->label = b->at++;
	return NULL;
}

/* Ends a name that had no final dot. */
static const char *name_text_complete(struct building *b, const struct dns_name *origin)
{
	const char *wrong = close_label(b);
	if (wrong)
		return wrong;
	if (!origin) {
		b->wire[b->label] = 0;
		return NULL;
	}
	if (b->label + origin->len > DNS_NAME_MAX)
		return "name longer than 255 bytes";
	memcpy(b->wire + b->label, origin->wire, origin->len);
	b->at = b->label + origin->len;
	return NULL;
}

static const char *parse_labels(struct building *b, const char *text, size_t len,
				const struct dns_name *origin)
{
	for (size_t i = 0; i < len;) {
		uint8_t c = (uint8_t)text[i++];
		const char *wrong = NULL;
		if (kinds[c] == DOT) {
			wrong = close_label(b);
			if (!wrong && i == len) {
				b->wire[b->label] = 0;
				return NULL;
			}
			if (wrong)
				return wrong;
			continue;
		}
		if (kinds[c] == BACKSLASH)
			wrong = take_escape(text, len, &i, &c);
		if (wrong)
			return wrong;
		if (b->at >= DNS_NAME_MAX)
			return "name longer than 255 bytes";
		b->wire[b->at++] = c;
	}
	return name_text_complete(b, origin);
}

const char *dns_name_parse_raw(uint8_t raw[DNS_NAME_MAX], uint8_t *len, const char *text,
			       size_t text_len, const struct dns_name *origin)
{
	if (text_len == 0)
		return "empty name";
	if (text_len == 1 && text[0] == '.') {
		raw[0] = 0;
		*len = 1;
		return NULL;
	}
	if (text_len == 1 && text[0] == '@' && origin) {
		memcpy(raw, origin->wire, origin->len);
		*len = origin->len;
		return NULL;
	}
	struct building b = {.wire = raw, .at = 1, .label = 0};
	const char *wrong = parse_labels(&b, text, text_len, origin);
	if (wrong)
		return wrong;
	*len = (uint8_t)b.at;
	return NULL;
}

/* One byte of a label as text; the place behind it. */
static char *put_byte(char *out, uint8_t c)
{
	static const char special[] = ".\\\"();@$";
	if (c <= 0x20 || c >= 0x7f) {
		*out++ = '\\';
		*out++ = (char)('0' + c / 100);
		*out++ = (char)('0' + c / 10 % 10);
		*out++ = (char)('0' + c % 10);
		return out;
	}
	if (memchr(special, c, sizeof special - 1))
		*out++ = '\\';
	*out++ = (char)c;
	return out;
}

char *dns_name_print_raw(struct bytes wire, char out[DNS_NAME_TEXT_MAX])
{
	struct bytes_in in = bytes_in_of(wire.data, wire.len);
	char *to = out;
	for (;;) {
		uint8_t len = bytes_in_u8(&in);
		const uint8_t *label = bytes_in_take(&in, len);
		assert(label && len <= DNS_LABEL_MAX && (size_t)(in.at - in.start) <= DNS_NAME_MAX);
		if (len == 0)
			break;
		for (uint8_t i = 0; i < len; i++)
			to = put_byte(to, label[i]);
		*to++ = '.';
	}
	if (to == out)
		*to++ = '.';
	*to = '\0';
	return out;
}
