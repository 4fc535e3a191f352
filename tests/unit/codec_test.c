/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/codec.h"
#include <criterion/criterion.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])

/* RFC 4648 10, base32hex without padding and in lower case. */
static const struct {
	enum codec_kind kind;
	const char *bytes, *text;
} vectors[] = {
	{CODEC_BASE64, "", ""},
	{CODEC_BASE64, "f", "Zg=="},
	{CODEC_BASE64, "f\x6f", "Zm8="},
	{CODEC_BASE64, "foo", "Zm9v"},
	{CODEC_BASE64, "foob", "Zm9vYg=="},
	{CODEC_BASE64, "\xfb\xff", "+/8="},
	{CODEC_BASE32HEX, "", ""},
	{CODEC_BASE32HEX, "f", "co"},
	{CODEC_BASE32HEX, "f\x6f", "cpng"},
	{CODEC_BASE32HEX, "foo", "cpnmu"},
	{CODEC_BASE32HEX, "foob", "cpnmuog"},
	{CODEC_BASE32HEX, "fooba", "cpnmuoj1"},
	{CODEC_BASE32HEX, "foobar", "cpnmuoj1e8"},
	{CODEC_HEX, "foobar", "666F6F626172"},
	{CODEC_HEX, "\xff", "FF"},
};

Test(codec, knows_the_vectors_of_rfc_4648_both_ways)
{
	for (size_t i = 0; i < ROWS(vectors); i++) {
		char text[64];
		uint8_t bytes[64];
		size_t len = strlen(vectors[i].bytes), text_len = strlen(vectors[i].text);
		struct bytes_out out = bytes_out_of(text, sizeof text);
		codec_print(vectors[i].kind, bytes_of(vectors[i].bytes, len), &out);
		cr_expect_eq(bytes_out_len(&out), text_len, "%s", vectors[i].text);
		cr_expect_eq(codec_text_len(vectors[i].kind, len), text_len);
		cr_expect_eq(memcmp(text, vectors[i].text, text_len), 0, "%s", vectors[i].text);
		out = bytes_out_of(bytes, sizeof bytes);
		cr_expect(codec_parse(vectors[i].kind, vectors[i].text, text_len, &out));
		cr_expect_eq(bytes_out_len(&out), len, "%s", vectors[i].text);
		cr_expect_eq(memcmp(bytes, vectors[i].bytes, len), 0);
	}
}

Test(codec, reads_in_pieces_and_in_either_case)
{
	uint8_t bytes[8];
	struct bytes_out out = bytes_out_of(bytes, sizeof bytes);
	struct codec c = codec_start(CODEC_BASE64);
	cr_expect(codec_feed(&c, "Z", 1, &out));
	cr_expect(codec_feed(&c, "m9vY", 4, &out));
	cr_expect(codec_feed(&c, "g=", 2, &out));
	cr_expect_not(codec_finish(&c));
	cr_expect(codec_feed(&c, "=", 1, &out));
	cr_expect(codec_finish(&c));
	cr_expect_eq(memcmp(bytes, "foob", 4), 0);
	out = bytes_out_of(bytes, sizeof bytes);
	cr_expect(codec_parse(CODEC_HEX, "aBfF", 4, &out));
	cr_expect(codec_parse(CODEC_BASE32HEX, "CPNMU", 5, &out));
}

Test(codec, refuses_what_is_not_exact)
{
	static const struct {
		enum codec_kind kind;
		const char *text;
	} rows[] = {{CODEC_BASE64, "Zg"},       {CODEC_BASE64, "Zg="},   {CODEC_BASE64, "Zg==="},
		    {CODEC_BASE64, "Z==="},     {CODEC_BASE64, "===="},  {CODEC_BASE64, "Zh=="},
		    {CODEC_BASE64, "Zg==Zg=="}, {CODEC_BASE64, "Z-_="},  {CODEC_BASE64, "Zm 9v"},
		    {CODEC_BASE64, "Z"},        {CODEC_BASE32HEX, "c"},  {CODEC_BASE32HEX, "cp"},
		    {CODEC_BASE32HEX, "co=="},  {CODEC_BASE32HEX, "cw"}, {CODEC_BASE32HEX, "cpn"},
		    {CODEC_HEX, "A"},           {CODEC_HEX, "0x10"},     {CODEC_HEX, "GG"}};
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint8_t bytes[16];
		struct bytes_out out = bytes_out_of(bytes, sizeof bytes);
		cr_expect_not(codec_parse(rows[i].kind, rows[i].text, strlen(rows[i].text), &out),
			      "%s", rows[i].text);
	}
	uint8_t one;
	struct bytes_out out = bytes_out_of(&one, 1);
	cr_expect_not(codec_parse(CODEC_HEX, "0102", 4, &out), "more than fits");
}
