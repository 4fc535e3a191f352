/* SPDX-License-Identifier: BSD-2-Clause */
#pragma once
/* A store in a folder of its own with TSIG keys in it, and a store key for them, for tests. */
#include "acl/keyring.h"
#include "tests/unit/rows.h"
#include "tests/unit/tempstore.h"
#include <criterion/criterion.h>

struct keys_store {
	struct tempstore temp;
	struct store *store;
	struct store_txn read;
	struct store_key *store_key;
};

static inline struct dns_name keys_name(const char *text)
{
	struct dns_name name;
	cr_assert_null(dns_name_parse_text(&name, text), "%s", text);
	return name;
}

static inline struct keyring_key keys_key(const char *name, enum hmac_algorithm algorithm,
					  struct bytes secret)
{
	struct keyring_key key = {.name = keys_name(name),
				  .algorithm = algorithm,
				  .has_md5_leave = algorithm == HMAC_MD5,
				  .secret_len = (uint16_t)secret.len};
	memcpy(key.secret, secret.data, secret.len);
	return key;
}

static inline void keys_open(struct keys_store *keys)
{
	tempstore_open(&keys->temp, 1 << 22);
	keys->store = keys->temp.store;
	store_read_begin(keys->store, &keys->read);
	keys->store_key = store_key_new();
	store_key_add(keys->store_key, 0);
}

static inline void keys_put(struct keys_store *keys, const struct keyring_key *key)
{
	struct store_txn txn;
	store_read_reset(&keys->read);
	store_write_begin(keys->store, &txn);
	rows_key_put(&txn, keys->store_key, key);
	cr_assert_eq(store_commit(&txn), STORE_OK);
	store_read_renew(&keys->read);
}

static inline void keys_close(struct keys_store *keys)
{
	cr_expect_eq(keys->read.error, STORE_OK);
	store_read_end(&keys->read);
	store_key_free(keys->store_key);
	tempstore_free(&keys->temp);
}
