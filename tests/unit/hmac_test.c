/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/hmac.h"
#include <criterion/criterion.h>
#include <stdio.h>

#define ROWS(table) (sizeof(table) / sizeof(table)[0])
#define HI          "Hi There"
#define WHAT        "what do ya want for nothing?"
#define LONG        "Test Using Larger Than Block-Size Key - Hash Key First"

static const char *hex(const uint8_t *bytes, size_t len)
{
	static char out[2 * HMAC_MAC_MAX + 1];
	for (size_t i = 0; i < len; i++)
		sprintf(out + 2 * i, "%02x", bytes[i]);
	return out;
}

Test(hmac, vectors_of_rfc_2202_and_rfc_4231_hold)
{
	static const struct {
		enum hmac_algorithm algorithm;
		int filler;
		size_t filled; /* 0: the key is "Jefe" */
		const char *text, *mac;
	} rows[] = {
		{HMAC_MD5, 0x0b, 16, HI, "9294727a3638bb1c13f48ef8158bfc9d"},
		{HMAC_MD5, 0, 0, WHAT, "750c783e6ab0b503eaa86e310a5db738"},
		{HMAC_MD5, 0xaa, 80, LONG, "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"},
		{HMAC_SHA1, 0x0b, 20, HI, "b617318655057264e28bc0b6fb378c8ef146be00"},
		{HMAC_SHA1, 0, 0, WHAT, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		{HMAC_SHA1, 0xaa, 80, LONG, "aa4ae5e15272d00e95705637ce8a3b55ed402112"},
		{HMAC_SHA224, 0x0b, 20, HI,
		 "896fb1128abbdf196832107cd49df33f47b4b1169912ba4f53684b22"},
		{HMAC_SHA224, 0, 0, WHAT,
		 "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44"},
		{HMAC_SHA224, 0xaa, 131, LONG,
		 "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e"},
		{HMAC_SHA256, 0x0b, 20, HI,
		 "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{HMAC_SHA256, 0, 0, WHAT,
		 "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{HMAC_SHA256, 0xaa, 131, LONG,
		 "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
		{HMAC_SHA384, 0x0b, 20, HI,
		 "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
		 "faea9ea9076ede7f4af152e8b2fa9cb6"},
		{HMAC_SHA384, 0, 0, WHAT,
		 "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
		 "8e2240ca5e69e2c78b3239ecfab21649"},
		{HMAC_SHA384, 0xaa, 131, LONG,
		 "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
		 "0c2ef6ab4030fe8296248df163f44952"},
		{HMAC_SHA512, 0x0b, 20, HI,
		 "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
		 "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"},
		{HMAC_SHA512, 0, 0, WHAT,
		 "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
		 "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},
		{HMAC_SHA512, 0xaa, 131, LONG,
		 "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
		 "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"},
	};
	for (size_t i = 0; i < ROWS(rows); i++) {
		uint8_t secret[131] = "Jefe", mac[HMAC_MAC_MAX];
		size_t len = rows[i].filled ? rows[i].filled : 4;
		if (rows[i].filled)
			memset(secret, rows[i].filler, len);
		struct hmac_key key;
		cr_assert(hmac_key_set(&key, rows[i].algorithm, bytes_of(secret, len)));
		struct hmac *hmac = hmac_new(&key);
		cr_assert_not_null(hmac);
		/* Twice with one context, and in pieces. */
		struct bytes pieces[] = {bytes_of(rows[i].text, 3), bytes_of(NULL, 0),
					 bytes_of(rows[i].text + 3, strlen(rows[i].text) - 3)};
		for (int round = 0; round < 2; round++) {
			size_t mac_len = hmac_compute(hmac, pieces, 3, mac);
			cr_expect_eq(mac_len, hmac_by_number(rows[i].algorithm)->mac_len);
			cr_expect_str_eq(hex(mac, mac_len), rows[i].mac);
		}
		hmac_free(hmac);
	}
}

Test(hmac, algorithms_are_found_by_their_text)
{
	cr_expect_eq(hmac_by_text("hmac-sha256", 11)->algorithm, HMAC_SHA256);
	cr_expect_eq(hmac_by_text("HMAC-SHA512", 11)->algorithm, HMAC_SHA512);
	cr_expect_eq(hmac_by_text("hmac-md5", 8)->algorithm, HMAC_MD5);
	cr_expect_eq(hmac_by_text("HMAC-MD5.SIG-ALG.REG.INT", 24)->algorithm, HMAC_MD5);
	cr_expect_null(hmac_by_text("hmac-sha256", 10));
	cr_expect_null(hmac_by_text("sha256", 6));
	cr_expect_null(hmac_by_text("", 0));
}

Test(hmac, algorithms_are_found_by_their_name_on_the_wire)
{
	struct dns_name name;
	for (const struct hmac_info *info = hmac_table; info->text; info++) {
		cr_assert_null(dns_name_parse_text(&name, info->name));
		cr_expect_eq(hmac_by_name(&name), info, "%s", info->name);
		cr_expect_eq(hmac_by_number(info->algorithm), info);
	}
	static const char *const others[] = {".",
					     "hmac-md5",
					     "hmac-sha2567",
					     "hmac.sha256",
					     "hmac-sha256.x",
					     "gss-tsig",
					     "hmac-sha1234",
					     "hmac-md5.sig-alg.reg-int"};
	for (size_t i = 0; i < ROWS(others); i++) {
		cr_assert_null(dns_name_parse_text(&name, others[i]));
		cr_expect_null(hmac_by_name(&name), "%s", others[i]);
	}
	cr_expect_null(hmac_by_number(0));
	cr_expect_null(hmac_by_number(7));
}

Test(hmac, keys_are_equal_by_algorithm_and_secret)
{
	struct hmac_key a, b;
	hmac_key_set(&a, HMAC_SHA256, bytes_of("secret", 6));
	hmac_key_set(&b, HMAC_SHA256, bytes_of("secret", 6));
	cr_expect(hmac_key_equal(&a, &b));
	hmac_key_set(&b, HMAC_SHA512, bytes_of("secret", 6));
	cr_expect_not(hmac_key_equal(&a, &b));
	hmac_key_set(&b, HMAC_SHA256, bytes_of("Secret", 6));
	cr_expect_not(hmac_key_equal(&a, &b));
	hmac_key_set(&b, HMAC_SHA256, bytes_of("secre", 5));
	cr_expect_not(hmac_key_equal(&a, &b));
}

Test(hmac, a_wiped_key_holds_nothing)
{
	static const struct hmac_key nothing;
	struct hmac_key key;
	hmac_key_set(&key, HMAC_SHA256, bytes_of("secret", 6));
	hmac_key_wipe(&key);
	cr_expect_eq(memcmp(&key, &nothing, sizeof(key)), 0);
}
