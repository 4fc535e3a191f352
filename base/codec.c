/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/codec.h"

static const struct alphabet {
	const char *symbols;
	unsigned bits;  /* of a symbol */
	unsigned group; /* symbols that make whole bytes */
	bool is_padded;
} alphabets[] = {
	[CODEC_HEX] = {"0123456789ABCDEF", 4, 2, false},
	[CODEC_BASE32HEX] = {"0123456789abcdefghijklmnopqrstuv", 5, 8, false},
	[CODEC_BASE64] = {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 6, 4,
			  true},
};

/* What a character stands for, or -1. */
static int symbol_value(enum codec_kind kind, char c)
{
	if (c >= '0' && c <= '9')
		return kind == CODEC_BASE64 ? c - '0' + 52 : c - '0';
	if (kind == CODEC_BASE64) {
		if (c >= 'A' && c <= 'Z')
			return c - 'A';
		if (c >= 'a' && c <= 'z')
			return c - 'a' + 26;
		return c == '+' ? 62 : c == '/' ? 63 : -1;
	}
	char low = (char)(c | 0x20), last = kind == CODEC_HEX ? 'f' : 'v';
	return low >= 'a' && low <= last ? low - 'a' + 10 : -1;
}

size_t codec_text_len(enum codec_kind kind, size_t len)
{
	const struct alphabet *a = &alphabets[kind];
	if (a->is_padded)
		return (len * 8 + a->bits * a->group - 1) / (a->bits * a->group) * a->group;
	return (len * 8 + a->bits - 1) / a->bits;
}

void codec_print(enum codec_kind kind, struct bytes bytes, struct bytes_out *text)
{
	const struct alphabet *a = &alphabets[kind];
	uint32_t bits = 0;
	unsigned count = 0;
	size_t end = bytes_out_len(text) + codec_text_len(kind, bytes.len);
	for (size_t i = 0; i < bytes.len; i++) {
		bits = bits << 8 | bytes.data[i];
		for (count += 8; count >= a->bits; count -= a->bits)
			bytes_out_u8(text, (uint8_t)a->symbols[bits >> (count - a->bits) &
							       ((1u << a->bits) - 1)]);
		bits &= (1u << count) - 1;
	}
	if (count > 0)
		bytes_out_u8(text, (uint8_t)a->symbols[bits << (a->bits - count)]);
	while (!text->full && bytes_out_len(text) < end)
		bytes_out_u8(text, '=');
}

struct codec codec_start(enum codec_kind kind)
{
	return (struct codec){.kind = kind};
}

bool codec_feed(struct codec *c, const char *text, size_t len, struct bytes_out *out)
{
	const struct alphabet *a = &alphabets[c->kind];
	for (size_t i = 0; i < len; i++) {
		if (a->is_padded && text[i] == '=') {
			c->padding++;
			continue;
		}
		int value = symbol_value(c->kind, text[i]);
		if (value < 0 || c->padding > 0)
			return false;
		c->symbols++;
		c->bits = c->bits << a->bits | (uint32_t)value;
		c->bit_count += a->bits;
		if (c->bit_count >= 8) {
			c->bit_count -= 8;
			bytes_out_u8(out, (uint8_t)(c->bits >> c->bit_count));
			c->bits &= (1u << c->bit_count) - 1;
		}
	}
	return true;
}

bool codec_finish(const struct codec *c)
{
	const struct alphabet *a = &alphabets[c->kind];
	/* A whole symbol too many, or bits that the writer should have left 0. */
	if (c->bit_count >= a->bits || c->bits != 0)
		return false;
	if (!a->is_padded)
		return true;
	return c->padding < a->group && (c->symbols + c->padding) % a->group == 0;
}

bool codec_parse(enum codec_kind kind, const char *text, size_t len, struct bytes_out *out)
{
	struct codec c = codec_start(kind);
	return codec_feed(&c, text, len, out) && codec_finish(&c) && !out->full;
}
