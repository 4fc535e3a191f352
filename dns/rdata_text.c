/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts and blobs in record data. */
#include "base/codec.h"
#include "dns/rdata_field.h"
#include <stdarg.h>
#include <stdio.h>

#define STRING_MAX 255

/* Bytes of a blob that are made text at once; whole groups in every alphabet. */
#define PIECE 240

static void rdata_text_append(struct dns_text *text, const char *from, size_t len)
{
	/* The last byte of the room is the NUL's. */
	if (text->len + 1 < text->cap) {
		size_t room = text->cap - 1 - text->len;
		memcpy(text->out + text->len, from, len < room ? len : room);
	}
	text->len += len;
}

void dns_text_put(struct dns_text *text, const char *from, size_t len)
{
	if (text->wants_blank && len > 0) {
		text->wants_blank = false;
		rdata_text_append(text, " ", 1);
	}
	rdata_text_append(text, from, len);
}

void dns_text_print(struct dns_text *text, const char *format, ...)
{
	char out[128];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(out, sizeof out, format, args);
	va_end(args);
	dns_text_put(text, out, n < 0 ? 0 : (size_t)n < sizeof out ? (size_t)n : sizeof out - 1);
}

void dns_text_next(struct dns_text *text)
{
	text->wants_blank = text->len > 0;
}

void dns_text_escaped(struct dns_text *text, uint8_t byte)
{
	char c[4] = {'\\', (char)byte};
	if (byte < 0x20 || byte >= 0x7f) {
		c[1] = (char)('0' + byte / 100);
		c[2] = (char)('0' + byte / 10 % 10);
		c[3] = (char)('0' + byte % 10);
		dns_text_put(text, c, 4);
	} else if (byte == '"' || byte == '\\') {
		dns_text_put(text, c, 2);
	} else {
		dns_text_put(text, c + 1, 1);
	}
}

void dns_text_quoted(struct dns_text *text, struct bytes bytes)
{
	dns_text_put(text, "\"", 1);
	for (size_t i = 0; i < bytes.len; i++)
		dns_text_escaped(text, bytes.data[i]);
	dns_text_put(text, "\"", 1);
}

/* --- character-strings --- */

/* The current word's bytes, escapes resolved, at most `most`; the word is taken. */
static const char *rdata_text_put_word(struct dns_words *w, size_t most)
{
	const char *text, *wrong;
	size_t len, start = bytes_out_len(w->out);
	bool is_plain = w->lexer->token != DNS_TOKEN_QUOTED;
	if ((wrong = dns_words_any(w, &text, &len)))
		return wrong;
	const char *end = text + len;
	if (!is_plain && !memchr(text, '\\', len)) {
		bytes_out_put(w->out, text, len);
		text = end;
	}
	while (text < end) {
		if (is_plain && *text == '"')
			return "a quote inside a word";
		int byte = dns_lexer_unescape(&text, end);
		if (byte < 0)
			return "a backslash with neither a character nor three digits up to 255";
		bytes_out_u8(w->out, (uint8_t)byte);
	}
	if (bytes_out_len(w->out) - start > most)
		return "a string longer than 255 bytes: write it as several strings, in quotes";
	dns_words_next(w);
	return NULL;
}

static void check_string(struct bytes_in *in)
{
	bytes_in_take(in, bytes_in_u8(in));
}

static void print_string(struct bytes_in *in, struct dns_text *text)
{
	size_t len = bytes_in_u8(in);
	dns_text_quoted(text, bytes_of(bytes_in_take(in, len), len));
}

static const char *parse_string(struct dns_words *w)
{
	size_t at = bytes_out_len(w->out);
	bytes_out_u8(w->out, 0);
	const char *wrong = rdata_text_put_word(w, STRING_MAX);
	if (!wrong && !w->out->full)
		w->out->start[at] = (uint8_t)(bytes_out_len(w->out) - at - 1);
	return wrong;
}

static void check_string_optional(struct bytes_in *in)
{
	if (bytes_in_left(in) > 0)
		check_string(in);
}

static void print_string_optional(struct bytes_in *in, struct dns_text *text)
{
	if (bytes_in_left(in) > 0)
		print_string(in, text);
}

static const char *parse_string_optional(struct dns_words *w)
{
	return dns_words_are_over(w) ? NULL : parse_string(w);
}

static void check_strings(struct bytes_in *in)
{
	do
		check_string(in);
	while (bytes_in_left(in) > 0);
}

static void rdata_text_print_strings(struct bytes_in *in, struct dns_text *text)
{
	print_string(in, text);
	while (bytes_in_left(in) > 0) {
		dns_text_next(text);
		print_string(in, text);
	}
}

static const char *rdata_text_parse_strings(struct dns_words *w)
{
	const char *wrong;
	do
		wrong = parse_string(w);
	while (!wrong && !dns_words_are_over(w));
	return wrong;
}

const struct dns_field dns_field_string = {check_string, print_string, parse_string};
const struct dns_field dns_field_string_optional = {check_string_optional, print_string_optional,
						    parse_string_optional};
const struct dns_field dns_field_strings = {check_strings, rdata_text_print_strings,
					    rdata_text_parse_strings};

/* --- text to the end --- */

static struct bytes rdata_text_rest(struct bytes_in *in)
{
	size_t len = bytes_in_left(in);
	return bytes_of(bytes_in_take(in, len), len);
}

static void rdata_text_check_rest(struct bytes_in *in)
{
	rdata_text_rest(in);
}

static void rdata_print_text(struct bytes_in *in, struct dns_text *text)
{
	dns_text_quoted(text, rdata_text_rest(in));
}

static const char *rdata_parse_text(struct dns_words *w)
{
	return rdata_text_put_word(w, DNS_TOKEN_LEN_MAX);
}

const struct dns_field dns_field_text = {rdata_text_check_rest, rdata_print_text, rdata_parse_text};

/* --- CAA's tag (RFC 8659 4.1) --- */

static bool is_alphanumeric(const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t c = dns_lower(text[i]);
		if ((c < '0' || c > '9') && (c < 'a' || c > 'z'))
			return false;
	}
	return len > 0;
}

static void check_tag(struct bytes_in *in)
{
	size_t len = bytes_in_u8(in);
	const uint8_t *tag = bytes_in_take(in, len);
	if (!tag || !is_alphanumeric(tag, len))
		in->bad = true;
}

static void print_tag(struct bytes_in *in, struct dns_text *text)
{
	size_t len = bytes_in_u8(in);
	dns_text_put(text, (const char *)bytes_in_take(in, len), len);
}

static const char *parse_tag(struct dns_words *w)
{
	const char *text, *wrong;
	size_t len;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	if (!is_alphanumeric((const uint8_t *)text, len) || len > STRING_MAX)
		return "not a tag of letters and digits";
	bytes_out_u8(w->out, (uint8_t)len);
	bytes_out_put(w->out, text, len);
	dns_words_next(w);
	return NULL;
}

const struct dns_field dns_field_tag = {check_tag, print_tag, parse_tag};

/* --- blobs --- */

static void print_blob(enum codec_kind kind, struct bytes blob, struct dns_text *text)
{
	char piece[PIECE * 2];
	struct bytes_in in = bytes_in_of(blob.data, blob.len);
	while (bytes_in_left(&in) > 0) {
		size_t n = bytes_in_left(&in) < PIECE ? bytes_in_left(&in) : PIECE;
		struct bytes_out out = bytes_out_of(piece, sizeof piece);
		codec_print(kind, bytes_of(bytes_in_take(&in, n), n), &out);
		dns_text_put(text, piece, bytes_out_len(&out));
	}
}

/* One word of a blob. */
static const char *feed_word(struct dns_words *w, struct codec *codec)
{
	const char *text, *wrong;
	size_t len;
	if ((wrong = dns_words_plain(w, &text, &len)))
		return wrong;
	if (!codec_feed(codec, text, len, w->out))
		return codec->kind == CODEC_HEX      ? "not hexadecimal"
		       : codec->kind == CODEC_BASE64 ? "not base64"
						     : "not base32hex";
	return NULL;
}

/* All words to the end. */
static const char *parse_blob(struct dns_words *w, enum codec_kind kind)
{
	struct codec codec = codec_start(kind);
	const char *wrong;
	do {
		if ((wrong = feed_word(w, &codec)))
			return wrong;
		dns_words_next(w);
	} while (!dns_words_are_over(w));
	if (!codec_finish(&codec))
		return kind == CODEC_HEX ? "an odd number of hexadecimal digits"
					 : "base64 that ends too early";
	return NULL;
}

static void check_blob(struct bytes_in *in)
{
	if (bytes_in_left(in) == 0)
		in->bad = true;
	rdata_text_rest(in);
}

static void rdata_text_print_hex(struct bytes_in *in, struct dns_text *text)
{
	print_blob(CODEC_HEX, rdata_text_rest(in), text);
}

static const char *parse_hex(struct dns_words *w)
{
	return parse_blob(w, CODEC_HEX);
}

static void print_base64(struct bytes_in *in, struct dns_text *text)
{
	print_blob(CODEC_BASE64, rdata_text_rest(in), text);
}

static const char *parse_base64(struct dns_words *w)
{
	return parse_blob(w, CODEC_BASE64);
}

static const char *parse_base64_optional(struct dns_words *w)
{
	return dns_words_are_over(w) ? NULL : parse_base64(w);
}

const struct dns_field dns_field_hex = {check_blob, rdata_text_print_hex, parse_hex};
const struct dns_field dns_field_base64 = {check_blob, print_base64, parse_base64};
const struct dns_field dns_field_base64_optional = {rdata_text_check_rest, print_base64,
						    parse_base64_optional};

/* --- blobs with "-" for none --- */

static bool take_dash(struct dns_words *w)
{
	const struct dns_lexer *lx = w->lexer;
	if (lx->token != DNS_TOKEN_WORD || lx->len != 1 || lx->word[0] != '-')
		return false;
	dns_words_next(w);
	return true;
}

static void print_base64_dash(struct bytes_in *in, struct dns_text *text)
{
	if (bytes_in_left(in) == 0)
		dns_text_put(text, "-", 1);
	else
		print_base64(in, text);
}

static const char *parse_base64_dash(struct dns_words *w)
{
	return take_dash(w) ? NULL : parse_base64(w);
}

const struct dns_field dns_field_base64_dash = {rdata_text_check_rest, print_base64_dash,
						parse_base64_dash};

/* --- a length and a blob (RFC 5155 3.3) --- */

static const char *parse_counted(struct dns_words *w, enum codec_kind kind)
{
	struct codec codec = codec_start(kind);
	size_t at = bytes_out_len(w->out);
	bytes_out_u8(w->out, 0);
	const char *wrong = feed_word(w, &codec);
	if (wrong)
		return wrong;
	size_t len = bytes_out_len(w->out) - at - 1;
	if (!codec_finish(&codec) || len > STRING_MAX)
		return "not whole bytes, or more than 255";
	if (!w->out->full)
		w->out->start[at] = (uint8_t)len;
	dns_words_next(w);
	return NULL;
}

static void print_salt(struct bytes_in *in, struct dns_text *text)
{
	size_t len = bytes_in_u8(in);
	if (len == 0)
		dns_text_put(text, "-", 1);
	print_blob(CODEC_HEX, bytes_of(bytes_in_take(in, len), len), text);
}

static const char *parse_salt(struct dns_words *w)
{
	if (take_dash(w)) {
		bytes_out_u8(w->out, 0);
		return NULL;
	}
	return parse_counted(w, CODEC_HEX);
}

static void check_hash(struct bytes_in *in)
{
	size_t len = bytes_in_u8(in);
	bytes_in_take(in, len);
	if (len == 0)
		in->bad = true;
}

static void print_hash(struct bytes_in *in, struct dns_text *text)
{
	size_t len = bytes_in_u8(in);
	print_blob(CODEC_BASE32HEX, bytes_of(bytes_in_take(in, len), len), text);
}

static const char *parse_hash(struct dns_words *w)
{
	return parse_counted(w, CODEC_BASE32HEX);
}

const struct dns_field dns_field_salt = {check_string, print_salt, parse_salt};
const struct dns_field dns_field_hash = {check_hash, print_hash, parse_hash};
