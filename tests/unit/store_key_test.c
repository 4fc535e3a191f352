/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "acl/store_key.h"
#include "tests/unit/keys.h"
#include "tests/unit/tempstore.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET     bytes_of("0123456789abcdef", 16)
#define SEALED_LEN (16 + STORE_KEY_OVERHEAD)
#define ONE        "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define TWO        "2 ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"

static struct store_key *keys_of(const char *text)
{
	char error[STORE_KEY_ERROR_MAX];
	struct store_key *keys = store_key_new();
	cr_assert(store_key_parse(keys, text, strlen(text), error), "%s", error);
	return keys;
}

Test(store_key, what_is_sealed_is_unsealed_for_its_name_alone)
{
	uint8_t sealed[SEALED_LEN], again[SEALED_LEN], out[16];
	struct store_key *keys = keys_of(ONE);
	struct dns_name name = keys_name("Kea.example"), other = keys_name("kea2.example");
	cr_assert_eq(store_key_seal(keys, &name, SECRET, sealed), SEALED_LEN);
	cr_assert_eq(store_key_seal(keys, &name, SECRET, again), SEALED_LEN);
	cr_expect_neq(memcmp(sealed, again, SEALED_LEN), 0, "each has a nonce of its own");
	cr_expect_null(memmem(sealed, SEALED_LEN, "0123456789abcdef", 16));
	cr_assert_null(store_key_unseal(keys, &name, bytes_of(sealed, SEALED_LEN), out));
	cr_expect_eq(memcmp(out, "0123456789abcdef", 16), 0);
	cr_expect_str_eq(store_key_unseal(keys, &other, bytes_of(sealed, SEALED_LEN), out),
			 "it was changed, or was sealed for another name");
	cr_expect_eq(out[0] | out[15], 0, "nothing is left of it");
	store_key_free(keys);
}

Test(store_key, no_byte_can_be_changed)
{
	uint8_t sealed[SEALED_LEN], out[16];
	struct store_key *keys = keys_of(ONE);
	struct dns_name name = keys_name("kea");
	store_key_seal(keys, &name, SECRET, sealed);
	for (size_t i = 0; i < SEALED_LEN; i++) {
		sealed[i] ^= 1;
		cr_expect_not_null(store_key_unseal(keys, &name, bytes_of(sealed, SEALED_LEN), out),
				   "%zu", i);
		sealed[i] ^= 1;
	}
	for (size_t len = 0; len < SEALED_LEN; len++)
		cr_expect_not_null(store_key_unseal(keys, &name, bytes_of(sealed, len), out), "%zu",
				   len);
	cr_expect_null(store_key_unseal(keys, &name, bytes_of(sealed, SEALED_LEN), out));
	store_key_free(keys);
}

Test(store_key, the_last_line_seals_and_all_unseal)
{
	uint8_t old[SEALED_LEN], new[SEALED_LEN], out[16];
	char text[STORE_KEY_ID_TEXT_MAX];
	struct dns_name name = keys_name("kea");
	struct store_key *one = keys_of(ONE), *both = keys_of("# old and new\n\n" ONE TWO);
	struct store_key *other = keys_of("1 "
					  "aa0102030405060708090a0b0c0d0e0f1011121314151617"
					  "18191a1b1c1d1e1f");
	struct store_key_id id;
	store_key_seal(one, &name, SECRET, old);
	store_key_seal(both, &name, SECRET, new);
	cr_expect_null(store_key_unseal(both, &name, bytes_of(old, SEALED_LEN), out));
	cr_expect_null(store_key_unseal(both, &name, bytes_of(new, SEALED_LEN), out));
	cr_assert(store_key_of(bytes_of(new, SEALED_LEN), &id));
	cr_expect_eq(id.number, 2);
	cr_expect_not(store_key_has(one, &id));
	cr_expect_str_eq(store_key_unseal(one, &name, bytes_of(new, SEALED_LEN), out),
			 "the store key that sealed it is not in store.key");
	cr_expect_not_null(store_key_unseal(other, &name, bytes_of(old, SEALED_LEN), out),
			   "the same number is not the same key");
	cr_assert(store_key_of(bytes_of(old, SEALED_LEN), &id));
	/* The first 8 bytes of the SHA-256 of 00 01 .. 1f. */
	cr_expect_str_eq(store_key_id_print(&id, text), "1 (630dcd2966c43366)");
	cr_assert(store_key_merge(other, both));
	cr_expect_eq(store_key_count(other), 3);
	cr_expect_null(store_key_unseal(other, &name, bytes_of(old, SEALED_LEN), out));
	store_key_free(one);
	store_key_free(both);
	store_key_free(other);
}

Test(store_key, an_empty_set_seals_nothing)
{
	uint8_t sealed[SEALED_LEN];
	struct dns_name name = keys_name("kea");
	struct store_key *keys = store_key_new();
	cr_expect_eq(store_key_seal(keys, &name, SECRET, sealed), 0);
	cr_expect_eq(store_key_current(keys).number, 0);
	cr_assert(store_key_add(keys, 0));
	cr_expect_eq(store_key_current(keys).number, 1);
	cr_assert(store_key_add(keys, 7));
	cr_expect_eq(store_key_current(keys).number, 8);
	while (store_key_count(keys) < STORE_KEY_LINES_MAX)
		cr_assert(store_key_add(keys, 0));
	cr_expect_not(store_key_add(keys, 0));
	char text[STORE_KEY_FILE_MAX];
	size_t len = store_key_print(keys, text);
	struct store_key *again = store_key_new();
	cr_expect(store_key_parse(again, text, len, (char[STORE_KEY_ERROR_MAX]){0}));
	cr_expect_eq(store_key_count(again), STORE_KEY_LINES_MAX);
	store_key_free(again);
	store_key_free(keys);
}

Test(store_key, a_file_that_makes_no_sense_is_a_sentence)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{"", "it holds no key"},
		{"# nothing\n", "it holds no key"},
		{ONE "x\n", "line 2 is not a number and a key of 32 bytes in hexadecimal"},
		{"0 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		 "line 1 is not a number and a key of 32 bytes in hexadecimal"},
		{"4294967296 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		 "line 1 is not a number and a key of 32 bytes in hexadecimal"},
		{"1 0001", "line 1 is not a number and a key of 32 bytes in hexadecimal"},
		{ONE TWO ONE, "line 3 holds a key again"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char error[STORE_KEY_ERROR_MAX] = "";
		struct store_key *keys = store_key_new();
		cr_expect_not(store_key_parse(keys, cases[i].text, strlen(cases[i].text), error));
		cr_expect_str_eq(error, cases[i].said);
		cr_expect_eq(store_key_count(keys), 0, "all or none");
		store_key_free(keys);
	}
}

Test(store_key, the_file_is_its_owners_alone)
{
	char folder[] = "/tmp/store-key.XXXXXX", path[64], error[STORE_KEY_ERROR_MAX];
	struct stat st;
	bool is_absent;
	cr_assert(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/" STORE_KEY_FILE, folder);
	struct store_key *keys = keys_of(ONE), *read = store_key_new();
	cr_expect_not(store_key_read(read, folder, &is_absent, error));
	cr_expect(is_absent);
	cr_assert(store_key_write(keys, folder, error), "%s", error);
	cr_assert_eq(stat(path, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0600);
	cr_assert(store_key_read(read, folder, &is_absent, error), "%s", error);
	cr_expect_eq(store_key_count(read), 1);
	chmod(path, 0640);
	cr_expect_not(store_key_read(read, folder, &is_absent, error));
	cr_expect_not(is_absent);
	cr_expect(strstr(error, "chmod 600"), "%s", error);
	chmod(path, 0600);
	cr_assert_eq(truncate(path, 5), 0);
	cr_expect_not(store_key_read(read, folder, &is_absent, error));
	cr_expect(strstr(error, "it holds no key"), "%s", error);
	unlink(path);
	rmdir(folder);
	cr_expect_not(store_key_write(keys, folder, error));
	cr_expect(strstr(error, "cannot be written"), "%s", error);
	store_key_free(keys);
	store_key_free(read);
}
