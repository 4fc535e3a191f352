/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"
#include "acl/keyring.h"
#include "journal/journal.h"
#include "store/settings.h"
#include "tests/unit/keys.h"
#include "zonedb/replay.h"
#include <stdio.h>

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
	cr_expect_eq(got.secret_len, 0, "sealed until it is asked for");
	cr_expect_eq(keyring_key_size(&got), 16);
	cr_assert_null(keyring_key_unseal(&got, keys.store_key));
	cr_expect(bytes_equal(bytes_of(got.secret, got.secret_len), SECRET));
	struct bytes raw;
	cr_assert(store_get(&keys.read, STORE_KEYS, bytes_of("kea-ddns", 9), &raw));
	cr_expect_null(memmem(raw.data, raw.len, SECRET.data, SECRET.len));
	cr_expect_null(memmem(raw.data, raw.len, "30313233343536373839616263646566", 32), "hex");
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
	cr_expect(rows_key_del(&txn, &key.name));
	cr_expect_not(rows_key_del(&txn, &key.name), "it is gone");
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
	struct keyring *ring = keyring_load(&keys.read, keys.store_key);
	cr_expect_eq(keyring_count(ring), 50);
	struct keyring_key late = keys_key("late", HMAC_SHA256, SECRET);
	keys_put(&keys, &late);
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
	struct keyring *ring = keyring_load(&keys.read, keys.store_key);
	struct dns_name name = keys_name("a");
	cr_expect_eq(keyring_count(ring), 0);
	cr_expect_null(keyring_find(ring, &name));
	keyring_free(ring);
	keys_close(&keys);
}

static void write_row(struct store_txn *txn, const char *const fields[14])
{
	struct arena arena = {0};
	uint8_t key[STATE_KEY_MAX];
	struct dns_name name = keys_name("a");
	struct state_row_writer row = {.arena = &arena};
	for (size_t i = 0; fields[i]; i += 2)
		state_row_put_text(&row, fields[i], fields[i + 1]);
	state_settle(txn, STATE_KEY, state_key_apex(&name, key), state_row_end(&row));
	arena_free(&arena);
}

#define SEALED_TEXT                                                                                \
	"00000001"                                                                                 \
	"0000000000000000"                                                                         \
	"000000000000000000000000"                                                                 \
	"61"                                                                                       \
	"00000000000000000000000000000000"

Test(keyring, a_row_that_makes_no_sense_is_an_error_that_sticks)
{
	static const char *const rows[][14] = {
		{"created", "1", "disabled", "off", "allow-md5", "off", "sealed", SEALED_TEXT},
		{"algorithm", "hmac-sha257", "created", "1", "disabled", "off", "allow-md5", "off",
		 "sealed", SEALED_TEXT},
		{"algorithm", "hmac-sha256", "created", "x", "disabled", "off", "allow-md5", "off",
		 "sealed", SEALED_TEXT},
		{"algorithm", "hmac-sha256", "created", "1", "disabled", "2", "allow-md5", "off",
		 "sealed", SEALED_TEXT},
		{"algorithm", "hmac-sha256", "created", "1", "disabled", "off", "allow-md5", "off"},
		{"algorithm", "hmac-sha256", "created", "1", "disabled", "off", "allow-md5", "off",
		 "sealed", "00"},
		{"algorithm", "hmac-sha256", "created", "1", "disabled", "off", "allow-md5", "off",
		 "sealed", "secret"},
		{"algorithm", "hmac-sha256", "created", "1", "disabled", "off", "allow-md5", "off",
		 "sealed", SEALED_TEXT, "previous", SEALED_TEXT},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct keys_store keys;
		struct store_txn txn;
		struct keyring_key got;
		struct dns_name name = keys_name("a");
		keys_open(&keys);
		store_write_begin(keys.store, &txn);
		write_row(&txn, rows[i]);
		cr_expect_not(keyring_get(&txn, &name, &got), "%zu", i);
		cr_expect_eq(txn.error, STORE_CORRUPT, "%zu", i);
		store_abort(&txn);
		store_write_begin(keys.store, &txn);
		write_row(&txn, rows[i]);
		struct keyring *ring = keyring_load(&txn, keys.store_key);
		cr_expect_eq(keyring_count(ring), 0);
		cr_expect_eq(txn.error, STORE_CORRUPT, "%zu", i);
		keyring_free(ring);
		store_abort(&txn);
		keys_close(&keys);
	}
}

Test(keyring, a_key_that_cannot_be_unsealed_is_known_and_proves_nothing)
{
	struct keys_store keys;
	struct store_key_id needs, ids[4];
	keys_open(&keys);
	struct keyring_key key = keys_key("kea", HMAC_SHA256, SECRET);
	keys_put(&keys, &key);
	struct store_key *others[] = {NULL, store_key_new(), store_key_new()};
	store_key_add(others[2], 0);
	for (size_t i = 0; i < 3; i++) {
		struct keyring *ring = keyring_load(&keys.read, others[i]);
		struct keyring_entry *entry = keyring_find(ring, &key.name);
		struct store_key_id current = store_key_current(keys.store_key);
		cr_assert_not_null(entry);
		cr_expect(entry->is_sealed);
		cr_expect_null(keyring_hmac(entry));
		cr_expect_eq(keyring_sealed_count(ring, &needs), 1);
		cr_expect(store_key_id_equal(&needs, &current));
		keyring_free(ring);
		store_key_free(others[i]);
	}
	/* What cannot be unsealed is put as it is; what would have to be sealed is not put. */
	struct arena arena = {0};
	struct state_edit rows = state_edit_of(&keys.read, &arena);
	struct keyring_key got;
	size_t count;
	cr_assert(keyring_get(&keys.read, &key.name, &got));
	got.is_disabled = true;
	cr_expect(keyring_put(&rows, NULL, &got));
	state_edit_changes(&rows, &count);
	cr_expect_eq(count, 1);
	cr_expect_not(keyring_put(&rows, NULL, &key));
	cr_expect_eq(keyring_store_keys(&keys.read, ids, 4), 1);
	arena_free(&arena);
	keys_close(&keys);
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

Test(keyring, what_a_rotation_adds_is_got_again)
{
	struct keys_store keys;
	keys_open(&keys);
	struct keyring_key key = keys_key("kea", HMAC_SHA256, SECRET), sealed, got;
	keys_put(&keys, &key);
	cr_assert(keyring_get(&keys.read, &key.name, &sealed));
	got = sealed;
	/* The old secret need not be unsealed for it. */
	keyring_key_rotate(&got, 1500, 2000);
	key = got;
	keys_put(&keys, &key);
	cr_assert(keyring_get(&keys.read, &key.name, &got));
	cr_expect_eq(got.previous_until, 2000);
	cr_expect_eq(keyring_key_since(&sealed), sealed.created);
	cr_expect_eq(keyring_key_since(&got), 1500);
	cr_expect_eq(got.created, sealed.created);
	cr_expect(bytes_equal(bytes_of(got.previous_sealed, got.previous_sealed_len),
			      bytes_of(sealed.sealed, sealed.sealed_len)),
		  "sealed bytes stay as they are");
	cr_assert_null(keyring_key_unseal(&got, keys.store_key));
	cr_expect(bytes_equal(bytes_of(got.previous, got.previous_len), SECRET));
	cr_expect(bytes_equal(bytes_of(got.secret, got.secret_len),
			      bytes_of(key.secret, key.secret_len)));
	cr_expect_eq(got.secret_len, 32);
	struct keyring *ring = keyring_load(&keys.read, keys.store_key);
	struct keyring_entry *entry = keyring_find(ring, &key.name);
	cr_expect(keyring_hmac_previous(entry, 1999));
	cr_expect_null(keyring_hmac_previous(entry, 2000));
	keyring_free(ring);
	keys_close(&keys);
}

/* A change of keys with its entry, as commands make it. */
static void change_key(struct keys_store *keys, const struct keyring_key *key, bool is_put)
{
	struct store_txn txn;
	struct arena arena = {0};
	struct entry entry = {.kind = ENTRY_ADMIN, .time_us = 1000, .principal = "local:root"};
	store_read_reset(&keys->read);
	store_write_begin(keys->store, &txn);
	struct state_edit rows = state_edit_of(&txn, &arena);
	cr_assert(is_put ? keyring_put(&rows, keys->store_key, key)
			 : keyring_del(&rows, &key->name));
	entry.rows = state_edit_changes(&rows, &entry.row_count);
	journal_append(&txn, &entry, &arena);
	cr_assert_eq(store_commit(&txn), STORE_OK);
	store_read_renew(&keys->read);
	arena_free(&arena);
}

static void expect_same_rows(struct store_txn *a, struct store_txn *b)
{
	struct store_walk first, second;
	struct bytes key_a, key_b, row_a, row_b;
	size_t count = 0;
	store_walk_from(&first, a, STORE_KEYS, bytes_of(NULL, 0), 0);
	store_walk_from(&second, b, STORE_KEYS, bytes_of(NULL, 0), 0);
	while (store_walk_next(&first, &key_a, &row_a)) {
		cr_assert(store_walk_next(&second, &key_b, &row_b));
		cr_expect(bytes_equal(key_a, key_b));
		cr_expect(bytes_equal(row_a, row_b));
		count++;
	}
	cr_expect_not(store_walk_next(&second, &key_b, &row_b));
	cr_expect_eq(count, 1);
	store_walk_end(&first);
	store_walk_end(&second);
}

Test(keyring, a_log_of_keys_replays_into_an_empty_store)
{
	struct keys_store keys, copy;
	struct arena arena = {0};
	struct entry entry;
	struct replay_fault fault;
	struct store_txn txn;
	uint64_t first, last;
	keys_open(&keys);
	keys_open(&copy);
	struct keyring_key kea = keys_key("kea", HMAC_SHA256, SECRET), got;
	struct keyring_key web = keys_key("web", HMAC_SHA512, SECRET);
	change_key(&keys, &kea, true);
	change_key(&keys, &web, true);
	cr_assert(keyring_get(&keys.read, &kea.name, &got));
	keyring_key_rotate(&got, 1500, 5000);
	change_key(&keys, &got, true);
	change_key(&keys, &web, false);
	cr_assert(keyring_get(&keys.read, &kea.name, &got));
	got.is_disabled = true;
	change_key(&keys, &got, true);
	journal_range(&keys.read, &first, &last);
	cr_assert_eq(last, 5);
	store_read_reset(&copy.read);
	store_write_begin(copy.store, &txn);
	for (uint64_t seq = first; seq <= last; seq++) {
		cr_assert(journal_read(&keys.read, seq, &entry, &arena));
		cr_assert(replay_next(&txn, &entry, &fault), "%s", fault.text);
		arena_reset(&arena);
	}
	cr_assert_eq(store_commit(&txn), STORE_OK);
	store_read_renew(&copy.read);
	expect_same_rows(&keys.read, &copy.read);
	/* With the store key of the first store the copy's keys are the same. */
	struct keyring *ring = keyring_load(&copy.read, keys.store_key);
	struct keyring_entry *entry_of = keyring_find(ring, &kea.name);
	cr_expect_not(entry_of->is_sealed);
	cr_expect(entry_of->is_disabled);
	cr_expect_eq(memcmp(entry_of->previous.secret, SECRET.data, SECRET.len), 0);
	keyring_free(ring);
	arena_free(&arena);
	keys_close(&keys);
	keys_close(&copy);
}
