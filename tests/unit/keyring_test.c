/* SPDX-License-Identifier: BSD-2-Clause */
#include "acl/keyring.h"
#include "tests/unit/hex.h"
#include "tests/unit/keys.h"

#define SECRET bytes_of("0123456789abcdef", 16)

struct seen {
	char names[200];
	size_t count, stop_after;
};

static bool see(void *context, const struct keyring_key *key)
{
	struct seen *seen = context;
	char text[DNS_NAME_TEXT_MAX];
	strcat(seen->names, dns_name_show(&key->name, text));
	strcat(seen->names, " ");
	return ++seen->count != seen->stop_after;
}

Test(keyring, what_is_put_is_got_again)
{
	struct keys_store keys;
	keys_open(&keys);
	struct keyring_key key = keys_key("Kea-DDNS", HMAC_SHA384, SECRET), got;
	key.is_disabled = true;
	key.created = 1767603600;
	keys_put(&keys, &key);
	struct dns_name name = keys_name("kea-ddns");
	cr_assert(keyring_get(&keys.read, &name, &got));
	cr_expect(dns_name_equal(&got.name, &name));
	cr_expect_eq(got.algorithm, HMAC_SHA384);
	cr_expect(got.is_disabled);
	cr_expect_eq(got.created, 1767603600);
	cr_expect(bytes_equal(bytes_of(got.secret, got.secret_len), SECRET));
	struct bytes raw;
	cr_assert(store_get(&keys.read, STORE_KEYS, bytes_of("kea-ddns", 9), &raw));
	hex_expect(raw, "01 05 01 00000000695b7d90 0010 '0123456789abcdef'", "value");
	name = keys_name("kea");
	cr_expect_not(keyring_get(&keys.read, &name, &got));
	name = dns_name_root();
	cr_expect_not(keyring_get(&keys.read, &name, &got));
	keys_close(&keys);
}

Test(keyring, put_and_del_note_that_settings_changed)
{
	struct keys_store keys;
	struct store_txn txn;
	keys_open(&keys);
	uint64_t first = store_settings_version(&keys.read);
	struct keyring_key key = keys_key("a", HMAC_SHA256, SECRET);
	keys_put(&keys, &key);
	uint64_t second = store_settings_version(&keys.read);
	cr_expect_neq(first, second);
	store_read_reset(&keys.read);
	store_write_begin(keys.store, &txn);
	cr_expect(keyring_del(&txn, &key.name));
	cr_expect_not(keyring_del(&txn, &key.name), "it is gone");
	cr_expect_eq(store_commit(&txn), STORE_OK);
	store_read_renew(&keys.read);
	cr_expect_neq(store_settings_version(&keys.read), second);
	cr_expect_not(keyring_get(&keys.read, &key.name, &key));
	keys_close(&keys);
}

Test(keyring, a_walk_is_in_canonical_order_and_stops_when_told)
{
	static const char *const names[] = {"z.example", "a", "b.a", "example", "Z"};
	struct keys_store keys;
	keys_open(&keys);
	for (size_t i = 0; i < 5; i++) {
		struct keyring_key key = keys_key(names[i], HMAC_SHA256, SECRET);
		keys_put(&keys, &key);
	}
	struct seen seen = {0};
	keyring_walk(&keys.read, see, &seen);
	cr_expect_str_eq(seen.names, "a b.a example z.example z ");
	seen = (struct seen){.stop_after = 2};
	keyring_walk(&keys.read, see, &seen);
	cr_expect_str_eq(seen.names, "a b.a ");
	keys_close(&keys);
}

Test(keyring, a_snapshot_finds_each_key_and_stays_as_it_was)
{
	struct keys_store keys;
	char text[32];
	keys_open(&keys);
	for (int i = 0; i < 50; i++) {
		sprintf(text, "key%d.example", i);
		struct keyring_key key = keys_key(text, HMAC_SHA256, bytes_of(text, strlen(text)));
		key.is_disabled = i == 7;
		keys_put(&keys, &key);
	}
	struct keyring *ring = keyring_load(&keys.read);
	cr_expect_eq(keyring_count(ring), 50);
	cr_expect_eq(keyring_version(ring), store_settings_version(&keys.read));
	struct keyring_key late = keys_key("late", HMAC_SHA256, SECRET);
	keys_put(&keys, &late);
	cr_expect_neq(keyring_version(ring), store_settings_version(&keys.read));
	cr_expect_null(keyring_find(ring, &late.name));
	for (int i = 0; i < 50; i++) {
		sprintf(text, "key%d.example", i);
		struct dns_name name = keys_name(text);
		struct keyring_entry *entry = keyring_find(ring, &name);
		cr_assert_not_null(entry, "%s", text);
		cr_expect(bytes_equal(bytes_of(entry->key.secret, entry->key.len),
				      bytes_of(text, strlen(text))));
		cr_expect_eq(entry->is_disabled, i == 7);
		cr_expect_eq(keyring_hmac(entry), keyring_hmac(entry), "made once");
	}
	keyring_free(ring);
	keyring_free(NULL);
	keys_close(&keys);
}

Test(keyring, an_empty_table_gives_an_empty_snapshot)
{
	struct keys_store keys;
	keys_open(&keys);
	struct keyring *ring = keyring_load(&keys.read);
	struct dns_name name = keys_name("a");
	cr_expect_eq(keyring_count(ring), 0);
	cr_expect_null(keyring_find(ring, &name));
	keyring_free(ring);
	keys_close(&keys);
}

Test(keyring, a_value_that_makes_no_sense_is_an_error_that_sticks)
{
	static const char *const values[] = {
		"",
		"01 04 00 0000000000000000 0001",
		"02 04 00 0000000000000000 0001 61",
		"01 00 00 0000000000000000 0001 61",
		"01 07 00 0000000000000000 0001 61",
		"01 04 00 0000000000000000 0001 6161",
		"01 04 00 0000000000000000 0000 61",
	};
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct keys_store keys;
		struct store_txn txn;
		struct keyring_key got;
		struct dns_name name = keys_name("a");
		struct bytes value = hex_bytes(values[i]);
		keys_open(&keys);
		store_write_begin(keys.store, &txn);
		store_put(&txn, STORE_KEYS, bytes_of("a", 2), value);
		cr_expect_not(keyring_get(&txn, &name, &got), "%s", values[i]);
		cr_expect_eq(txn.error, STORE_CORRUPT, "%s", values[i]);
		store_abort(&txn);
		store_write_begin(keys.store, &txn);
		store_put(&txn, STORE_KEYS, bytes_of("a", 2), value);
		struct keyring *ring = keyring_load(&txn);
		cr_expect_eq(keyring_count(ring), 0);
		cr_expect_eq(txn.error, STORE_CORRUPT, "%s", values[i]);
		keyring_free(ring);
		store_abort(&txn);
		free((void *)value.data);
		keys_close(&keys);
	}
}

Test(keyring, generated_secrets_are_as_long_as_the_mac_and_differ)
{
	struct dns_name name = keys_name("a");
	for (const struct hmac_info *info = hmac_table; info->text; info++) {
		struct keyring_key one, two;
		keyring_key_generate(&one, &name, info->algorithm, 5);
		keyring_key_generate(&two, &name, info->algorithm, 5);
		cr_expect_eq(one.secret_len, info->mac_len);
		cr_expect_eq(one.created, 5);
		cr_expect_not(one.is_disabled);
		cr_expect_neq(memcmp(one.secret, two.secret, one.secret_len), 0);
	}
}

Test(keyring, what_a_rotation_and_a_use_add_is_got_again)
{
	struct keys_store keys;
	struct store_txn txn;
	struct addr source;
	keys_open(&keys);
	struct keyring_key key = keys_key("kea", HMAC_SHA256, SECRET), got;
	keyring_key_rotate(&key, 2000);
	keys_put(&keys, &key);
	uint64_t version = store_settings_version(&keys.read);
	store_read_reset(&keys.read);
	cr_assert_null(addr_parse("192.0.2.7@53", 0, &source));
	store_write_begin(keys.store, &txn);
	keyring_used(&txn, &key.name, 1500, &source);
	struct dns_name other = keys_name("other");
	keyring_used(&txn, &other, 1500, &source);
	cr_assert_eq(store_commit(&txn), STORE_OK);
	store_read_renew(&keys.read);
	cr_expect_eq(store_settings_version(&keys.read), version, "a use is no setting");
	cr_assert(keyring_get(&keys.read, &key.name, &got));
	cr_expect(bytes_equal(bytes_of(got.previous, got.previous_len), SECRET));
	cr_expect(bytes_equal(bytes_of(got.secret, got.secret_len),
			      bytes_of(key.secret, key.secret_len)));
	cr_expect_eq(got.secret_len, 32);
	cr_expect_eq(got.previous_until, 2000);
	cr_expect_eq(got.used, 1500);
	cr_expect_str_eq(got.used_from, "192.0.2.7");
	cr_expect_not(keyring_get(&keys.read, &other, &got), "a key that went is not made again");
	struct keyring *ring = keyring_load(&keys.read);
	struct keyring_entry *entry = keyring_find(ring, &key.name);
	cr_expect(keyring_hmac_previous(entry, 1999));
	cr_expect_null(keyring_hmac_previous(entry, 2000));
	keyring_free(ring);
	keys_close(&keys);
}
