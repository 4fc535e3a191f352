/* SPDX-License-Identifier: BSD-2-Clause */
/* TKEY data as RFC 2930 2 has it, byte for byte. */
#include "dns/tkey.h"
#include "tests/unit/hex.h"
#include <criterion/criterion.h>

#define GSS "086773732d7473696700" /* gss-tsig */

Test(tkey, is_read_and_written_byte_for_byte)
{
	static const char text[] = GSS "00000001000000020003001100036162630001ff";
	struct bytes data = hex_bytes(text);
	struct bytes_in in = bytes_in_of(data.data, data.len);
	struct dns_tkey tkey;
	uint8_t again[64];
	cr_assert(dns_tkey_read(&tkey, &in, data.len));
	cr_expect_eq(tkey.inception, 1);
	cr_expect_eq(tkey.expiration, 2);
	cr_expect_eq(tkey.mode, DNS_TKEY_NEGOTIATE);
	cr_expect_eq(tkey.error, 17);
	cr_expect(bytes_equal(tkey.key, bytes_of("abc", 3)));
	cr_expect(bytes_equal(tkey.other, bytes_of("\xff", 1)));
	struct bytes_out out = bytes_out_of(again, sizeof again);
	dns_tkey_write(&tkey, &out);
	cr_expect_eq(dns_tkey_size(&tkey), data.len);
	hex_expect(bytes_of(again, bytes_out_len(&out)), text, "the same again");
	free((void *)data.data);
}

Test(tkey, what_is_no_tkey_is_refused)
{
	static const char *const rows[] = {
		"",
		GSS,
		GSS "000000010000000200030000", /* no lengths */
		GSS
		"00000001000000020003000000046162630000", /* a key that is longer than the data */
		GSS "00000001000000020003000000000000ff", /* behind the end */
		"c00c00000001000000020003000000000000",   /* a compressed name */
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes data = hex_bytes(rows[i]);
		struct bytes_in in = bytes_in_of(data.data, data.len);
		struct dns_tkey tkey;
		bool is_read = dns_tkey_read(&tkey, &in, data.len);
		cr_expect_not(is_read, "%s", rows[i]);
		free((void *)data.data);
	}
}
