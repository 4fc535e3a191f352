/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/*
 * Bytes as text and back: hexadecimal, base64 (RFC 4648 4) and base32hex without padding (RFC 4648
 * 7). Reading takes a text in pieces, as zone files break it. Strict: no characters of another
 * alphabet, no missing padding, no bits left over. Pure; any thread.
 */
#include "base/bytes.h"

enum codec_kind { CODEC_HEX, CODEC_BASE32HEX, CODEC_BASE64 };

/* The length of the text of `len` bytes. */
size_t codec_text_len(enum codec_kind, size_t len);

/* Appends the text (upper case, for base32hex lower case as RFC 5155 does); no NUL. */
void codec_print(enum codec_kind, struct bytes, struct bytes_out *text);

/* A text that is being read. */
struct codec {
	enum codec_kind kind;
	uint32_t bits; /* that do not make a byte yet */
	unsigned bit_count, symbols, padding;
};

struct codec codec_start(enum codec_kind);

/* Reads one piece. False: a character that does not belong here. */
bool codec_feed(struct codec *, const char *text, size_t len, struct bytes_out *out);

/* The text is over. False: it ended inside a byte or without its padding. */
bool codec_finish(const struct codec *);

/* A whole text at once. False: not a text of this kind, or `out` is full. */
bool codec_parse(enum codec_kind, const char *text, size_t len, struct bytes_out *out);
